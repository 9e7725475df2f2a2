"""Reads the header of a safetensors file without torch, and so tells whether the file is whole.

Format: 8 bytes little-endian header length, JSON header, tensor data (https://github.com/huggingface/safetensors).
"""

import json
import struct
from pathlib import Path
from typing import Any, cast

_LARGEST_HEADER = 100_000_000  # the limit of the safetensors library itself, in bytes


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Tensor name to shape.

    Raises:
        ValueError: the file is not a safetensors file, or it is cut short; the text says which.
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        prefix = stream.read(8)
        header_length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else size
        if header_length > min(size, _LARGEST_HEADER):
            raise ValueError("is not a safetensors file (perhaps a download that was cut short or a Git LFS pointer)")
        try:
            header: Any = json.loads(stream.read(header_length))
            tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
            shapes = {name: tuple(int(side) for side in entry["shape"]) for name, entry in tensors.items()}
            data_length = max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise ValueError("is not a safetensors file") from None
    if 8 + header_length + data_length != size:
        raise ValueError("is cut short")
    return cast("dict[str, tuple[int, ...]]", shapes)
