"""The picture while it is made."""

from typing import Any

from ..qt import QLabel, QPixmap, Qt
from .margin import without_margin

#: Pixels. The panel shares a column with others, so it stays low.
_HEIGHT = 128


class PreviewLabel(QLabel):
    """There only while there is something to show."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setObjectName("velatura_preview")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hide()

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
        self.setFixedHeight(_HEIGHT)
        self.show()

    def show_nothing(self) -> None:
        self.clear()
        self.hide()
