"""What is remembered of each layer that a job made, beside its recipe: where it came, and how it looked then.

By that, a layer that was moved, scaled or turned since is followed ("Generate Again from This Layer"), and one that
nobody has touched can be told from one that somebody painted on.
"""

import json
import math
import zlib
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, cast

from velatura_protocol.images import Rect
from velatura_protocol.request import GenerationRequest

from .colour_samples import is_alike
from .editor import Document, NewLayer, Pixels
from .geometry import TURNS, UNCHANGED, Transform, laid_onto

#: Name of the attachment: JSON, key of a layer to its note.
NOTES = "velatura-layers"
#: Points of a layer that are remembered: this many along each side.
_SIDE = 6
#: How much the colours of scaled points may differ, 0..255, and how many must fit.
_ALIKE, _LEAST = 48, 0.6
#: How much the colours of points may differ that only stayed where they were, and how many there must be.
_SAME, _FEWEST = 2, 4
#: Of what is left of a layer that was cut off, more must fit.
_LEAST_CUT = 0.9
#: Of layers that are a few pixels large, even scaling comes out a little uneven.
_EVEN = 0.05
#: Shares that differ by less are equally good.
_DIFFERENCE = 0.05


@dataclass(frozen=True)
class LayerNote:
    """Of a layer as it was when it came.

    Attributes:
        place: the rectangle that it was put at.
        bounds: of its pixels, document pixels.
        colours: of points on an even grid over ``bounds``, row by row.
        digest: of all its pixels; 0 = not known.
        selection: which selection it was made for, "" = none.
        transform: from the job's coordinates to the document's, as ``Transform``'s fields.
    """

    place: Rect
    bounds: Rect
    colours: Tuple[bytes, ...]
    digest: int
    selection: str
    transform: Transform


def note_layers(
    document: Document,
    made: Mapping[str, NewLayer],
    *,
    selection: str,
    transform: Transform,
) -> None:
    """Remember layers that were put into the document just now, ``made`` by their keys. Costs a few milliseconds."""
    notes = _read(document)
    for key, layer in made.items():
        bounds = document.layer_bounds(key)
        if bounds is None:
            continue
        turn = transform.turn
        notes[key] = {
            "place": _plain(layer.rect),
            "bounds": _plain(bounds),
            "colours": b"".join(_colours(document, key, bounds)).hex(),
            # only such layers are ever asked for
            "digest": digest_of(layer.pixels) if selection else 0,
            "selection": selection,
            "transform": [
                [turn.transposed, turn.flipped_x, turn.flipped_y],
                [transform.scale_x, transform.scale_y, transform.x, transform.y],
            ],
        }
    document.keep_attachment(NOTES, json.dumps(notes, sort_keys=True).encode())


def layer_note(document: Document, key: str) -> Optional[LayerNote]:
    """None when nothing usable is remembered."""
    return _note(_read(document).get(key))


def untouched_results(document: Document, selection: str) -> Sequence[str]:
    """Keys of visible layers that were made for this very selection, and that nobody has moved or painted on since."""
    notes = {key: _note(plain) for key, plain in _read(document).items()}
    wanted = {key: note for key, note in notes.items() if note is not None and note.selection == selection}
    if not wanted:
        return ()
    here = [layer.key for layer in document.layers() if layer.is_visible and layer.key in wanted]
    return [key for key in here if _is_untouched(document, key, wanted[key])]


def transform_since(document: Document, key: str, request: GenerationRequest) -> Optional[Transform]:
    """From the coordinates of the request that made a layer to where the layer's content is now; None = unknown."""
    note, now = layer_note(document, key), document.layer_bounds(key)
    if note is None or (now is None and note.transform == UNCHANGED):
        # no note, or all of it is erased: the picture's size alone tells
        is_same_size = (request.canvas_width, request.canvas_height) == (document.width, document.height)
        return UNCHANGED if is_same_size or request.document is not None else None
    now = document.layer_bounds(key)
    if now is None:
        return None
    if _is_what_is_left(document, key, now, note):
        return note.transform
    scored = [(_matching(document, key, now, note, each), each) for each in _onto(note.bounds, now)]
    best = max(score for score, _each in scored)
    # a layer of one colour looks the same however it lies: it was hardly stretched
    fitting = [each for score, each in scored if best >= _LEAST and score > best - _DIFFERENCE]
    found = min(fitting, key=_stretching) if fitting else None
    if found is None or _stretching(found) > _EVEN:
        canvas = Rect(0, 0, document.width, document.height)
        for each in _cut_moves(note.bounds, now, canvas):
            if _matching(document, key, now, note, each, is_cut=True) >= max(best, _LEAST_CUT):
                return each.after(note.transform)
    if found is not None:
        return found.after(note.transform)
    # somebody erased a part of it, or painted beside it: it is not known to have been moved
    return note.transform if not now.intersection(note.bounds).is_empty else None


