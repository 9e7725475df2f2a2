"""What the daemon can do: the catalogue, planning and checking, imported when first asked for.

Their modules are light, but hello is answered before any of them is loaded or a model folder is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from velatura_daemon.logs import Log
from velatura_daemon.worker_protocol import CONTROL_MAP, COPY
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import Catalogue, Plan, Planned
from velatura_protocol.request import GenerationRequest

if TYPE_CHECKING:
    from velatura_daemon.models.library import ModelLibrary


class Capabilities:
    """Models on disk and what can be made with them."""

    def __init__(self, model_folders: tuple[Path, ...]) -> None:
        self._folders = model_folders
        self._library: ModelLibrary | None = None
        self._catalogue: Catalogue | None = None

    def catalogue(self, *, rescan: bool = False) -> Catalogue:
        from velatura_daemon.models.catalogue import build_catalogue

        library = self._loaded_library()
        if rescan:
            library.scan()
        if rescan or self._catalogue is None:
            self._catalogue = build_catalogue(library)
        return self._catalogue

    def warm_up(self, log: Log) -> None:
        """Load everything before it is asked for; what fails now fails again, and is answered, when it is asked for."""
        try:
            self.catalogue()
        except Exception:
            log.exception("the catalogue cannot be made")

    def plan(self, asked: Plan) -> Planned:
        """Which rectangle of the document a job needs.

        Raises:
            VelaturaError: what ``check_plan`` and ``plan_region`` raise.
        """
        from velatura_daemon.planning.check import check_plan
        from velatura_daemon.planning.plan import plan_control_map, plan_region

        check_plan(asked, self.catalogue())
        if asked.task == COPY:
            return _plan_copy(asked)
        if asked.task == CONTROL_MAP:
            return plan_control_map(
                canvas_width=asked.canvas_width, canvas_height=asked.canvas_height, selection=asked.selection
            )
        return plan_region(
            task=asked.task,
            canvas_width=asked.canvas_width,
            canvas_height=asked.canvas_height,
            selection=asked.selection,
            inpaint=asked.inpaint,
            sizes=self._loaded_library().sizes(asked.model),
        )

    def check(self, request: GenerationRequest) -> None:
        """Refuse a request that cannot be carried out.

        Raises:
            VelaturaError: what ``check_request``, ``check_map_size`` and ``check_run_size`` raise.
        """
        from velatura_daemon.planning.check import check_request, check_run_size
        from velatura_daemon.planning.map_size import check_map_size

        check_request(request, self.catalogue())
        if request.task == CONTROL_MAP:
            check_map_size(request)
        elif request.task != COPY:
            check_run_size(request, self._loaded_library().sizes(request.model))

    def _loaded_library(self) -> ModelLibrary:
        if self._library is None:
            from velatura_daemon.models.library import ModelLibrary

            self._library = ModelLibrary(self._folders)
        return self._library


def _plan_copy(asked: Plan) -> Planned:
    canvas = Rect(0, 0, asked.canvas_width, asked.canvas_height)
    region = canvas if asked.selection is None else canvas.intersection(asked.selection)
    if region.is_empty:
        raise VelaturaError("selection_outside_canvas", "The selection lies outside the canvas. Select a part of it.")
    return Planned(region, region.width, region.height)
