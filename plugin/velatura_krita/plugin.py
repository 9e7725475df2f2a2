"""What the menu, the dialog and the docker share.

Scripts may use it too: ``velatura_krita.plugin.instance().begin("fill", "a red fox")``.
"""

import dataclasses
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Set, Tuple

from krita import Krita

from velatura_client.editor import Progress
from velatura_client.intent import INTENTS, Intent, likely_intent
from velatura_client.texts import error_text, tr
from velatura_protocol.connection import read_connection
from velatura_protocol.errors import ErrorInfo, VelaturaError

from .brush_guard import BrushGuard
from .deliver import UiThread
from .editor import KritaEditor
from .export import Export
from .intents import NEEDS_SELECTION, REFINING, help_for, label_for
from .qt import QTimer
from .results import Results
from .state import SharedState

if TYPE_CHECKING:
    from velatura_client.actions import Actions
    from velatura_client.background import BackgroundClient
    from velatura_client.choices import Choices, ControlChoice
    from velatura_client.launcher import Launcher
    from velatura_protocol.catalogue import ControlDescription
    from velatura_protocol.messages import Catalogue

#: What a person can begin, by the name of its method in ``velatura_client.actions.Actions``.
TASKS = INTENTS
#: Milliseconds between the first picture that is opened and the question for results of an earlier run.
LOOK_AFTER_MS = 1000
_instance: Optional["Plugin"] = None


