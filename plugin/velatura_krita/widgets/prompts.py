"""What the picture shall show, and, folded in, what it shall not."""

from typing import TYPE_CHECKING, Any, Callable

from velatura_client.texts import tr

from ..prompt_edit import PromptEdit
from ..qt import QSizePolicy, QVBoxLayout, QWidget
from .fold import Fold

if TYPE_CHECKING:
    from velatura_client.choices import Choices

    from ..state import SharedState

_OPEN = "negative_prompt"


class Prompts(QWidget):
    """``begin()`` is called by Ctrl+Enter in either."""

    def __init__(self, parent: Any, state: "SharedState", *, begin: Callable[[], None]) -> None:
        super().__init__(parent)
        self._state = state
        self._prompt = self._edit("velatura_docker_prompt", "prompt", begin, 3)
        self._prompt.setPlaceholderText(tr("What shall be there?"))
        self._negative = self._edit("velatura_docker_negative_prompt", "negative_prompt", begin, 2)
        self._negative.setPlaceholderText(tr("What shall not be there?"))
        self._fold = Fold(self, tr("Negative prompt"), is_open=bool(state.view.get(_OPEN)), on_fold=self._remember)
        self._fold.head.setObjectName("velatura_fold_negative")
        self._fold.add(self._negative)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._prompt)
        layout.addWidget(self._fold)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_choices(self, choices: "Choices") -> None:
        for edit, text in ((self._prompt, choices.prompt), (self._negative, choices.negative_prompt)):
            # what is typed is stripped before it is kept; putting it back would move the cursor
            if text != edit.toPlainText().strip():
                edit.replace(text)
        self._fold.set_title(tr("Negative prompt") if not choices.negative_prompt else tr("Negative prompt (set)"))

    def _edit(self, name: str, choice: str, begin: Callable[[], None], lines: int) -> PromptEdit:
        edit = PromptEdit(self, least_lines=lines, most_lines=8)
        edit.setObjectName(name)
        edit.textChanged.connect(lambda: self._state.choose(choice, edit.toPlainText().strip()))
        edit.accepted.connect(begin)
        return edit

    def _remember(self, is_open: bool) -> None:
        self._state.view[_OPEN] = is_open
