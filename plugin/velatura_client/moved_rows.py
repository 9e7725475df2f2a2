"""Finds a picture's rows in another picture, where all that happened is that it was cropped, moved, mirrored or turned.

Then rows are the same bytes still, perhaps in the other order, or they are columns now. Pieces of the kept rows are
put into a dictionary, and a few pieces of each row of now are looked up in it. A piece begins at a change of colour, so
that the same ones are cut wherever the row lies.
"""

import time
from typing import Dict, Iterator, List, Sequence, Set, Tuple

from velatura_protocol.images import Rect

from .colour_samples import Rows
from .editor import Document
from .geometry import Transform, Turn

#: Pixels of a piece, and a row's parts that are looked at: their number, and their length in pixels.
_PIECE = 64
_PARTS, _PART = 3, 256
#: Pieces of one part that are looked up; places of a piece from which on it may stand anywhere.
_LOOKED_UP, _TOO_MANY = 6, 17
#: A move that one row alone tells of is chance, or one row of a sheared picture; with so many nobody looks further.
_FEWEST_ROWS, _ENOUGH = 2, 5
#: The likeliest moves that are worth a closer look.
_KEPT = 6
#: Seconds of looking, as a person waits: in very large pictures not every row is reached.
_LONGEST_S = 0.5
#: A step from row to row that reaches all parts of a picture early: no divisor in common with any usual height.
_STRIDE = 127

#: Piece to the places (x, y) of its first pixel.
_Places = Dict[bytes, List[Tuple[int, int]]]
#: Move to the rows that tell of it.
_Votes = Dict[Transform, Set[int]]


def find_moves(document: Document, rows: Rows, canvas: Rect) -> Sequence[Transform]:
    """The likeliest first. ``canvas``: of the picture that ``rows`` are of."""
    until = time.perf_counter() + _LONGEST_S
    width, height = document.width, document.height
    places = _places(rows, canvas.width)
    pixels = memoryview(bytes(document.read_canvas(Rect(0, 0, width, height)).data)).cast("I")
    votes: _Votes = {}
    for transposed in (False, True):
        lines, length = (width, height) if transposed else (height, width)
        for number in range(lines):
            line = number * _STRIDE % lines if lines % _STRIDE else number
            row = pixels[line::width] if transposed else pixels[line * width : (line + 1) * width]
            for is_reversed in (False, True):
                # reversed: the line was read from its other end
                for along, x, y in _matches(places, row[::-1] if is_reversed else row, line):
                    first = length - 1 - along if is_reversed else along
                    for move in _moves(x, y, first, line, transposed=transposed, is_reversed=is_reversed):
                        votes.setdefault(move, set()).add(y)
            if time.perf_counter() > until or _is_clear(votes):
                return _agreed(votes)
        if _agreed(votes):
            break  # as it stands already
    return _agreed(votes)


def _places(rows: Rows, width: int) -> _Places:
    places: _Places = {}
    for y, data in rows.items():
        pixels = memoryview(data).cast("I")
        colours = pixels.tolist()
        for x in range(1, width - _PIECE + 2):
            if colours[x] != colours[x - 1]:
                places.setdefault(pixels[x - 1 : x - 1 + _PIECE].tobytes(), []).append((x - 1, y))
    return {piece: found for piece, found in places.items() if len(found) < _TOO_MANY}


def _matches(places: _Places, row: "memoryview[int]", line: int) -> Iterator[Tuple[int, int, int]]:
    """(place along the row of now, x, y as it was) of each piece that was known."""
    length = len(row)
    for part in range(_PARTS):
        # not the same parts in each row, as much may be of one colour
        start = (length * part // _PARTS + line * 89) % max(1, length - _PIECE)
        colours = row[start : start + _PART].tolist()
        looked_up = 0
        for at in range(1, len(colours) - _PIECE + 2):
            if colours[at] != colours[at - 1]:
                first = start + at - 1
                for x, y in places.get(row[first : first + _PIECE].tobytes(), ()):
                    yield first, x, y
                looked_up += 1
                if looked_up == _LOOKED_UP:
                    break


def _moves(x: int, y: int, along: int, line: int, *, transposed: bool, is_reversed: bool) -> Iterator[Transform]:
    """What may have brought the pixel ``x``, ``y`` to ``along``, ``line``. The direction across is not known."""
    now_x, now_y = (line, along) if transposed else (along, line)
    for is_flipped in (False, True):
        flipped_x, flipped_y = (is_flipped, is_reversed) if transposed else (is_reversed, is_flipped)
        turn = Turn(transposed, flipped_x, flipped_y)
        turned_x, turned_y = Transform(turn).point(x + 0.5, y + 0.5)
        yield Transform(turn, x=now_x + 0.5 - turned_x, y=now_y + 0.5 - turned_y)


def _is_clear(votes: _Votes) -> bool:
    counts = sorted(map(len, votes.values()), reverse=True)[:2]
    return len(counts) == 2 and counts[0] >= _ENOUGH and counts[0] > 2 * counts[1]


def _agreed(votes: _Votes) -> Sequence[Transform]:
    told = [move for move, rows in votes.items() if len(rows) >= _FEWEST_ROWS]
    return sorted(told, key=lambda move: -len(votes[move]))[:_KEPT]
