"""The picture while it is made."""

from typing import Any

from ..qt import QLabel, QPixmap, Qt
from .margin import without_margin

#: Pixels. The panel shares a column with others, so it stays low.
_HEIGHT = 128


class PreviewLabel(QLabel):
    """There while there is something to show, or while its place is kept so that nothing jumps when a job begins."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_preview")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFixedHeight(_HEIGHT)
        self._keeps_room = False
        self._is_empty = True
        self.hide()

    def keep_room(self, keeps_room: bool) -> None:
        self._keeps_room = keeps_room
        self.setVisible(keeps_room or not self._is_empty)

    def show_image(self, image: Any) -> None:
        ratio = self.devicePixelRatioF()
        scaled = without_margin(image).scaled(
            round(max(1, self.parentWidget().width() - 16) * ratio),
            round(_HEIGHT * ratio),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap = QPixmap.fromImage(scaled)
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)
        self._is_empty = False
        self.show()

    def show_nothing(self) -> None:
        self.clear()
        self._is_empty = True
        self.setVisible(self._keeps_room)
