"""The task ``control_map``: the map that a control would follow, as a picture that a painter can edit."""

from collections.abc import Sequence

import numpy as np

from velatura_daemon.compositing.resample import resize_mask
from velatura_daemon.engine_contract import MadePatch
from velatura_daemon.planning.map_size import choose_map_size
from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import GenerationRequest

from .encoding import Encoder
from .job_record import JobRecord
from .memory import is_out_of_memory
from .tasks import RunSize


def map_size(request: GenerationRequest) -> RunSize:
    """The size to make the map at: the request's, or as planned."""
    if request.run_width and request.run_height:
        return RunSize(request.run_width, request.run_height)
    return RunSize(*choose_map_size(request.region.width, request.region.height))


def make_control_map_patch(
    request: GenerationRequest, blobs: Sequence[memoryview], encoder: Encoder, record: JobRecord
) -> MadePatch:
    """An opaque grey picture that covers the region.

    Raises:
        VelaturaError: ``invalid_value``, ``unknown_control``, ``out_of_memory``, and as ``Control.prepare`` says.
    """
    if len(request.controls) != 1 or request.controls[0].prepared:
        raise VelaturaError("invalid_value", "A map is made for one control, from a picture. Choose one control.")
    with record.stage("encoding"):
        try:
            control_map = encoder.control_map(request.controls[0], blobs, map_size(request), record)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise VelaturaError(
                "out_of_memory",
                "There is not enough memory to make the map. Close other programs, or select a smaller part.",
                retry=True,
            ) from error
    with record.stage("compositing"):
        grey = resize_mask(control_map, request.region.width, request.region.height)
        rgba = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    return MadePatch(rgba, request.region.x, request.region.y, request.seed)
