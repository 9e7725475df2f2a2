"""Deep TIFF files as samples: counted, signed and floating numbers; grey, RGB and inks; with and without alpha."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .samples import Numbers, Samples, eight_bit, fractions
from .tiff_file import TiffFile, UnreadableTiffError, read_numbers

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _INKS = 0, 1, 2, 5
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _INKS: 4}
_PREMULTIPLIED = 1
#: How far above 1 the numbers of a picture may be without a word: rounding, and the overshoot of sharpening.
_OVERSHOOT = 1.1


def tiff_samples(file: TiffFile, name: str) -> Samples:
    """The picture of a file that ``is_deep``.

    Raises:
        UnreadableTiffError, ValueError: from the file.
    """
    count = _COLOURS.get(file.photometric)
    if count is None or file.channels < count:
        raise UnreadableTiffError(f"colours of the kind {file.photometric}")
    numbers = read_numbers(file)
    notes = _notes(numbers, file, name)
    whole = _full_range(numbers, file.kind)
    colours, alpha = whole[..., :count], whole[..., count] if file.channels > count else None
    if file.photometric == _WHITE_IS_ZERO:
        colours = (np.float32(1) if colours.dtype.kind == "f" else np.iinfo(colours.dtype).max) - colours
    if alpha is not None and file.extra[:1] == (_PREMULTIPLIED,):
        colours = _divided(colours, alpha)
    inks = eight_bit(colours) if file.photometric == _INKS else None
    if inks is not None:
        parts = fractions(colours)
        colours = (1 - parts[..., :3]) * (1 - parts[..., 3:])
    return Samples(
        colours=colours,
        alpha=alpha,
        inks=inks,
        profile=file.profile,
        orientation=file.orientation if 1 <= file.orientation <= 8 else 1,
        bits=file.bits,
        notes=notes,
    )


def _full_range(numbers: NDArray[Any], kind: str) -> Numbers:
    """Signed numbers are moved so that the least is black; more than sixteen bits become floats."""
    bits = numbers.dtype.itemsize * 8
    if kind == "f":
        return numbers.astype(np.float32)
    if kind == "i":
        numbers = numbers.view(f"u{numbers.dtype.itemsize}") ^ np.array(1 << bits - 1, f"u{numbers.dtype.itemsize}")
    return numbers if bits <= 16 else (numbers / float((1 << bits) - 1)).astype(np.float32)


def _divided(colours: Numbers, alpha: Numbers) -> NDArray[np.float32]:
    cover = fractions(alpha)[..., None]
    return np.where(cover > 0, fractions(colours) / np.maximum(cover, np.float32(1e-6)), 0).astype(np.float32)


def _notes(numbers: NDArray[Any], file: TiffFile, name: str) -> list[str]:
    if file.kind == "i":
        half = 1 << file.bits - 1
        return [f"{name} has signed numbers: {-half} was read as black, {half - 1} as white."]
    if file.kind == "f":
        known = numbers[np.isfinite(numbers)]
        least, most = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
        if most > _OVERSHOOT or least < 1 - _OVERSHOOT:
            return [
                f"{name} has numbers from {least:.4g} to {most:.4g}: 0 was read as black, 1 as white, and what is "
                "beyond was cut. Scale them to 0 to 1."
            ]
    return []
