"""One engine on the embedded model for all tests of this folder, and model folders made for them."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_daemon.engine_contract import CancelledError, Engine, EngineResult, EngineSettings
from velatura_daemon.models.library import EMBEDDED_FOLDER
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import ControlRequest, GenerationRequest

POCHADE = EMBEDDED_FOLDER / "models" / "pochade"
SIDE = 128


@dataclass
class RecordingObserver:
    """Notes what an engine tells. Cancels the job when the stage and step ``cancel_at`` are reached."""

    previews_wanted: int = 0
    cancel_at: tuple[str, int] | None = None
    stages: list[tuple[str, int, int]] = field(default_factory=list)
    previews: list[NDArray[np.uint8]] = field(default_factory=list)

    def stage(self, name: str, step: int = 0, of: int = 0) -> None:
        self.stages.append((name, step, of))

    def wants_preview(self) -> bool:
        return len(self.previews) < self.previews_wanted

    def preview(self, picture: NDArray[np.uint8], step: int, of: int) -> None:
        self.previews.append(picture)

    def check_cancelled(self) -> None:
        if self.cancel_at is not None and any(stage[:2] == self.cancel_at for stage in self.stages):
            raise CancelledError


@dataclass(frozen=True)
class Easel:
    """Makes requests to an engine. Pictures are (height, width, 4) or (height, width) uint8."""

    engine: Engine

    def paint(
        self,
        task: str,
        *,
        canvas: NDArray[np.uint8] | None = None,
        mask: NDArray[np.uint8] | None = None,
        control: NDArray[np.uint8] | None = None,
        control_options: dict[str, Any] | None = None,
        observer: RecordingObserver | None = None,
        **fields: Any,
    ) -> EngineResult:
        """Run a request of 4 steps on a region of 128 x 128 pixels, unless ``fields`` say otherwise."""
        blobs: list[bytes] = []
        region = fields.pop("region", Rect(0, 0, SIDE, SIDE))
        given: dict[str, Any] = {
            "task": task,
            "model": "pochade",
            "canvas_width": region.right,
            "canvas_height": region.bottom,
            "region": region,
            "prompt": "a red apple on a yellow background",
            "steps": 4,
        }
        request = GenerationRequest(**{**given, **fields})
        for name, pixels, channels in (("canvas", canvas, "RGBA"), ("mask", mask, "Y")):
            if pixels is not None:
                request = replace(request, **{name: _reference(pixels, channels, blobs)})
        if control is not None:
            image = _reference(control, "RGBA", blobs)
            request = replace(request, controls=(ControlRequest(kind="edges", image=image, **(control_options or {})),))
        return self.engine.run(request, [memoryview(blob) for blob in blobs], observer or RecordingObserver())


def _reference(pixels: NDArray[np.uint8], channels: str, blobs: list[bytes]) -> ImageRef:
    blobs.append(pixels.tobytes())
    kind = {"colour_space": "none", "meaning": "mask"} if channels == "Y" else {}
    return ImageRef(len(blobs) - 1, pixels.shape[1], pixels.shape[0], channels, **kind)


@pytest.fixture(scope="session")
def extra_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a ControlNet for the embedded model, not trained but with an effect, and ``in-pieces``."""
    import torch
    from diffusers.models.controlnets.controlnet import ControlNetModel
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    unet = UNet2DConditionModel.from_pretrained(POCHADE / "unet", torch_dtype=torch.float32, local_files_only=True)
    network = ControlNetModel.from_unet(unet)
    for block in (
        *network.controlnet_down_blocks,
        network.controlnet_mid_block,
        network.controlnet_cond_embedding.conv_out,
    ):
        torch.nn.init.normal_(block.weight, std=0.05)
    write_controlnet(network, folder / "controlnets" / "random-edges", base="pochade")
    # the embedded model as if it could paint pieces of a picture
    shutil.copytree(POCHADE, folder / "models" / "in-pieces")
    (folder / "models" / "in-pieces" / "velatura.json").unlink()
    return folder


def write_controlnet(network: Any, folder: Path, *, base: str) -> None:
    """Save a diffusers ControlNetModel with the sidecar that says what it is for."""
    network.save_pretrained(folder, safe_serialization=True)
    (folder / "velatura.json").write_text(json.dumps({"control": "edges", "base": base}))


@pytest.fixture(scope="session")
def engine(extra_folder: Path) -> Engine:
    from velatura_daemon.diffusion.engine import create_engine

    return create_engine(EngineSettings(model_folders=(extra_folder,), device="cpu"))


@pytest.fixture(scope="session")
def easel(engine: Engine) -> Easel:
    return Easel(engine)


@pytest.fixture(scope="session")
def apple() -> NDArray[np.uint8]:
    """A picture to begin from: an opaque red disc on yellow, (128, 128, 4)."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    picture = np.full((SIDE, SIDE, 4), (240, 220, 90, 255), np.uint8)
    picture[(rows - 64) ** 2 + (columns - 64) ** 2 < 40**2, :3] = (200, 30, 30)
    return picture


@pytest.fixture
def copied_model(tmp_path: Path) -> Callable[[str], Path]:
    """Copies the embedded model to ``tmp_path``/models under a name, to be damaged there."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(POCHADE, tmp_path / "models" / name))

    return copy