class Plugin:
    """One for all windows of Krita. The connection and its thread are made when they are first needed.

    Attributes:
        editor: its signals tell what goes on.
        state: what the person chose, and what the daemon can do.
        results: what is done with finished pictures.
        export: saves them.
    """

    def __init__(self) -> None:
        self._guard = BrushGuard(self._fail)
        self._ui_thread = UiThread(on_failure=self._fail)
        self._has_looked = False
        self._tidied: Set[str] = set()
        self._launcher: Optional[Launcher] = None
        self._client: Optional[BackgroundClient] = None
        self._actions: Optional[Actions] = None
        self.editor = KritaEditor(self._guard)
        self.state = SharedState()
        self.state.choices_changed.connect(self._follow_choices)
        self.editor.map_made.connect(lambda kind, layer: self.attempt(lambda: self._on_map(kind, layer)))
        self.results = Results(self)
        self.export = Export(self)

    @property
    def prompt(self) -> str:
        """The prompt that was used last, also in an earlier run of Krita."""
        return self.state.prompt

    @property
    def choices(self) -> "Choices":
        """What the next job is begun with."""
        return self.state.choices

    @choices.setter
    def choices(self, choices: "Choices") -> None:
        self.state.choices = choices

    def obstacle(self, intent: str) -> str:
        """Why ``intent`` cannot begin now, as a sentence that says what to do; "" when it can."""
        document = self.editor.active_document()
        if document is None:
            return tr("No picture is open. Open or create one first.")
        if intent in NEEDS_SELECTION and document.selection_bounds() is None:
            return tr("Nothing is selected. Select the part of the picture to work on, then do this again.")
        return ""

    def likely(self) -> Intent:
        """What suits the active document and what is selected now."""
        choices = self.choices
        return likely_intent(
            self.editor.active_document(),
            strength=choices.strength,
            refines_layer=choices.refine_source == "layer",
        )

    def describe(self, intent: Intent) -> Tuple[str, str]:
        """What the button says when this is what it will do: its label, and a sentence or two."""
        document = self.editor.active_document()
        layers = () if document is None or not intent.layer else document.layers()
        layer = next((layer.name for layer in layers if layer.key == intent.layer), "")
        return label_for(intent, layer), help_for(intent, layer)

    def begin(self, intent: str, prompt: Optional[str] = None) -> None:
        """Begin one of ``TASKS`` on the active document. Returns at once; ``editor`` tells how it goes on.

        ``prompt`` None: the one that was chosen.
        """
        if prompt is not None:
            self.state.choose("prompt", prompt)
        self.state.save()
        self.editor.began.emit(self.state.prompt)
        obstacle = self.obstacle(intent)
        if obstacle:
            self.editor.show_error("", obstacle)
            return
        choices = self.choices
        self._follow_choices()
        if intent in REFINING and choices.strength is not None and choices.strength >= 1:
            choices = dataclasses.replace(choices, strength=None)  # whoever says "refine" wants something to remain

        self.begin_job(lambda actions: getattr(actions, intent)(choices))

    def begin_job(self, begin: "Callable[[Actions], str]") -> None:
        """``begin`` returns the id of the job that it has begun."""

        def call() -> None:
            actions = self._connected_actions(may_start=True)
            actions.results = self.choices.results
            begin(actions)

        self.attempt(call)

    def make_map(self, kind: str) -> None:
        """Make a control map of the visible picture, as a layer."""
        self.state.save()
        self.begin_job(lambda actions: actions.make_map(kind, self.choices))

    def use_layer(self, kind: str) -> None:
        """Let the active layer guide the next jobs as a control map of this kind."""
        from velatura_client.choices import ControlChoice

        document = self.editor.active_document()
        if document is None:
            self.editor.show_error("", tr("No picture is open. Open or create one first."))
            return
        self._follow_layer(ControlChoice(kind=kind, source="layer", layer=document.active_layer(), prepared=True))

    def _on_map(self, kind: str, layer: str) -> None:
        """A map was made, as a hidden layer: it guides the next jobs, in place of an earlier map of the same kind."""
        from velatura_client.choices import ControlChoice

        self._follow_layer(ControlChoice(kind=kind, source="layer", layer=layer, prepared=True))

    def _follow_layer(self, control: "ControlChoice") -> None:
        others = [each for each in self.choices.controls if (each.kind, each.prepared) != (control.kind, True)]
        self.state.choose("controls", (*others, control))

    def control_kinds(self) -> "Sequence[ControlDescription]":
        """The kinds of control that the chosen model knows; empty until the daemon has told."""
        catalogue, chosen = self.state.catalogue, self.choices.model
        if catalogue is None:
            return ()
        return [kind for kind in catalogue.controls if kind.models and (not chosen or chosen in kind.models)]

    def repeat(self) -> None:
        """Begin the last job again that failed, just as it was."""
        self.begin_job(lambda actions: actions.repeat())

    def can_repeat(self, job: str) -> bool:
        """Whether ``job`` is the one that ``repeat`` would begin again."""
        return self._actions is not None and self._actions.can_repeat(job)

    @property
    def is_canvas_exceeded(self) -> bool:
        """Whether a result reaches beyond the canvas of the active document."""
        from velatura_client.outside import canvas_with_results

        document = self.editor.active_document()
        return document is not None and canvas_with_results(document) is not None

    def enlarge_canvas(self) -> None:
        self.use(lambda actions: actions.enlarge_canvas())

    def cancel(self, job: str = "") -> None:
        """Cancel ``job``, "" = every job that was begun here."""
        actions = self._actions
        if actions is not None:
            self.attempt(lambda: actions.cancel(job) if job else actions.cancel())

    def use(self, call: "Callable[[Actions], Any]") -> bool:
        """Call something of ``Actions``; what goes wrong is shown as a sentence, and gives False."""
        return self.attempt(lambda: call(self._connected_actions(may_start=True)))

    def start_engine(self) -> None:
        """Start the daemon if none runs, and ask what it can do. How that goes is shown like a job."""

        def told(catalogue: "Catalogue") -> None:
            self.state.learn(catalogue)
            self.editor.show_finished("", "")

        def start() -> None:
            self._connected_actions(may_start=True)
            if self._client is not None:
                self.editor.show_progress(Progress("", tr("Starting the engine")))
                self._client.catalogue(told, lambda error: self.editor.show_error("", error_text(error)))

        self.attempt(start)

    def on_view(self) -> None:
        """A view was opened. Documents that are new with it are tidied: nothing in them can be undone yet.

        The first time, the panel is shown if it never was; and if a daemon seems to run, it is asked for results of an
        earlier run of Krita.
        """
        QTimer.singleShot(0, lambda: self.attempt(self._tidy_new_documents))
        if not self._has_looked:
            self._has_looked = True
            QTimer.singleShot(0, lambda: self.attempt(self._show_panel_once))
            QTimer.singleShot(LOOK_AFTER_MS, lambda: self.attempt(self._look_for_waiting))

    def insert_waiting(self, job: str = "") -> None:
        """Put the result of ``job`` ("": the oldest that waits) into the active document."""
        self.use(lambda actions: actions.waiting.insert(job))

    def discard_waiting(self, job: str) -> None:
        self.use(lambda actions: actions.waiting.discard(job))

    def stop(self) -> None:
        """End the client's thread. Jobs go on in the daemon, which outlives Krita."""
        self.attempt(self.state.save)
        self.attempt(self.editor.close)
        self._guard.close()
        self._ui_thread.close()
        if self._client is not None:
            self._client.stop()
            self._client = None
            self._actions = None
            self._launcher = None

    def attempt(self, action: Callable[[], Any]) -> bool:
        """Call ``action``; an exception becomes a sentence, and gives False."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - an exception that leaves a slot stops Krita with a dialog
            self._fail(error)
            return False
        return True

    def _follow_choices(self) -> None:
        self.editor.previews_on_canvas = self.choices.preview_on_canvas

    def look_at_history(self) -> None:
        """Let the history follow the picture that is before the painter, and what was undone in it. Cheap."""
        if self._actions is not None:
            self._actions.history.look()

    def _tidy_new_documents(self) -> None:
        from .annotations import forget_deleted, has
        from .open_documents import document_key

        here = {document_key(document): document for document in Krita.instance().documents()}
        for key in set(here) - self._tidied:
            forget_deleted(here[key])
            # the history's name is known here as its module brings others along, and Krita waits for them
            if has(here[key], "velatura-history"):
                self._connected_actions(may_start=False)
        self._tidied = set(here)
        self.look_at_history()

    def _show_panel_once(self) -> None:
        from .docker import show_once

        show_once(self.state)

    def _look_for_waiting(self) -> None:
        if read_connection() is not None:
            self._connected_actions(may_start=False).waiting.look_once()
            self._ask_for_catalogue()

    def _ask_for_catalogue(self) -> None:
        if self._client is not None:
            self._client.catalogue(self.state.learn, _ignore)

    def _connected_actions(self, *, may_start: bool) -> "Actions":
        """``may_start``: from now on a daemon may be started when none is found."""
        # imported here because they bring zmq along, and Krita waits for this plug-in when it starts
        from velatura_client.actions import Actions
        from velatura_client.background import BackgroundClient
        from velatura_client.launcher import Launcher

        if self._actions is None:
            settings_file = Path(__file__).parent / "velatura.json"
            self._launcher = launcher = Launcher(settings_file=settings_file, may_start=may_start)
            self._client = BackgroundClient(
                launcher=launcher, deliver=self._ui_thread.deliver, client_name="krita", wants_bgra=True
            )
            self._client.start()
            self._actions = Actions(editor=self.editor, client=self._client, learn=self.state.learn)
        if may_start and self._launcher is not None:
            self._launcher.may_start = True
        return self._actions

    def _fail(self, error: Exception) -> None:
        """Show any error as a sentence, and keep the details of those that nobody foresaw."""
        if isinstance(error, VelaturaError):
            self.editor.show_error("", error_text(error.info))
            return
        details = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        sys.stderr.write(details)
        fault = f"{type(error).__name__}: {error}"
        self.editor.show_error("", tr("Velatura has a fault ({fault}). Please report it.", fault=fault))


def _ignore(_error: ErrorInfo) -> None:
    """Whoever begins a job hears of the same error there."""


def instance() -> Plugin:
    global _instance
    if _instance is None:
        _instance = Plugin()
    return _instance
