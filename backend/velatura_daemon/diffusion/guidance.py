"""ControlNet guidance: a network and the map that it follows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.compositing.resample import resize_rgb, to_rgba8
from velatura_daemon.compositing.transparency.ground import put_on_ground
from velatura_daemon.controls.control import Control, Estimators
from velatura_protocol.request import ControlRequest

from .tasks import RunSize


@dataclass(frozen=True)
class Guidance:
    """One ControlNet and what it is given.

    Attributes:
        network: diffusers ControlNetModel.
        map: (h, w) uint8 at run size.
        weight, start, end: as in ``ControlRequest``.
    """

    network: Any
    map: NDArray[np.uint8]
    weight: float
    start: float
    end: float

    def tensor(self, dtype: torch.dtype) -> torch.Tensor:
        """(1, 3, h, w), 0..1: the map in each of the three channels that ControlNets take."""
        grey = torch.from_numpy(self.map).to(dtype) / 255
        return grey[None, None].expand(1, 3, -1, -1)


def make_control_map(
    control: Control, request: ControlRequest, blob: memoryview, size: RunSize, estimators: Estimators
) -> NDArray[np.uint8]:
    """(h, w) uint8 at run size, from the request's image in ``blob``.

    Raises:
        VelaturaError: as ``Control.prepare`` says.
    """
    rgb = resize_rgb(put_on_ground(to_rgba8(blob, request.image)).rgb, size.width, size.height)
    return control.from_map(rgb) if request.prepared else control.prepare(rgb, estimators)
