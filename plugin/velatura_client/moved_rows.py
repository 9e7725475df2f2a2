"""Finds a picture's rows in another picture, where all that happened is that it was cropped, moved, mirrored or turned.

Then rows are the same bytes still, perhaps in the other order, or they are columns now.
"""

from array import array
from collections import Counter
from typing import Iterator, List, Optional, Sequence, Tuple

from velatura_protocol.images import Rect

from .colour_samples import Rows
from .editor import Document
from .geometry import TURNS, Transform, Turn

#: Pixels of a piece that is looked for, and how many are: each search goes through the whole picture.
_PIECE, _PIECES = 24, 24
#: A piece with fewer colours may stand anywhere.
_FEWEST_COLOURS = 4
#: Moves that so few pieces agree on are chance.
_FEWEST_VOTES = 2
#: The likeliest moves that are worth a closer look.
_KEPT = 4


def find_moves(document: Document, rows: Rows, canvas: Rect) -> Sequence[Transform]:
    """The likeliest first. ``canvas``: of the picture that ``rows`` are of."""
    now = Rect(0, 0, document.width, document.height)
    data = bytes(document.read_canvas(now).data)
    every = list(_pieces(rows, canvas.width))
    pieces = every[:: max(1, -(-len(every) // _PIECES))]
    votes: Counter[Transform] = Counter()
    upright = data
    transposed = b""
    for turn in TURNS:
        if turn.transposed and not transposed:
            if votes:
                break  # as it stands already
            transposed = _transposed(data, now.width)
        picture, width = (transposed, now.height) if turn.transposed else (upright, now.width)
        votes.update(_moves(pieces, picture, width, turn))
    return [move for move, count in votes.most_common(_KEPT) if count >= _FEWEST_VOTES]


def _pieces(rows: Rows, width: int) -> "Iterator[Tuple[int, int, List[int]]]":
    """(x, y, colours) of pieces that can be told from others."""
    for y, data in rows.items():
        pixels = memoryview(data).cast("I").tolist()
        for x in range(0, width - _PIECE + 1, _PIECE):
            piece = pixels[x : x + _PIECE]
            if len(set(piece)) >= _FEWEST_COLOURS:
                yield x, y, piece


def _moves(pieces: "Sequence[Tuple[int, int, List[int]]]", data: bytes, width: int, turn: Turn) -> Iterator[Transform]:
    # along a row of ``data`` runs what was x; in a transposed picture that is y now
    is_reversed = turn.flipped_y if turn.transposed else turn.flipped_x
    for x, y, colours in pieces:
        wanted = array("I", colours[::-1] if is_reversed else colours).tobytes()
        at = _find(data, wanted, width)
        if at is None:
            continue
        along, across = at
        # the piece's first pixel, as it lies now
        along += len(colours) - 1 if is_reversed else 0
        now_x, now_y = (across, along) if turn.transposed else (along, across)
        turned_x, turned_y = Transform(turn).point(x + 0.5, y + 0.5)
        yield Transform(turn, x=now_x + 0.5 - turned_x, y=now_y + 0.5 - turned_y)


def _find(data: bytes, wanted: bytes, width: int) -> Optional[Tuple[int, int]]:
    """(column, row) of the only place; None when there is none, or another one."""
    found: List[int] = []
    start = data.find(wanted)
    while start >= 0 and len(found) < 2:
        if start % 4 == 0 and start // 4 % width <= width - len(wanted) // 4:
            found.append(start // 4)
        start = data.find(wanted, start + 1)
    return (found[0] % width, found[0] // width) if len(found) == 1 else None


def _transposed(data: bytes, width: int) -> bytes:
    pixels = memoryview(data).cast("I")
    return b"".join(pixels[column::width].tobytes() for column in range(width))
