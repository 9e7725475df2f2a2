"""Lays a picture over the canvas of the views that show a document, outside of the document and its undo.

UI thread only. The picture follows zoom, pan, rotation, mirror and the canvas' size, lets mouse and pen through, and is
away while a brush stroke is on. Where its place is not known for sure (wrap-around mode), it is not shown.
"""

from typing import Any, Dict, Sequence

from velatura_protocol.images import Rect

from .canvas_sheet import Picture, Sheet
from .canvas_widgets import ShownView, active_views
from .document import KritaDocument
from .open_documents import document_key
from .qt import QTimer, mouse_buttons_down

#: How often to look for views that came or went, and for the end of a stroke, in milliseconds.
LOOK_FOR_VIEWS_MS, LOOK_FOR_STROKE_MS = 200, 15


class CanvasOverlay:
    """One picture per document. There is no timer while nothing is shown."""

    def __init__(self) -> None:
        self._laid: Dict[str, _Laid] = {}
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)

    def show(self, document: KritaDocument, image: Any, rect: Rect) -> None:
        """Lay ``image`` (QImage), stretched to ``rect`` of the document, over it, in place of what lay there.

        ``rect`` may reach beyond the canvas. Where the image is transparent, the document is seen.
        """
        laid = self._laid.get(document.key)
        if laid is None:
            # a stroke is not known before Krita has seen the press that begins it
            laid = self._laid[document.key] = _Laid(document, on_press=lambda: self._timer.start(0))
        laid.show(Picture(image, rect))
        self._look()

    def clear(self, document: KritaDocument) -> None:
        """Take away what lies over the document; it may be closed by now."""
        self._take_away(document.key)

    def clear_all(self) -> None:
        """Take away everything, of all documents."""
        for key in tuple(self._laid):
            self._take_away(key)

    def _take_away(self, key: str) -> None:
        laid = self._laid.pop(key, None)
        if laid is not None:
            laid.remove()
        if not self._laid:
            self._timer.stop()

    def _look(self) -> None:
        for key, laid in tuple(self._laid.items()):
            if not laid.document.is_open():
                self._take_away(key)
        if not self._laid:
            return
        views = tuple(active_views())
        for laid in self._laid.values():
            laid.look(views)
        may_change_soon = any(laid.may_be_in_stroke for laid in self._laid.values())
        self._timer.start(LOOK_FOR_STROKE_MS if may_change_soon else LOOK_FOR_VIEWS_MS)


class _Laid:
    """The picture of one document, and the sheets that show it, one per view that was active since."""

    def __init__(self, document: KritaDocument, on_press: Any) -> None:
        self.document = document
        self.may_be_in_stroke = False
        self._on_press = on_press
        self._sheets: Dict[Any, Sheet] = {}
        self._picture: Any = None

    def show(self, picture: Picture) -> None:
        self._picture = picture
        for sheet in self._sheets.values():
            sheet.show_picture(picture)

    def look(self, views: Sequence[ShownView]) -> None:
        """Be over those of ``views`` that show the document, unless a stroke is on."""
        for shown in views:
            if shown.widget not in self._sheets and document_key(shown.view.document()) == self.document.key:
                self._lay_over(shown)
        if self.may_be_in_stroke:
            in_stroke = not self.document.is_free()
            self.may_be_in_stroke = in_stroke or mouse_buttons_down()
            for sheet in self._sheets.values():
                sheet.setVisible(not in_stroke)

    def remove(self) -> None:
        for sheet in tuple(self._sheets.values()):
            sheet.remove()
        self._sheets.clear()

    def _lay_over(self, shown: ShownView) -> None:
        sheet = Sheet(shown, self._note_press)
        self._sheets[shown.widget] = sheet
        # with its view, or when Krita changes to another kind of canvas
        sheet.destroyed.connect(lambda: self._sheets.pop(shown.widget, None))
        sheet.show_picture(self._picture)
        sheet.setVisible(not self.may_be_in_stroke)

    def _note_press(self) -> None:
        self.may_be_in_stroke = True
        self._on_press()
