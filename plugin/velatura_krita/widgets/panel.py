"""The whole of the docker, from top to bottom, in a column that scrolls."""

import time
from typing import TYPE_CHECKING, Any, Optional, Sequence

from velatura_client.editor import HistoryItem, Progress, QueuedJob
from velatura_client.time_left import TimeLeft, time_left_text

from ..qt import QFrame, QScrollArea, QSizePolicy, Qt, QTimer, QVBoxLayout, QWidget, mouse_buttons_down
from ..waiting_row import WaitingRow
from .engine_row import EngineRow
from .history_section import HistorySection
from .options import Options
from .preview import PreviewLabel
from .prompts import Prompts
from .queue_list import QueueList
from .run_row import RunRow
from .status_row import StatusRow
from .tab_order import order_tabs

if TYPE_CHECKING:
    from ..plugin import Plugin

#: How often what is selected is looked at while the docker can be seen, in milliseconds.
LOOK_MS = 300
#: Every so many looks the picture itself is looked at: paint may have filled what was empty.
LOOKS_UNTIL_THOROUGH = 10
#: Milliseconds after a change until it is handed to Krita's settings.
SAVE_MS = 1000
#: Pixels.
_MARGIN, _SPACING = 6, 6
#: Pixels of width and height: prompt, button and progress can be seen without scrolling, if only just.
_LEAST = (200, 210)


