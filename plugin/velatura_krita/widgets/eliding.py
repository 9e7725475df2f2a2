"""Parts whose text ends in dots where it does not fit. The tool tip has all of it."""

from typing import Any

from ..qt import (
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QSize,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    Qt,
)


def elided(widget: Any, text: str, room: int) -> str:
    """``text`` as it fits ``room`` pixels in the font of ``widget``."""
    return widget.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, room))


def tip(text: str, help_text: str) -> str:
    """A tool tip for a part that may show only the beginning of ``text``."""
    return f"{text}\n{help_text}" if help_text else text


class ElidingLabel(QLabel):
    """One line of plain text. ``least_signs``: as many are always seen, as far as the layout can see to it."""

    def __init__(self, parent: Any, *, least_signs: int = 4) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._least_signs = least_signs

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        whole = super().minimumSizeHint()
        least = self.fontMetrics().horizontalAdvance("n" * self._least_signs)
        return QSize(min(least, whole.width()), whole.height())

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        inside = self.contentsRect()
        text = elided(self, self.text(), inside.width())
        painter = QStylePainter(self)
        alignment = int(self.alignment())
        painter.drawItemText(inside, alignment, self.palette(), self.isEnabled(), text, self.foregroundRole())
        painter.end()


class ElidingButton(QPushButton):
    """It may be made narrower than its text."""

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        return super().sizeHint()

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        option = QStyleOptionButton()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
        if self.menu() is not None:
            inside -= self.style().pixelMetric(QStyle.PixelMetric.PM_MenuButtonIndicator, option, self)
        option.text = elided(self, self.text(), inside)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()


class ElidingCheckBox(QCheckBox):
    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        option = QStyleOptionButton()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxContents, option, self).width()
        option.text = elided(self, self.text(), inside)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_CheckBox, option)
        painter.end()

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        return QSize(self.iconSize().width(), self.sizeHint().height())


class ElidingComboBox(QComboBox):
    """Its list is as wide as its entries, and it is as narrow as it has to be."""

    def __init__(self, parent: Any, *, least_signs: int = 6) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(least_signs)

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        inside = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width()
        option.currentText = elided(self, self.currentText(), inside - 4)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        view = self.view()
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + 24, 3 * max(1, self.width())))
        super().showPopup()
