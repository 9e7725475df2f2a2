"""Which colour space a PNG is in, by the chunks that say so: cICP before iCCP before sRGB before gAMA and cHRM."""

import struct
from dataclasses import dataclass

from .colour_space import SRGB_PRIMARIES, Chromaticities, ColourSpace, matrix_to_srgb

_D65 = (0.3127, 0.3290)
#: ITU-T H.273, table 2: numbers of primaries.
_PRIMARIES: dict[int, Chromaticities] = {
    1: SRGB_PRIMARIES,
    5: (_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: (_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
#: The same, table 3: numbers of transfer functions, as exponents; None = the curve of sRGB.
_TRANSFERS: dict[int, float | None] = {4: 2.2, 5: 2.8, 8: 1.0, 13: None}
#: Gamma that counts as that of sRGB, as libpng has it: within 5 % of 1 / 2.2.
_SRGB_GAMMA, _NEAR = 1 / 2.2, 0.05


@dataclass(frozen=True)
class PngColour:
    """``space``: None = sRGB, or the ICC profile's where ``uses_profile``. ``notes``: what was not understood."""

    space: ColourSpace | None = None
    uses_profile: bool = False
    notes: tuple[str, ...] = ()


def png_colour(chunks: dict[bytes, bytes], name: str) -> PngColour:
    """``chunks``: those before the picture, by name. ``name``: of the file, for the notes."""
    coded, notes = _coded(chunks.get(b"cICP"), name)
    if coded is not None:
        return PngColour(space=_told(coded), notes=notes)
    if b"iCCP" in chunks:
        return PngColour(uses_profile=True, notes=notes)
    if b"sRGB" in chunks:
        return PngColour(notes=notes)
    space, more = _measured(chunks.get(b"gAMA"), chunks.get(b"cHRM"), name)
    return PngColour(space=_told(space), notes=notes + more)


def _told(space: ColourSpace | None) -> ColourSpace | None:
    """None for what is sRGB by other words."""
    return None if space is None or (space.gamma is None and space.matrix is None) else space


def _coded(content: bytes | None, name: str) -> tuple[ColourSpace | None, tuple[str, ...]]:
    if content is None:
        return None, ()
    if len(content) == 4:
        primaries, transfer, coefficients, is_full = content
        if primaries in _PRIMARIES and transfer in _TRANSFERS and coefficients == 0 and is_full == 1:
            return ColourSpace(_TRANSFERS[transfer], matrix_to_srgb(_PRIMARIES[primaries])), ()
    numbers = "-".join(str(number) for number in content[:4])
    return None, (
        f"The colour space of {name} (cICP {numbers}) is not known here and was ignored; its colours may look dull or "
        "wrong. Save it again in sRGB.",
    )


def _measured(gama: bytes | None, chrm: bytes | None, name: str) -> tuple[ColourSpace | None, tuple[str, ...]]:
    gamma = struct.unpack(">I", gama)[0] / 100_000 if gama is not None and len(gama) == 4 else 0.0
    if gama is None or not gamma > 0:
        told = (f"The primaries of {name} (cHRM) were ignored, as it says no gamma.",)
        return None, told if chrm is not None and not _is_srgb(chrm) else ()
    exponent = None if abs(gamma / _SRGB_GAMMA - 1) < _NEAR else 1 / gamma
    if chrm is None:
        return ColourSpace(exponent), ()
    try:
        return ColourSpace(exponent, matrix_to_srgb(_chromaticities(chrm))), ()
    except ValueError:
        return ColourSpace(exponent), (f"The primaries of {name} (cHRM) are those of no colours and were ignored.",)


def _is_srgb(chrm: bytes) -> bool:
    try:
        return matrix_to_srgb(_chromaticities(chrm)) is None
    except ValueError:
        return False


def _chromaticities(chrm: bytes) -> Chromaticities:
    if len(chrm) != 32:
        raise ValueError("cHRM has another length")
    values = [value / 100_000 for value in struct.unpack(">8I", chrm)]
    return (values[0], values[1]), (values[2], values[3]), (values[4], values[5]), (values[6], values[7])
