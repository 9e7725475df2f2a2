"""What to do when memory runs out: try again with less, and say what was changed."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from velatura_protocol.errors import VelaturaError

from .job_record import JobRecord

Result = TypeVar("Result")

#: Parts of the messages with which torch reports exhausted memory as a plain RuntimeError (CPU, MPS).
_PLAIN_MESSAGES = ("can't allocate memory", "not enough memory", "out of memory")


@dataclass(frozen=True)
class Economy:
    """A rung of the ladder: how a job saves memory.

    Attributes:
        tiled: the VAE works in overlapping tiles.
        one_by_one: the pictures of a batch are made one after the other.
        note: what the report says about it.
    """

    tiled: bool
    one_by_one: bool
    note: str


LADDER = (
    Economy(tiled=False, one_by_one=False, note=""),
    Economy(
        tiled=True,
        one_by_one=False,
        note="Memory ran out; other models were let go, and the picture was decoded in tiles.",
    ),
    Economy(tiled=True, one_by_one=True, note="Memory ran out again; the pictures were made one after the other."),
)


def with_less_and_less_memory(
    attempt: Callable[[Economy], Result], *, let_go: Callable[[], None], pictures: int, record: JobRecord
) -> Result:
    """What ``attempt`` returns on the first rung where it fits.

    Args:
        let_go: frees what the job does not need, called before each further rung.
        pictures: rungs that only help batches are left out for a single picture.

    Raises:
        VelaturaError: ``out_of_memory`` when it fits on no rung.
    """
    for economy in LADDER:
        if economy.one_by_one and pictures == 1:
            continue
        if economy.note:
            record.note(economy.note)
        try:
            return attempt(economy)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        # outside of the handler, where the failed attempt's tensors are no longer held by its traceback
        let_go()
        free_unused()
    raise VelaturaError(
        "out_of_memory",
        "There is not enough memory for this picture. Close other programs that use the graphics card, or choose a "
        "smaller model or fewer pictures.",
        retry=True,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Torch reports it by its own class on CUDA and XPU, by a message elsewhere."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _PLAIN_MESSAGES)


def free_unused() -> None:
    """Give memory that nothing refers to back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def tiled_vae(vae: Any, tiled: bool) -> Iterator[None]:
    """The VAE works in tiles inside the block."""
    if not tiled:
        yield
        return
    vae.enable_tiling()
    try:
        yield
    finally:
        vae.disable_tiling()
