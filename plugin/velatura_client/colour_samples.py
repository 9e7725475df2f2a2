"""A picture's colours at some points, and how many of them are still where a transform says that they are."""

import struct
from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from velatura_protocol.images import Rect

from .editor import Document
from .geometry import Transform

#: Row of the picture to its pixels, four bytes each.
Rows = Dict[int, bytes]

#: Rows that are read of a picture, and points that are looked at in each.
ROW_COUNT, COLUMN_COUNT = 16, 512
#: Points that are kept of one row, and fewer points in all than this tell nothing.
_KEPT_OF_ROW, FEWEST = 8, 8
#: Largest difference of a channel, 0..255: of pixels that were moved, and of those that were scaled.
_SAME, _ALIKE = 2, 40


@dataclass(frozen=True)
class Sample:
    """``colour``: four channels in the document's order, 0..255."""

    x: int
    y: int
    colour: bytes


def read_rows(document: Document) -> Rows:
    """``ROW_COUNT`` rows of what is seen, or all of a picture that has fewer."""
    count = min(ROW_COUNT, document.height)
    rows = sorted({document.height * (2 * index + 1) // (2 * count) for index in range(count)})
    return {y: bytes(document.read_canvas(Rect(0, y, document.width, 1)).data) for y in rows}


def telling_samples(rows: Rows) -> Sequence[Sample]:
    """Points that differ from the picture's commonest colour; () when too few do."""
    colours: Counter[int] = Counter()
    seen: List[Tuple[int, Sequence[int], int]] = []
    for y, data in rows.items():
        pixels = memoryview(data).cast("I")
        step = max(1, len(pixels) // COLUMN_COUNT)
        looked_at = pixels[::step].tolist()
        colours.update(looked_at)
        seen.append((y, looked_at, step))
    commonest = colours.most_common(1)[0][0]
    samples: List[Sample] = []
    for y, looked_at, step in seen:
        telling = [index for index, colour in enumerate(looked_at) if colour != commonest]
        # some of them away from edges, which scaling blurs
        inner = [index for index in telling if _is_even(looked_at, index)]
        chosen = sorted({*_spread(telling), *_spread(inner)})
        samples += [Sample(index * step, y, struct.pack("=I", looked_at[index])) for index in chosen]
    return tuple(samples) if len(samples) >= FEWEST else ()


def matching_share(document: Document, samples: Sequence[Sample], transform: Transform) -> Optional[float]:
    """The share, 0..1, of the samples inside the canvas whose colour is seen where ``transform`` lays them.

    None: too few to tell by.
    """
    if not samples:
        return None
    largest = _SAME if (transform.scale_x, transform.scale_y) == (1.0, 1.0) else _ALIKE
    inside = matching = 0
    for sample in samples:
        x, y = transform.point(sample.x + 0.5, sample.y + 0.5)
        if 0 <= x < document.width and 0 <= y < document.height:
            inside += 1
            colour = bytes(document.read_canvas(Rect(int(x), int(y), 1, 1)).data)
            matching += is_alike(sample.colour, colour, largest)
    return matching / inside if inside >= FEWEST else None


def is_alike(one: bytes, other: bytes, largest: int) -> bool:
    """Whether no channel differs by more than ``largest``; the last one is alpha, and nothing has no colour."""
    if one[-1] == other[-1] == 0:
        return True
    return max(abs(a - b) for a, b in zip(one, other)) <= largest


def _spread(indices: Sequence[int]) -> Sequence[int]:
    """``_KEPT_OF_ROW`` of them at most, from first to last."""
    return indices[:: max(1, -(-len(indices) // _KEPT_OF_ROW))]


def _is_even(row: Sequence[int], index: int) -> bool:
    return row[max(0, index - 1)] == row[index] == row[min(len(row) - 1, index + 1)]
