"""The seed: a field, a dice, a lock; and beside it how many pictures."""

import random
from typing import Any, Callable, Optional, Sequence

from velatura_client.form import FormField
from velatura_client.texts import tr

from ..look import follow_look
from ..qt import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget
from .fields import widget_for
from .icons import dice_icon, keep_icon, krita_icon
from .row import Row

#: Seeds of the dice stay below this, so that they fit the fields of other programs.
DICE_LIMIT = 2**32


class SeedRow(Row):
    """Unlocked, each job has a new seed, and the field shows the last one; locked, all have the one in the field."""

    def __init__(self, parent: Any, *, on_seed: Callable[[Optional[int]], None]) -> None:
        super().__init__(parent, spacing=6)
        self._on_seed = on_seed
        self._last: Optional[int] = None
        self._largest = 2**63 - 1
        self._edit = QLineEdit(self)
        self._edit.setObjectName("velatura_seed")
        self._edit.setToolTip(tr("The same seed gives the same picture again. Empty: a new one for each job."))
        self._edit.textEdited.connect(self._on_typed)
        self._dice = self._button("velatura_dice", tr("Roll a new seed and keep it"))
        keep_icon(self._dice, lambda: dice_icon(self._dice.palette()))
        self._dice.clicked.connect(self._roll)
        self._lock = self._button("velatura_lock", "")
        self._lock.setCheckable(True)
        keep_icon(self._lock, self._lock_icon)
        self._lock.toggled.connect(self._on_lock)
        follow_look(self._edit, lambda: self._edit.setMinimumWidth(_seed_width(self._edit)))
        self.add(_beside(self, (self._edit, self._dice, self._lock)), 1)
        self._times = QLabel("×", self)
        self._count_part = _beside(self, (self._times,))
        self.add(self._count_part)
        self._count: Any = None
        self.show_seed(None)

    def show_count(self, field: FormField, value: int, on_count: Callable[[int], None]) -> None:
        """``field``: how many pictures, with its range."""
        if self._count is None or self._count.field != field:
            if self._count is not None:
                self._count.setParent(None)
                self._count.deleteLater()
            self._count = widget_for(self, field, with_slider=False)
            self._count.edited.connect(on_count)
            self._count_part.layout().addWidget(self._count, 1)
        self._count.show_value(value)

    def show_seed(self, seed: Optional[int]) -> None:
        """None: unlocked."""
        is_locked = seed is not None
        self._lock.blockSignals(True)
        self._lock.setChecked(is_locked)
        self._lock.blockSignals(False)
        self._lock.setIcon(self._lock_icon())
        self._lock.setToolTip(
            tr("Keep this seed for the next jobs") if not is_locked else tr("A new seed for each job")
        )
        text = "" if seed is None else str(seed)
        if text != self._edit.text():
            self._edit.setText(text)
        self._show_last()

    def show_last(self, seed: Optional[int]) -> None:
        """The seed of the newest picture, which the lock would keep."""
        self._last = seed
        self._show_last()

    def _show_last(self) -> None:
        last = tr("random") if self._last is None else tr("was {seed}", seed=self._last)
        self._edit.setPlaceholderText(last)

    def _lock_icon(self) -> Any:
        return krita_icon("layer-locked" if self._lock.isChecked() else "layer-unlocked")

    def _button(self, name: str, tip: str) -> Any:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAutoRaise(True)
        return button

    def _on_typed(self, text: str) -> None:
        digits = "".join(sign for sign in text if sign in "0123456789")
        seed = min(int(digits), self._largest) if digits else None
        if text != ("" if seed is None else str(seed)):
            self._edit.setText("" if seed is None else str(seed))
        self._on_seed(seed)

    def _roll(self) -> None:
        self._on_seed(random.SystemRandom().randrange(DICE_LIMIT))

    def _on_lock(self, is_locked: bool) -> None:
        if not is_locked:
            self._on_seed(None)
        elif self._last is not None:
            self._on_seed(self._last)
        else:
            self._roll()


def _beside(parent: Any, widgets: Sequence[Any]) -> Any:
    """The first of the widgets takes the room that the others leave."""
    part = QWidget(parent)
    line = QHBoxLayout(part)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(2)
    for index, widget in enumerate(widgets):
        line.addWidget(widget, 1 if index == 0 and len(widgets) > 1 else 0)
    return part


def _seed_width(edit: Any) -> int:
    """Pixels for the largest seed of the dice."""
    return edit.fontMetrics().horizontalAdvance(str(DICE_LIMIT)) + 14
