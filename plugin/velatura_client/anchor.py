"""Where a job's region is now, after the picture was scaled, cropped, enlarged, mirrored, turned or flattened.

Editors do not tell of such changes, and undo takes them back. So a job keeps a few traces of the picture that it was
begun on: its size, the bounds of its layers and of the selection, and colours along some rows. When the result comes,
the transform that explains the picture of then best is the one to follow. Painting goes on meanwhile, so no trace has
to fit; the most that can be explained wins, and what nothing explains well is not guessed.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from velatura_protocol.images import Rect

from .colour_samples import Rows, Sample, matching_share, read_rows, telling_samples
from .editor import Document
from .geometry import TURNS, UNCHANGED, Transform, laid_onto
from .moved_rows import find_moves

#: Layers whose bounds are looked at; of pictures with more, these are enough.
LARGEST_COUNT = 64
#: Explanations that are drawn from single layers: each costs a look at all samples and all bounds.
_SCALED_COUNT, _MOVED_COUNT = 8, 32
#: At least this share of the colours must be found where a transform says, in a picture that has colours to tell by.
_LEAST_COLOURS = 0.55
#: The same where pixels were only moved: all of them are as they were, but for what was painted meanwhile.
_LEAST_MOVED = 0.7
#: From this share on nobody looks for a better explanation.
_MANY_COLOURS = 0.9
#: Bounds alone convince from this share on, where there are so many.
_LEAST_BOUNDS, _FEWEST_BOUNDS = 0.75, 2
#: Of the picture of before or of now, at least this share is in the other one: what is left of a crop, or all of it.
_LEAST_COMMON = 0.2
#: Explanations whose scores differ by less are equally good.
_DIFFERENCE = 0.08
#: Sides whose ratios differ by less have been scaled alike.
_SAME_ASPECT = 0.01
#: Explanations whose colours are looked at; by then the bounds have told which are likely.
_MOST_CANDIDATES = 24
#: Stands for the selection among the layers' keys.
_SELECTION = "selection"


@dataclass(frozen=True)
class Anchor:
    """The traces of a picture.

    Attributes:
        canvas: all of it.
        bounds: of layers (and of the selection) that do not just cover the canvas.
        first: what had happened already before the traces were taken, to the picture that the job's region is of.
    """

    canvas: Rect
    bounds: Mapping[str, Rect]
    rows: Rows
    samples: Sequence[Sample]
    first: Transform = UNCHANGED

    def transform(self, document: Document, region: Rect) -> Optional[Transform]:
        """From the coordinates of the job to those of now; None when it cannot be told.

        ``region``: the part that matters, in the coordinates of the job.
        """
        canvas = Rect(0, 0, document.width, document.height)
        region = self.first.rect(region)
        found = self._find(document, canvas, region)
        return None if found is None else found.after(self.first)

    def _find(self, document: Document, canvas: Rect, region: Rect) -> Optional[Transform]:
        if canvas == self.canvas:
            share = matching_share(document, self.samples, UNCHANGED)
            if share is None or share >= _MANY_COLOURS:
                return UNCHANGED  # somebody has painted, at most
        bounds = _bounds(document, canvas)
        likely = list(dict.fromkeys(self._candidates(canvas, bounds)))
        likely.sort(key=lambda each: -self._score(bounds, canvas, each).total)
        found, is_sure = self._best(document, canvas, bounds, likely[:_MOST_CANDIDATES], region)
        if not is_sure:
            moves = find_moves(document, self.rows, self.canvas)
            if moves:
                found, _ = self._best(document, canvas, bounds, [*likely[:_MOST_CANDIDATES], *moves], region)
        return found

    def _candidates(self, canvas: Rect, bounds: Mapping[str, Rect]) -> Iterator[Transform]:
        """The simplest first."""
        if canvas == self.canvas:
            yield UNCHANGED
        for turn in TURNS:
            yield laid_onto(self.canvas, canvas, turn)
        if canvas == self.canvas:
            return  # what moves layers otherwise moves them alone
        pairs = [(before, bounds[key]) for key, before in self.bounds.items() if key in bounds]
        # of a large rectangle, rounding changes the scale least
        pairs.sort(key=lambda pair: -pair[0].width * pair[0].height)
        for before, now in pairs[:_SCALED_COUNT]:
            for turn in TURNS:
                yield laid_onto(before, now, turn)
        # a part of a layer was cut off: two of its borders are where they were
        moves = Counter(
            Transform(x=x, y=y)
            for before, now in pairs
            for x in {now.x - before.x, now.right - before.right}
            for y in {now.y - before.y, now.bottom - before.bottom}
        )
        for move, _count in moves.most_common(_MOVED_COUNT):
            yield move

    def _best(
        self,
        document: Document,
        canvas: Rect,
        bounds: Mapping[str, Rect],
        candidates: Sequence[Transform],
        region: Rect,
    ) -> Tuple[Optional[Transform], bool]:
        """The one that explains the picture, and whether it does so well that nothing else has to be tried."""
        scored = [
            (self._score(bounds, canvas, each, matching_share(document, self.samples, each)), each)
            for each in candidates
            if _have_much_in_common(each.rect(self.canvas), canvas)
        ]
        if not scored:
            return None, False
        best = max(score.total for score, _each in scored)
        # some explanations differ elsewhere only; where something was cut off, those that lose the region are worse
        equal = [(score, each) for score, each in scored if score.total > best - _DIFFERENCE]
        inside = [one for one in equal if _is_inside(one[1].rect(region), canvas) >= _is_inside(region, self.canvas)]
        equal = inside or equal
        # the bounds of what was scaled are a pixel larger than they should be: the usual explanation is the exact one
        score, found = max(equal, key=lambda one: one[0].likelihood)
        if found != UNCHANGED and any(_differ(each, found, region) for _score, each in equal):
            return None, False
        if canvas == self.canvas and _is_inside(found.rect(region), canvas) < _is_inside(region, canvas):
            return None, False  # nothing was cut off, so the picture came in again on the other side
        is_sure = score.colours is None or score.colours >= _MANY_COLOURS
        # layers that are all where they were: whatever the picture looks like, it was not moved
        is_sure = is_sure or (found == UNCHANGED and score.bounds == 1.0)
        # fine textures look otherwise when they are scaled; where several layers are tells as well
        is_sure = is_sure or score.is_told_by_bounds
        return (found, is_sure) if self._convinces(score, found, canvas) else (None, False)

    def _score(
        self, bounds: Mapping[str, Rect], canvas: Rect, each: Transform, colours: Optional[float] = None
    ) -> "_Score":
        known = [(before, bounds[key]) for key, before in self.bounds.items() if key in bounds]
        fitting = sum(_fits(each.rect(before), now, canvas) for before, now in known)
        return _Score(
            colours=colours,
            bounds=fitting / len(known) if known else None,
            count=fitting,
            likelihood=self._likelihood(each, canvas),
        )

    def _likelihood(self, each: Transform, canvas: Rect) -> float:
        """How usual such a change is, for pictures with little in them to tell by."""
        if each == UNCHANGED:
            return 0.4
        if each.rect(self.canvas) == canvas:
            return 0.2 if each.turn != TURNS[0] else 0.3 if self._is_scaled_evenly(each) else 0.0
        return 0.25 if each.keeps_pixels else 0.0

    def _convinces(self, score: "_Score", found: Transform, canvas: Rect) -> bool:
        is_likely = score.likelihood >= 0.3
        if score.colours is not None:
            if score.colours >= _MANY_COLOURS:
                return True
            is_scaled = found.scale_x != 1
            least = _LEAST_COLOURS if is_scaled or found == UNCHANGED else _LEAST_MOVED
            if score.colours >= least and self._is_scaled_evenly(found):
                return True
            return score.is_told_by_bounds or (found == UNCHANGED and canvas == self.canvas)
        return is_likely or bool(score.bounds and score.bounds >= _LEAST_BOUNDS and score.likelihood > 0)

    @staticmethod
    def _is_scaled_evenly(each: Transform) -> bool:
        return abs(each.scale_x / each.scale_y - 1) < _SAME_ASPECT


def anchor(document: Document, first: Transform = UNCHANGED) -> Anchor:
    """The traces of the document as it is now. Takes about a millisecond.

    ``first``: where the job's coordinates are in the document as it is now.
    """
    canvas = Rect(0, 0, document.width, document.height)
    rows = read_rows(document)
    return Anchor(canvas, _bounds(document, canvas), rows, telling_samples(rows), first)


@dataclass(frozen=True)
class _Score:
    """``colours``, ``bounds``: shares 0..1 that fit, None = nothing to tell by. ``count``: of fitting bounds."""

    colours: Optional[float]
    bounds: Optional[float]
    count: int
    likelihood: float

    @property
    def is_told_by_bounds(self) -> bool:
        return (self.bounds or 0.0) >= _LEAST_BOUNDS and self.count >= _FEWEST_BOUNDS

    @property
    def total(self) -> float:
        return 2 * (self.colours or 0.0) + (self.bounds or 0.0) + self.likelihood


def _bounds(document: Document, canvas: Rect) -> Dict[str, Rect]:
    found: List[Tuple[str, Optional[Rect]]] = [(_SELECTION, document.selection_bounds())]
    leaves = [layer for layer in document.layers() if layer.kind not in ("group", "filter")]
    found += [(layer.key, document.layer_bounds(layer.key)) for layer in leaves[:LARGEST_COUNT]]
    return {key: rect for key, rect in found if rect is not None and rect.intersection(canvas) != canvas}


def _fits(expected: Rect, now: Rect, canvas: Rect) -> bool:
    """As expected, or what is left of that inside the canvas; a pixel of difference comes from rounding."""
    return _is_close(expected, now) or _is_close(expected.intersection(canvas), now)


def _is_close(one: Rect, other: Rect, within: int = 1) -> bool:
    corners = (one.x - other.x, one.y - other.y, one.right - other.right, one.bottom - other.bottom)
    return max(map(abs, corners)) <= within


def _differ(one: Transform, other: Transform, region: Rect) -> bool:
    """Whether they lay the region to other places, or otherwise turned."""
    return one.turn != other.turn or not _is_close(one.rect(region), other.rect(region), within=2)


def _have_much_in_common(before: Rect, now: Rect) -> bool:
    return max(_is_inside(before, now), _is_inside(now, before)) > _LEAST_COMMON


def _is_inside(rect: Rect, canvas: Rect) -> float:
    """The share of ``rect`` that is inside ``canvas``, 0..1."""
    part = rect.intersection(canvas)
    return part.width * part.height / (rect.width * rect.height)
