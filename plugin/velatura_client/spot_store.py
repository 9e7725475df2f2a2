"""Where a result belongs, as plain values: kept in the document, it can be placed after a restart of the editor too.

Rows of the picture, by which a mere move of all of it is found, are too large to be kept. Everything else is.
"""

import base64
import struct
from typing import Any, Dict, List, Optional

from velatura_protocol.images import MAX_SIDE, Rect

from .anchor import Anchor
from .colour_samples import Sample
from .geometry import TURNS, Transform
from .spot import Spot

#: One sample: x, y, colour.
_SAMPLE = struct.Struct("<HH4s")
#: Of one anchor; more are not ours.
_MOST_SAMPLES, _MOST_BOUNDS = 1024, 256


def plain_spot(spot: Spot) -> Dict[str, Any]:
    """JSON values."""
    plain: Dict[str, Any] = {"layer": spot.layer, "seen": spot.shall_be_seen, "selection": spot.selection}
    anchor = spot.anchor
    if anchor is not None:
        samples = b"".join(_SAMPLE.pack(sample.x, sample.y, sample.colour) for sample in anchor.samples)
        first = anchor.first
        plain["anchor"] = {
            "canvas": _plain_rect(anchor.canvas),
            "bounds": {key: _plain_rect(rect) for key, rect in anchor.bounds.items()},
            "samples": base64.b64encode(samples).decode("ascii"),
            "turn": TURNS.index(first.turn),
            "first": [first.scale_x, first.scale_y, first.x, first.y],
        }
    return plain


def spot_of(plain: Any) -> Spot:
    """The spot again.

    Raises:
        ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, struct.error: it is damaged.
    """
    anchor: Optional[Anchor] = None
    if "anchor" in plain:
        kept = plain["anchor"]
        bounds = {str(key): _rect(rect) for key, rect in kept["bounds"].items()}
        samples = base64.b64decode(kept["samples"], validate=True)
        canvas = _rect(kept["canvas"])
        numbers = [float(number) for number in kept["first"]]
        turn = int(kept["turn"])
        if len(bounds) > _MOST_BOUNDS or len(samples) > _MOST_SAMPLES * _SAMPLE.size or turn < 0:
            raise ValueError("more than ours")
        if not all(0 < scale <= MAX_SIDE for scale in numbers[:2]) or not all(abs(at) < 1e9 for at in numbers[2:]):
            raise ValueError("no transform")
        found = tuple(Sample(x, y, colour) for x, y, colour in _SAMPLE.iter_unpack(samples))
        if any(sample.x >= canvas.width or sample.y >= canvas.height for sample in found):
            raise ValueError("a sample outside")
        anchor = Anchor(canvas, bounds, {}, found, Transform(TURNS[turn], *numbers))
    return Spot(str(plain["layer"]), plain["seen"] is True, anchor, str(plain["selection"]))


def _plain_rect(rect: Rect) -> List[int]:
    return [rect.x, rect.y, rect.width, rect.height]


def _rect(plain: Any) -> Rect:
    x, y, width, height = (int(number) for number in plain)
    if not (0 < width <= 4 * MAX_SIDE and 0 < height <= 4 * MAX_SIDE and max(abs(x), abs(y)) <= 4 * MAX_SIDE):
        raise ValueError("no rectangle")
    return Rect(x, y, width, height)
