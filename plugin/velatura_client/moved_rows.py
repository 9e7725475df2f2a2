"""Finds a picture's rows in another picture, where all that happened is that it was cropped, moved, mirrored or turned.

Then rows are the same bytes still, perhaps in the other order, or they are columns now.
"""

from array import array
from collections import Counter
from typing import Iterator, List, Sequence, Tuple

from velatura_protocol.images import Rect

from .colour_samples import Rows
from .editor import Document
from .geometry import TURNS, Transform, Turn

#: Pixels of a piece that is looked for, and how many are: each search goes through the whole picture.
_PIECE, _PIECES = 48, 32
#: Changes of colour within a piece; with fewer it may stand anywhere.
_FEWEST_CHANGES = 2
#: Places of one piece that are counted: of flat colours, rows beside each other are alike.
_MOST_PLACES = 12
#: Moves that so few pieces agree on are chance.
_FEWEST_VOTES = 2
#: The likeliest moves that are worth a closer look.
_KEPT = 6


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
        changes = [x for x in range(1, width) if pixels[x] != pixels[x - 1]]
        end = 0
        for first, last in zip(changes, changes[_FEWEST_CHANGES - 1 :]):
            x = max(0, min((first + last - _PIECE) // 2, width - _PIECE))
            if first >= end and last - first < _PIECE - 1:
                end = x + _PIECE
                yield x, y, pixels[x:end]


def _moves(pieces: "Sequence[Tuple[int, int, List[int]]]", data: bytes, width: int, turn: Turn) -> Iterator[Transform]:
    # along a row of ``data`` runs what was x; in a transposed picture that is y now
    is_reversed = turn.flipped_y if turn.transposed else turn.flipped_x
    for x, y, colours in pieces:
        wanted = array("I", colours[::-1] if is_reversed else colours).tobytes()
        for along, across in _find(data, wanted, width):
            # where the piece's first pixel lies now
            first = along + (len(colours) - 1 if is_reversed else 0)
            now_x, now_y = (across, first) if turn.transposed else (first, across)
            turned_x, turned_y = Transform(turn).point(x + 0.5, y + 0.5)
            yield Transform(turn, x=now_x + 0.5 - turned_x, y=now_y + 0.5 - turned_y)


def _find(data: bytes, wanted: bytes, width: int) -> Sequence[Tuple[int, int]]:
    """(column, row) of each place."""
    found: List[Tuple[int, int]] = []
    start = data.find(wanted)
    while start >= 0 and len(found) < _MOST_PLACES:
        row, column = divmod(start // 4, width)
        if start % 4 == 0 and column <= width - len(wanted) // 4:
            found.append((column, row))
        start = data.find(wanted, start + 1)
    return found


def _transposed(data: bytes, width: int) -> bytes:
    pixels = memoryview(data).cast("I")
    return b"".join(pixels[column::width].tobytes() for column in range(width))
