"""Runs one job: maps its inputs, calls the engine, writes the results into the spool."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from velatura_daemon.engine_contract import CancelledError, Engine, EngineResult, MadePatch
from velatura_daemon.logs import Log, new_log_id
from velatura_daemon.spool import Spool
from velatura_daemon.worker_protocol import COPY, JobCancelled, JobFailed, JobSucceeded
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef
from velatura_protocol.messages import Patch, Report
from velatura_protocol.request import GenerationRequest

from .channel import Channel, Order
from .observer import JobObserver


def run_order(order: Order, engine: Engine, channel: Channel, log: Log) -> None:
    """Run a job and tell the supervisor how it ended: succeeded, failed or cancelled."""
    job = order.run.job
    try:
        channel.send(_run(order, engine, channel))
    except CancelledError:
        channel.send(JobCancelled(job))
    except VelaturaError as error:
        log.info("job failed", job=job, code=error.info.code, message=error.info.message)
        channel.send(JobFailed(job, error.info))
    except Exception as error:
        log_id = new_log_id()
        log.exception("job failed", job=job, log=log_id)
        message = (
            f"Making the picture failed ({type(error).__name__}). Please report it, with the lines of the log about it."
        )
        channel.send(JobFailed(job, VelaturaError("internal", message, log=log_id).info))


def _run(order: Order, engine: Engine, channel: Channel) -> JobSucceeded:
    job, spool = order.run.job, Spool(Path(order.run.spool))
    blobs = spool.inputs(job, order.run.inputs)
    observer = JobObserver(job, order.control, channel)
    observer.check_cancelled()
    is_copy = order.request.task == COPY
    result = _copy(order.request, blobs) if is_copy else engine.run(order.request, blobs, observer)
    patches = tuple(_store(spool, job, index, patch) for index, patch in enumerate(result.patches))
    return JobSucceeded(job, patches, result.report)


def _copy(request: GenerationRequest, blobs: Sequence[memoryview]) -> EngineResult:
    began = time.perf_counter()
    canvas = request.canvas
    if canvas is None:
        raise VelaturaError("invalid_value", "canvas is missing. The task 'copy' needs it.")
    if (canvas.channels, canvas.dtype, canvas.colour_space) == ("RGBA", "u8", "srgb"):
        rgba = np.frombuffer(blobs[canvas.blob], np.uint8).reshape(canvas.height, canvas.width, 4)
    else:
        from velatura_daemon.compositing.resample import to_rgba8

        rgba = to_rgba8(blobs[canvas.blob], canvas)
    report = Report(
        device="cpu", run_width=canvas.width, run_height=canvas.height, timings={"copying": time.perf_counter() - began}
    )
    return EngineResult((MadePatch(rgba, request.region.x, request.region.y, request.seed),), report)


def _store(spool: Spool, job: str, index: int, patch: MadePatch) -> Patch:
    """Raises ``VelaturaError``: ``disk_full``."""
    height, width, channels = patch.rgba.shape
    if channels != 4 or patch.rgba.dtype != np.uint8:
        raise TypeError(f"an engine makes (height, width, 4) uint8, not {patch.rgba.shape} {patch.rgba.dtype}")
    spool.write_result(job, index, np.ascontiguousarray(patch.rgba).data.cast("B"))
    return Patch(ImageRef(index, width, height, "RGBA"), patch.x, patch.y, patch.seed)
