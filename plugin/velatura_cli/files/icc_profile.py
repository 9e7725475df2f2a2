"""ICC profiles that are three curves and a matrix, or one curve of grey: what nearly every editor writes.

Pillow converts with eight bits only, which breaks dark tones of linear pictures into steps: a picture with more bits is
converted here, as floats. Profiles of other kinds are left to Pillow. https://www.color.org/specification/ICC.1-2022-05.pdf
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .colour_space import Floats, srgb_numbers

_HEADER = 128
#: Columns: red, green and blue of sRGB in the connection space (its white is D50).
_SRGB = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
#: How many numbers a curve of each type has.
_PARAMETERS = (1, 3, 4, 5, 7)
_CURVE_STEPS = 1 << 16


@dataclass(frozen=True)
class IccCurves:
    """``curves``: light 0..1 of the numbers 0..1, in equal steps, one of grey or three of red, green and blue.

    ``matrix``: (3, 3) from this profile's linear light to that of sRGB; None for grey.
    """

    curves: tuple[NDArray[np.float32], ...]
    matrix: NDArray[np.float32] | None

    @property
    def channels(self) -> int:
        return len(self.curves)

    def to_srgb(self, colours: Floats) -> NDArray[np.float32]:
        """(height, width, channels) float 0..1 of this profile as sRGB, 0..1."""
        steps = np.rint(colours * (_CURVE_STEPS - 1)).astype(np.uint16)
        light = np.stack([curve[steps[..., channel]] for channel, curve in enumerate(self.curves)], axis=-1)
        if self.matrix is not None:
            light = light @ self.matrix.T
        return np.clip(srgb_numbers(np.clip(light, 0, 1)), 0, 1)


def icc_curves(profile: bytes) -> IccCurves | None:
    """None for a profile of another kind, or a damaged one."""
    try:
        tags = _tags(profile)
        kind = profile[16:20]
        if kind == b"GRAY" and "kTRC" in tags:
            return IccCurves((_curve(tags["kTRC"]),), None)
        wanted = ("rTRC", "gTRC", "bTRC", "rXYZ", "gXYZ", "bXYZ")
        if kind != b"RGB " or profile[20:24] != b"XYZ " or "A2B0" in tags or not tags.keys() >= set(wanted):
            return None
        columns = np.array([_fixed(tags[name], 8, 3) for name in wanted[3:]]).T
        matrix = (np.linalg.inv(_SRGB) @ columns).astype(np.float32)
        return IccCurves(tuple(_curve(tags[name]) for name in wanted[:3]), matrix)
    except (struct.error, ValueError, OverflowError, FloatingPointError):
        return None


def _tags(profile: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    found: dict[str, bytes] = {}
    for index in range(min(count, 256)):
        name, place, length = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * index)
        found[name.decode("latin-1")] = profile[place : place + length]
    return found


def _fixed(tag: bytes, place: int, count: int) -> list[float]:
    return [value / 65536 for value in struct.unpack_from(f">{count}i", tag, place)]


def _curve(tag: bytes) -> NDArray[np.float32]:
    numbers = np.linspace(0, 1, _CURVE_STEPS)
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        if kind >= len(_PARAMETERS):
            raise ValueError("a curve of a later kind")
        light = _parametric(numbers, kind, _fixed(tag, 12, _PARAMETERS[kind]))
    elif tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        values = np.frombuffer(tag, ">u2", min(count, (len(tag) - 12) // 2), 12)
        if count > len(values):
            raise ValueError("a curve that is cut")
        if count == 0:
            light = numbers
        elif count == 1:
            with np.errstate(all="ignore"):
                light = numbers ** (values[0] / 256)
        else:
            light = np.interp(numbers, np.linspace(0, 1, count), values / 65535)
    else:
        raise ValueError("no curve")
    if not np.isfinite(light).all():
        raise ValueError("a curve to nowhere")
    return np.clip(light, 0, 1).astype(np.float32)


def _parametric(x: NDArray[np.float64], kind: int, numbers: list[float]) -> NDArray[np.float64]:
    """The five functions of the standard, which are all the last one with some of its numbers left out."""
    g = numbers[0]
    a, b = numbers[1:3] if kind else (1.0, 0.0)
    c, d, e, f = 0.0, 0.0, 0.0, 0.0
    if kind in (1, 2):
        d = -b / a if a else 0.0
        e = f = numbers[3] if kind == 2 else 0.0
    elif kind == 3:
        c, d = numbers[3:5]
    elif kind == 4:
        c, d, e, f = numbers[3:7]
    with np.errstate(all="ignore"):  # a damaged curve is told by where it leads, also beside its range
        bent = np.power(np.maximum(a * x + b, 0), g) + e
    return np.where(x >= d, bent, c * x + f)
