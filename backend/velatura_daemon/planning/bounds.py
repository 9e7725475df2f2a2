"""How large a picture one message may carry."""

from velatura_protocol.envelope import DEFAULT_LIMITS
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import MAX_SIDE, Rect

_BYTES_OF_RGBA8 = 4
#: Pixels of the largest RGBA/u8 picture that fits into one blob, which both canvas and result must.
LARGEST_PICTURE = DEFAULT_LIMITS.blob // _BYTES_OF_RGBA8


def fits_message(region: Rect) -> bool:
    """True when canvas and result of a region can travel."""
    return max(region.width, region.height) <= MAX_SIDE and region.width * region.height <= LARGEST_PICTURE


def check_fits_message(region: Rect, what: str) -> None:
    """Refuse a region that cannot travel; ``what`` names it in the sentence, such as "The canvas".

    Raises:
        VelaturaError: ``image_too_large``.
    """
    if not fits_message(region):
        raise VelaturaError(
            "image_too_large",
            f"{what} has {region.width} x {region.height} pixels, which is more than one job can carry "
            f"({LARGEST_PICTURE // 1_000_000} megapixels, such as {int(LARGEST_PICTURE**0.5)} x "
            f"{int(LARGEST_PICTURE**0.5)}). Select a smaller part, or scale the image down.",
        )