def digest_of(pixels: Pixels) -> int:
    return zlib.crc32(memoryview(pixels.data).cast("B")) or 1


def _onto(before: Rect, now: Rect) -> List[Transform]:
    return [laid_onto(before, now, turn) for turn in TURNS]


def _stretching(transform: Transform) -> float:
    """How unevenly it scales; 0 = evenly."""
    return round(abs(math.log(transform.scale_x / transform.scale_y)), 2)


def _cut_moves(before: Rect, now: Rect, canvas: Rect) -> List[Transform]:
    """Where it was moved to, if what is missing of it was cut off at the borders of ``canvas``, as by a crop."""
    xs = _cut_shifts((before.x, before.right), (now.x, now.right), canvas.width)
    ys = _cut_shifts((before.y, before.bottom), (now.y, now.bottom), canvas.height)
    return [Transform(x=x, y=y) for x in xs for y in ys]


def _cut_shifts(before: Tuple[int, int], now: Tuple[int, int], end: int) -> List[int]:
    lower, upper = now[0] - before[0], now[1] - before[1]
    if lower == upper:
        return [lower]
    if lower < upper:
        return []  # it has grown
    return [*([upper] if now[0] <= 0 else []), *([lower] if now[1] >= end else [])]


def _is_untouched(document: Document, key: str, note: LayerNote) -> bool:
    return bool(note.digest) and digest_of(document.read_layer(note.place, key)) == note.digest


def _is_what_is_left(document: Document, key: str, now: Rect, note: LayerNote) -> bool:
    """Whether a layer is where it was, all of it or what somebody has not erased."""
    if now.intersection(note.bounds) != now:
        return False
    here = [
        (point, colour)
        for point, colour in zip(_points(note.bounds), note.colours)
        if now.x <= point[0] < now.right and now.y <= point[1] < now.bottom
    ]
    same = sum(is_alike(colour, _colour(document, key, *point), _SAME) for point, colour in here)
    return len(here) >= _FEWEST and same >= _LEAST * len(here)


def _matching(
    document: Document, key: str, now: Rect, note: LayerNote, transform: Transform, *, is_cut: bool = False
) -> float:
    """The share of the remembered points, 0..1, that look the same where ``transform`` lays them.

    ``is_cut``: of those that lie within ``now`` then.
    """
    matching = inside = 0
    for (x, y), colour in zip(_points(note.bounds), note.colours):
        there_x, there_y = transform.point(x, y)
        if now.x <= there_x < now.right and now.y <= there_y < now.bottom:
            matching += is_alike(colour, _colour(document, key, there_x, there_y), _ALIKE)
    return matching / max(1, inside if is_cut else len(note.colours))


def _colours(document: Document, key: str, bounds: Rect) -> List[bytes]:
    return [_colour(document, key, x, y) for x, y in _points(bounds)]


def _colour(document: Document, key: str, x: float, y: float) -> bytes:
    return bytes(document.read_layer(Rect(int(x // 1), int(y // 1), 1, 1), key).data)


def _points(rect: Rect) -> List[Tuple[float, float]]:
    parts = [(2 * index + 1) / (2 * _SIDE) for index in range(_SIDE)]
    return [(rect.x + rect.width * across, rect.y + rect.height * down) for down in parts for across in parts]


def _plain(rect: Rect) -> List[int]:
    return [rect.x, rect.y, rect.width, rect.height]


def _read(document: Document) -> Dict[str, Any]:
    try:
        notes: Any = json.loads(document.attachment(NOTES) or b"{}")
    except ValueError:
        return {}
    return cast("Dict[str, Any]", notes) if isinstance(notes, dict) else {}


def _note(plain: Any) -> Optional[LayerNote]:
    """From JSON that may be damaged, or of a newer Velatura."""
    try:
        colours = bytes.fromhex(plain["colours"])
        turn, numbers = plain["transform"]
        # every kept value names a turn; an unknown one raises
        known = next(each for each in TURNS if [each.transposed, each.flipped_x, each.flipped_y] == turn)
        return LayerNote(
            place=Rect(*map(int, plain["place"])),
            bounds=Rect(*map(int, plain["bounds"])),
            colours=tuple(colours[at : at + 4] for at in range(0, len(colours), 4)),
            digest=int(plain["digest"]),
            selection=str(plain["selection"]),
            transform=Transform(known, *map(float, numbers)),
        )
    except (ValueError, TypeError, KeyError, StopIteration, ZeroDivisionError):
        return None
