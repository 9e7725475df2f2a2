"""Asks for a prompt when an action was chosen from the menu."""

from typing import Any, Callable

from velatura_client.texts import tr

from .prompt_edit import PromptEdit
from .qt import QDialog, QDialogButtonBox, QLabel, QVBoxLayout


class PromptDialog(QDialog):
    """Belongs to Krita's window and blocks only that; ``on_prompt`` gets the text when it was accepted."""

    def __init__(self, parent: Any, title: str, prompt: str, on_prompt: Callable[[str], None]) -> None:
        """``title``: what is begun; the button to begin says it too."""
        super().__init__(parent)
        self.setObjectName("velatura_prompt_dialog")
        self.setWindowTitle(title)
        self._on_prompt = on_prompt
        self._edit = PromptEdit(self, least_lines=5, most_lines=12)
        self._edit.setObjectName("velatura_prompt")
        self._edit.setPlainText(prompt)
        self._edit.selectAll()
        self._edit.setPlaceholderText(tr("What shall be there?"))
        self._edit.accepted.connect(self.accept)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        # without Qt's own translations, which not every Krita has, its buttons are English
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(title)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(tr("Prompt (Ctrl+Enter to begin)"), self))
        layout.addWidget(self._edit)
        layout.addWidget(buttons)
        self.resize(420, 180)

    def accept(self) -> None:
        super().accept()
        self._on_prompt(self._edit.toPlainText().strip())
        self.deleteLater()

    def reject(self) -> None:
        super().reject()
        self.deleteLater()
