"""Results in the order of channels that an editor wants."""

from velatura_client.channels import result_in_bgra, swapped
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import Patch, Result
from velatura_protocol.request import GenerationRequest

REQUEST = GenerationRequest("txt2img", "m", 2, 1, Rect(0, 0, 2, 1))


def test_red_and_blue_change_places() -> None:
    assert bytes([3, 2, 1, 4, 7, 6, 5, 8]) == swapped(bytes([1, 2, 3, 4, 5, 6, 7, 8]))


def test_pictures_that_share_pixels_are_turned_once() -> None:
    """Both patches name the same blob, and it is BGRA for both."""
    patches = (Patch(ImageRef(0, 2, 1), 0, 0, 1), Patch(ImageRef(0, 2, 1), 5, 5, 2))
    result, blobs = result_in_bgra(Result("j", REQUEST, patches), [bytes([1, 2, 3, 4] * 2)])

    assert [bytes([3, 2, 1, 4] * 2)] == blobs
    assert ["BGRA", "BGRA"] == [patch.image.channels for patch in result.patches]


def test_what_does_not_fit_is_left_for_whoever_checks_it() -> None:
    """A wrong length, a missing blob, another order."""
    patches = (
        Patch(ImageRef(0, 9, 9), 0, 0, 1),
        Patch(ImageRef(4, 2, 1), 0, 0, 1),
        Patch(ImageRef(1, 2, 1, "BGRA"), 0, 0, 1),
    )
    blobs = [bytes(8), bytes(range(8))]

    assert (Result("j", REQUEST, patches), blobs) == result_in_bgra(Result("j", REQUEST, patches), blobs)
