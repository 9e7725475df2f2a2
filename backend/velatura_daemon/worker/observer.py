"""What the engine tells while it works, passed on to the supervisor."""

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.engine_contract import CancelledError
from velatura_daemon.worker_protocol import PreviewMade, Progressed
from velatura_protocol.images import ImageRef

from .channel import Channel, JobControl


class JobObserver:
    """An ``engine_contract.Observer`` for one job."""

    def __init__(self, job: str, control: JobControl, channel: Channel) -> None:
        self._job = job
        self._control = control
        self._channel = channel

    def stage(self, name: str, step: int = 0, of: int = 0) -> None:
        self._channel.send(Progressed(self._job, name, step, of))

    def wants_preview(self) -> bool:
        return self._control.previews > 0

    def preview(self, picture: NDArray[np.uint8], step: int, of: int) -> None:
        """``picture``: (height, width, 3 or 4) uint8 sRGB."""
        self._control.previews -= 1
        height, width, channels = picture.shape
        image = ImageRef(0, width, height, "RGBA" if channels == 4 else "RGB")
        self._channel.send(PreviewMade(self._job, step, of, image), [np.ascontiguousarray(picture).tobytes()])

    def check_cancelled(self) -> None:
        if self._control.cancelled.is_set():
            raise CancelledError
