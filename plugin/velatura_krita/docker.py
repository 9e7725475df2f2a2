"""The docker: Krita makes one per window; what is in it is made when it is first seen."""

import traceback
from typing import Any

from krita import DockWidget, Krita

from . import plugin
from .failure import failed_label
from .state import SharedState

IDENTIFIER = "velatura_docker"
#: What is remembered about it.
_SHOWN = "panel was shown"


class VelaturaDocker(DockWidget):
    """Thin, so that a docker that nobody opens costs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Velatura")
        self._panel: Any = None

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        if self.widget() is None:
            try:
                self._fill()
            except Exception:  # noqa: BLE001 - an empty docker would tell nobody what is wrong
                self.setWidget(failed_label(traceback.format_exc()))
        super().showEvent(event)

    def canvasChanged(self, canvas: Any) -> None:  # noqa: N802, ARG002 - Krita's name
        if self._panel is not None:
            plugin.instance().attempt(self._panel.look_at_document)

    def _fill(self) -> None:
        # imported here because Krita waits for this plug-in when it starts
        from .widgets.panel import Panel

        self._panel = Panel(self, plugin.instance())
        self.setWidget(self._panel)


def show_once(state: SharedState) -> None:
    """Krita 5.2 and newer hide a docker that is new to them, and who does not know of it would never find it.

    Only once: a painter who hides it later has it hidden.
    """
    if state.view.get(_SHOWN):
        return
    for docker in Krita.instance().dockers():
        if docker.objectName() == IDENTIFIER:
            docker.setVisible(True)
            docker.raise_()  # it may share its place with others
            state.view[_SHOWN] = True
    state.save()
