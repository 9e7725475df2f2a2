"""The device that a run computes on, and its number format."""

from collections.abc import Callable

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from velatura_daemon.diffusion.device import choose_placement

#: On devices that work through a queue of their own, losses are looked at once in so many steps: each look waits until
#: the queue is empty, and the device then waits for us.
_LOOK_EVERY = 20


def new_accelerator(precision: str, device: str, say: Callable[[str], None]) -> Accelerator:
    """Computes on one device.

    A GPU without bfloat16 gets float32: float16 would need its losses scaled, and Muon's products overflow in it.

    Args:
        precision: see ``TrainingSettings``. device: ``auto``, ``cpu`` or ``cuda``.
        say: is told when the format is not the one that was to be expected.

    Raises:
        VelaturaError: ``invalid_value`` when the device is not there.
    """
    kind = choose_placement(device).device.partition(":")[0]
    if kind == "cpu":
        has_units = torch.cpu._is_amx_tile_supported()  # pyright: ignore[reportPrivateUsage]
        in_bf16 = precision == "bf16" or (precision == "auto" and has_units)
    else:
        wanted = precision in ("auto", "bf16")
        in_bf16 = wanted and _gpu_has_bf16(kind)
        if wanted and not in_bf16:
            say(
                "This GPU does not compute in bfloat16, so training is in float32: slower, and in twice the memory. "
                "Halve batch_size if the memory does not suffice."
            )
    # accelerate keeps one state for the whole process, and refuses a second run in another format
    AcceleratorState._reset_state(reset_partial_state=True)  # pyright: ignore[reportPrivateUsage]
    return Accelerator(mixed_precision="bf16" if in_bf16 else "no", cpu=kind == "cpu")


def looks_at_losses_every(accelerator: Accelerator) -> int:
    """Steps. On a CPU each loss is there when the step is done, and is looked at before the weights move."""
    return 1 if accelerator.device.type == "cpu" else _LOOK_EVERY


def _gpu_has_bf16(kind: str) -> bool:
    if kind != "cuda":
        return True  # of Apple's and Intel's all that torch supports
    return torch.cuda.is_bf16_supported(including_emulation=False)
