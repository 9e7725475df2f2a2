"""Which device to compute on, and in which number format."""

import importlib.metadata
import platform

import torch

from velatura_daemon.architectures.parts import Placement
from velatura_protocol.errors import VelaturaError

_LIBRARIES = ("torch", "diffusers", "transformers")


def choose_placement(wanted: str) -> Placement:
    """``wanted``: ``auto``, or a torch device such as ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``xpu``.

    Raises:
        VelaturaError: ``invalid_value`` when that device is not there.
    """
    if wanted == "auto":
        kind = next((kind for kind in ("cuda", "xpu", "mps") if _is_there(kind)), "cpu")
        return Placement(device=kind, dtype=_dtype(kind))
    kind = wanted.partition(":")[0]
    if not _is_there(kind):
        raise VelaturaError(
            "invalid_value",
            f"This computer has no device {wanted!r} that torch {torch.__version__} can use. Choose auto or cpu, or "
            "install the torch build for the device (python3 install --torch).",
        )
    return Placement(device=wanted, dtype=_dtype(kind))


def describe(placement: Placement) -> dict[str, str]:
    """Device, its memory and library versions, for logs and doctor."""
    description = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    description["device"] = placement.device
    description["dtype"] = str(placement.dtype).removeprefix("torch.")
    if placement.device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(placement.device)
        description["device_name"] = properties.name
        description["device_memory_gib"] = f"{properties.total_memory / 2**30:.1f}"
    else:
        description["device_name"] = platform.processor() or platform.machine()
        description["threads"] = str(torch.get_num_threads())
    return description


def _is_there(kind: str) -> bool:
    if kind == "cpu":
        return True
    backend = {"cuda": torch.cuda, "xpu": torch.xpu, "mps": torch.backends.mps}.get(kind)
    return backend is not None and bool(backend.is_available())


def _dtype(kind: str) -> torch.dtype:
    # CPUs compute half precision slowly or by way of float32; on a GPU it is twice as fast and half as large
    return torch.float32 if kind == "cpu" else torch.float16
