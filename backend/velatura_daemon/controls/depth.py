"""Depth: a grey picture of how near things are, 255 = nearest, as the published depth ControlNets take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from velatura_protocol.errors import VelaturaError

from .control import Control, Estimators

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from velatura_daemon.architectures.parts import Placement

#: A folder of transformers: ``config.json``, ``model.safetensors`` and ``preprocessor_config.json``.
ESTIMATOR = "depth"
WITHOUT_ESTIMATOR = (
    "Depth cannot be found in a picture without an estimator. Give a depth map, drawn or rendered, in which white is "
    "near; or put a depth model of transformers, such as Depth Anything, into a model folder as "
    f"estimators/{ESTIMATOR}, and look for models again."
)

#: Depths that differ by less than this share of the greatest are one depth and rounding.
FLATTEST = 1e-4


@dataclass(frozen=True)
class DepthEstimator:
    """``network``: transformers AutoModelForDepthEstimation; ``processor``: the AutoImageProcessor beside it."""

    network: Any
    processor: Any


def prepare(rgb: NDArray[np.uint8], estimators: Estimators) -> NDArray[np.uint8]:
    """The depth of a picture as a network sees it: (h, w, 3) uint8 sRGB to (h, w) uint8, 255 = nearest, 0 = farthest.

    For estimators that tell nearness (inverse depth), as DPT and Depth Anything do.

    Raises:
        VelaturaError: ``invalid_value`` when no estimator is there, ``model_incomplete`` or ``model_unsafe`` when it
            cannot be loaded.
    """
    estimator = estimators.estimator(ESTIMATOR, load_estimator)
    if estimator is None:
        raise VelaturaError("invalid_value", WITHOUT_ESTIMATOR)
    return _estimate(estimator, rgb)


def load_estimator(folder: Path, placement: Placement) -> DepthEstimator:
    """Safetensors only, no network, no custom code.

    Raises:
        VelaturaError: ``model_incomplete``, ``model_unsafe``.
    """
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    from velatura_daemon.models.inspection import check_weights

    check_weights(folder, "model")
    try:
        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
        network, loaded = AutoModelForDepthEstimation.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=placement.dtype, output_loading_info=True
        )
        if loaded["missing_keys"]:  # which would be left with random weights
            raise ValueError(f"{len(loaded['missing_keys'])} of its weights are missing")
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, ImportError) as error:
        raise VelaturaError(
            "model_incomplete",
            f"The depth estimator in {folder} cannot be loaded ({type(error).__name__}: {str(error)[:200]}). "
            "Download or copy it again, or give a depth map, in which white is near.",
        ) from error
    return DepthEstimator(network.to(placement.device).eval().requires_grad_(False), processor)


def from_map(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A depth map as a picture, (h, w, 3) uint8, to (h, w) uint8: its grey, unchanged."""
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _estimate(estimator: DepthEstimator, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """From the farthest to the nearest place over the whole range, because estimators have no unit."""
    import cv2
    import numpy as np
    import torch

    inputs = estimator.processor(images=rgb, return_tensors="pt")["pixel_values"]
    network = estimator.network
    with torch.no_grad():
        nearness = network(pixel_values=inputs.to(network.device, network.dtype)).predicted_depth[0]
    values = nearness.float().cpu().numpy()
    values = np.asarray(cv2.resize(values, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC))
    span = float(values.max() - values.min())
    if not span > FLATTEST * float(np.abs(values).max()):  # also when they are not numbers
        return np.zeros(rgb.shape[:2], np.uint8)
    return np.asarray((values - values.min()) * (255 / span) + 0.5, np.uint8)


CONTROL = Control(
    id="depth",
    label="Depth",
    help="The result keeps the shapes of a depth map: white is near, black is far.",
    prepare=prepare,
    from_map=from_map,
    estimator=ESTIMATOR,
    without_estimator=WITHOUT_ESTIMATOR,
)