class Panel(QScrollArea):
    """Shows what ``Plugin`` tells and hands back what a person does."""

    def __init__(self, parent: Any, plugin: "Plugin") -> None:
        super().__init__(parent)
        self._plugin = plugin
        self._time_left = TimeLeft()
        self._situation: Any = None
        self._looks = 0
        self._strength: Optional[float] = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(self)
        self.setMinimumSize(*_LEAST)
        self._make(body)
        self._arrange(body)
        self.setWidget(body)
        self._listen()
        # a method of the panel itself would not be called any more when that is destroyed
        there = self._there = [True]
        self.destroyed.connect(lambda: there.clear())
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look_or_stop)
        self._save_timer = QTimer(self)
        self._save_timer.setSingleShot(True)
        self._save_timer.setInterval(SAVE_MS)
        self._save_timer.timeout.connect(lambda: plugin.attempt(plugin.state.save))
        self._show_catalogue()
        self._show_choices()

    def look_at_document(self) -> None:
        """Another picture, or none, is before the painter."""
        self._situation = None
        if self.isVisible():
            self._look_or_stop()

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802 - Qt's name
        """Called for each Tab; fields were perhaps drawn anew since the last one."""
        order_tabs(self.widget())
        return super().focusNextPrevChild(is_next)

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        order_tabs(self.widget())
        self._timer.start()
        # not now: reading a document turns Krita's event loop, which may end an animation of this docker, and with it
        # a child of the docker, while Qt is still going through the docker's children to show them: Krita 5.3 crashes
        QTimer.singleShot(0, self.look_at_document)

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        self._timer.stop()
        super().hideEvent(event)

    def _make(self, body: Any) -> None:
        plugin = self._plugin
        self._prompts = Prompts(body, plugin.state, begin=self._begin_likely)
        self._run = RunRow(body, begin=self._begin, cancel=plugin.cancel)
        self._status = StatusRow(body, repeat=plugin.repeat, enlarge=plugin.enlarge_canvas)
        self._engine = EngineRow(body, start=plugin.start_engine)
        self._preview = PreviewLabel(body)
        self._waiting = WaitingRow(body, insert=plugin.insert_waiting, discard=plugin.discard_waiting)
        self._queue = QueueList(body, cancel=plugin.cancel)
        self._history = HistorySection(body, plugin)
        self._options = Options(body, plugin)

    def _arrange(self, body: Any) -> None:
        layout = QVBoxLayout(body)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.setSpacing(_SPACING)
        for widget in (
            self._options.model,
            self._prompts,
            self._run,
            self._status,
            self._engine,
            self._waiting,
            self._preview,
            self._queue,
            self._options,
        ):
            layout.addWidget(widget)
        layout.addWidget(self._history, 1)
        # while there is no history, this keeps the rest together at the top
        layout.addStretch()
        body.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _listen(self) -> None:
        editor, state = self._plugin.editor, self._plugin.state
        editor.progressed.connect(self._show_progress)
        editor.previewed.connect(self._show_preview)
        editor.finished.connect(self._show_finished)
        editor.failed.connect(self._show_error)
        editor.waiting_changed.connect(self._waiting.show_waiting)
        editor.queue_changed.connect(self._show_queue)
        editor.history_changed.connect(self._show_history)
        state.choices_changed.connect(self._show_choices)
        state.catalogue_changed.connect(self._show_catalogue)
        self._waiting.show_waiting(editor.waiting)
        self._show_queue(editor.queue)
        self._show_history(editor.history)

    def _begin(self, intent: str) -> None:
        self._plugin.begin(intent)

    def _begin_likely(self) -> None:
        """What the button says, told anew: a selection may be younger than the last look."""
        self._look_thoroughly()
        self._plugin.begin(self._run.intent)

    def look(self) -> None:
        """Notice that something else is selected, or another picture is open. Cheap when nothing changed."""
        if mouse_buttons_down():
            return
        self._looks += 1
        document = self._plugin.editor.active_document()
        situation: Any = None
        if document is not None:
            selection = document.selection_bounds()
            situation = (document.key, selection, document.width, document.height, document.active_layer())
        is_another = self._situation is None or situation is None or situation[0] != self._situation[0]
        if situation != self._situation or (document is not None and self._looks % LOOKS_UNTIL_THOROUGH == 0):
            self._situation = situation
            self._look_thoroughly()
        if is_another or self._looks % LOOKS_UNTIL_THOROUGH == 0:
            self._options.look_at_layers()
        self._plugin.look_at_history()

    def _look_or_stop(self) -> None:
        """A fault that comes with every look is shown once, not three times a second."""
        if not self._plugin.attempt(self.look):
            self._timer.stop()

    def _look_thoroughly(self) -> None:
        self._plugin.attempt(self._show_likely)

    def _show_likely(self) -> None:
        intent = self._plugin.likely()
        label, sentence = self._plugin.describe(intent)
        # reading the document may turn the event loop, in which the window and all that is in it may be closed
        if self._there:
            self._run.show_intent(intent.name, label, sentence)

    def _show_choices(self) -> None:
        choices = self._plugin.choices
        self._preview.keep_room(not choices.preview_on_canvas)
        self._prompts.show_choices(choices)
        self._options.show_choices(choices)
        self._save_timer.start()
        if choices.strength != self._strength:
            self._strength = choices.strength
            self._look_thoroughly()

    def _show_catalogue(self) -> None:
        self._engine.setVisible(self._plugin.state.catalogue is None)
        self._options.show_catalogue()

    def _show_progress(self, progress: Progress) -> None:
        left = time_left_text(self._time_left.note(progress, time.monotonic()))
        self._status.show_progress(progress, left)
        self._run.show_running(True)
        self._engine.hide()

    def _show_preview(self, job: str, image: Any) -> None:
        """Here only when it is not seen where it will be."""
        if self._plugin.editor.is_seen_on_canvas(job):
            self._preview.show_nothing()
        else:
            self._preview.show_image(image)

    def _show_finished(self, _job: str, message: str) -> None:
        self._end()
        self._status.show_idle(message, can_enlarge=bool(message) and self._plugin.is_canvas_exceeded)

    def _show_error(self, job: str, message: str) -> None:
        self._end()
        self._status.show_error(message, can_repeat=self._plugin.can_repeat(job))

    def _end(self) -> None:
        self._preview.show_nothing()
        self._run.show_running(bool(self._plugin.editor.queue))
        self._engine.setVisible(self._plugin.state.catalogue is None)

    def _show_queue(self, jobs: Sequence[QueuedJob]) -> None:
        self._queue.show_queue(jobs)
        self._run.show_running(bool(jobs))

    def _show_history(self, items: Sequence[HistoryItem]) -> None:
        self._history.show_history(items)
        newest: Optional[int] = items[0].seed if items else None
        self._options.show_last_seed(newest)
