"""What the menu, the dialog and the docker share.

Scripts may use it too: ``velatura_krita.plugin.instance().begin("fill", "a red fox")``.
"""

import dataclasses
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional

from krita import Krita

from velatura_protocol.connection import read_connection
from velatura_protocol.errors import VelaturaError

from .brush_guard import BrushGuard
from .deliver import UiThread
from .editor import KritaEditor
from .qt import QTimer

if TYPE_CHECKING:
    from velatura_client.actions import Actions, Choices
    from velatura_client.background import BackgroundClient
    from velatura_client.launcher import Launcher

#: The tasks that a person can begin, by the name of their method in ``velatura_client.actions.Actions``.
TASKS = ("fill", "generate", "refine")
SETTINGS = "velatura"
#: Seconds within which Krita ends after it has closed its last document, if it was told to quit.
QUITTING_S = 5.0
#: Milliseconds between the first picture that is opened and the question for results of an earlier run.
LOOK_AFTER_MS = 1000
_instance: Optional["Plugin"] = None


class Plugin:
    """One for all windows of Krita. The connection and its thread are made when they are first needed.

    Attributes:
        editor: its signals tell what goes on.
        choices: what the next job is begun with, but for the prompt; None = what suits the model.
    """

    def __init__(self) -> None:
        self._guard = BrushGuard(self._fail)
        self._ui_thread = UiThread(may_run=self._is_staying, on_failure=self._fail)
        self._without_documents_since: Optional[float] = None
        self._has_looked = False
        self._launcher: Optional[Launcher] = None
        self._client: Optional[BackgroundClient] = None
        self._actions: Optional[Actions] = None
        self.editor = KritaEditor(self._guard)
        self.choices: Optional[Choices] = None

    @property
    def prompt(self) -> str:
        """The prompt that was used last, also in an earlier run of Krita."""
        return Krita.instance().readSetting(SETTINGS, "prompt", "")

    def obstacle(self, task: str) -> str:
        """Why ``task`` cannot begin now, as a sentence that says what to do; "" when it can."""
        document = self.editor.active_document()
        if document is None:
            return "No picture is open. Open or create one first."
        if task == "fill" and document.selection_bounds() is None:
            return "Nothing is selected. Select the part of the picture to fill, then choose Fill Selection again."
        return ""

    def begin(self, task: str, prompt: str) -> None:
        """Begin one of ``TASKS`` on the active document. Returns at once; ``editor`` tells how it goes on."""
        Krita.instance().writeSetting(SETTINGS, "prompt", prompt)
        self.editor.began.emit(prompt)
        obstacle = self.obstacle(task)
        if obstacle:
            self.editor.show_error("", obstacle)
            return

        def begin() -> None:
            actions = self._connected_actions(may_start=True)
            choices = dataclasses.replace(self._choices(), prompt=prompt)
            {"fill": actions.fill, "generate": actions.generate, "refine": actions.refine}[task](choices)

        self._try(begin)

    def cancel(self) -> None:
        if self._actions is not None:
            self._actions.cancel()

    def look_for_waiting_soon(self) -> None:
        """Once, if a daemon seems to run: ask it for results of an earlier run of Krita. None is started for that."""
        if not self._has_looked:
            self._has_looked = True
            QTimer.singleShot(LOOK_AFTER_MS, lambda: self._try(self._look_for_waiting))

    def insert_waiting(self, job: str = "") -> None:
        """Put the result of ``job`` ("": the oldest that waits) into the active document."""
        self._try(lambda: self._connected_actions(may_start=True).waiting.insert(job))

    def discard_waiting(self, job: str) -> None:
        self._try(lambda: self._connected_actions(may_start=True).waiting.discard(job))

    def stop(self) -> None:
        """End the client's thread. Jobs go on in the daemon, which outlives Krita."""
        self._guard.close()
        self._ui_thread.close()
        if self._client is not None:
            self._client.stop()
            self._client = None
            self._actions = None
            self._launcher = None

    def _is_staying(self) -> bool:
        """False while Krita may be about to quit.

        It closes the documents first and tells of its end up to a second later. What arrives in between must not be
        taken for news of a document that its painter closed, whose job is cancelled: this one shall go on.
        """
        if Krita.instance().documents():
            self._without_documents_since = None
            return True
        now = time.monotonic()
        if self._without_documents_since is None:
            self._without_documents_since = now
        return now - self._without_documents_since > QUITTING_S

    def _look_for_waiting(self) -> None:
        if read_connection() is not None:
            self._connected_actions(may_start=False).waiting.look_once()

    def _connected_actions(self, *, may_start: bool) -> "Actions":
        """``may_start``: from now on a daemon may be started when none is found."""
        # imported here because they bring zmq along, and Krita waits for this plug-in when it starts
        from velatura_client.actions import Actions
        from velatura_client.background import BackgroundClient
        from velatura_client.launcher import Launcher

        if self._actions is None:
            settings_file = Path(__file__).parent / "velatura.json"
            self._launcher = launcher = Launcher(settings_file=settings_file, may_start=may_start)
            self._client = BackgroundClient(launcher=launcher, deliver=self._ui_thread.deliver, client_name="krita")
            self._client.start()
            self._actions = Actions(editor=self.editor, client=self._client)
        if may_start and self._launcher is not None:
            self._launcher.may_start = True
        return self._actions

    def _choices(self) -> "Choices":
        from velatura_client.actions import Choices

        return self.choices or Choices()

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - an exception that leaves a slot stops Krita with a dialog
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Show any error as a sentence, and keep the details of those that nobody foresaw."""
        if isinstance(error, VelaturaError):
            self.editor.show_error("", error.info.message)
            return
        details = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        sys.stderr.write(details)
        self.editor.show_error("", f"Velatura has a fault ({type(error).__name__}: {error}). Please report it.")


def instance() -> Plugin:
    global _instance
    if _instance is None:
        _instance = Plugin()
    return _instance
