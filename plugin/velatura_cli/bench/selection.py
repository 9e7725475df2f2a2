"""A selection costs what the selection is large, however large the canvas: the menu's Fill on two canvases in turns."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from velatura_client.actions import Actions
from velatura_client.background import BackgroundClient
from velatura_client.choices import Choices
from velatura_client.launcher import Launcher
from velatura_client.transport import ZeroMqTransport
from velatura_protocol.connection import Connection
from velatura_protocol.envelope import Buffer
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .figures import machine, milliseconds, summary
from .memory_editor import MemoryDocument, MemoryEditor
from .own_daemon import own_daemon

SIDES = (1024, 8192)
SELECTION_SIDE = 200
#: Few, so that the model's time does not hide what grows with the canvas.
STEPS = 2
_WITHIN_S = 300.0


class CountingTransport(ZeroMqTransport):
    """Adds up what is sent, in all transports together."""

    sent_bytes = 0

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)

    def send(self, frames: Sequence[Buffer]) -> None:
        CountingTransport.sent_bytes += sum(len(frame) for frame in frames)
        super().send(frames)


def run_selection(repeats: int = 9) -> dict[str, Any]:
    """Median time in milliseconds from the menu to the inserted layer, and bytes sent, per canvas."""
    with own_daemon() as folder:
        editor = MemoryEditor()
        client = BackgroundClient(
            launcher=Launcher(folder=folder, open_transport=CountingTransport),
            deliver=editor.deliver,
            client_name="bench",
            folder=folder,
        )
        client.start()
        try:
            times, sent = _measure(Actions(editor=editor, client=client), editor, repeats)
        finally:
            client.stop()
    small, large = SIDES
    return {
        "benchmark": "selection",
        "unit": "ms",
        "machine": machine(),
        "selection": f"{SELECTION_SIDE}x{SELECTION_SIDE}",
        "steps": STEPS,
        "time": {f"{side}x{side}": summary(times[side]) for side in SIDES},
        "bytes_sent": {f"{side}x{side}": round(sum(sent[side]) / len(sent[side])) for side in SIDES},
        "time_ratio": round(summary(times[large])["median"] / summary(times[small])["median"], 3),
    }


def _measure(
    actions: Actions, editor: MemoryEditor, repeats: int
) -> tuple[dict[int, list[float]], dict[int, list[int]]]:
    documents = {side: _document(side) for side in SIDES}
    times: dict[int, list[float]] = {side: [] for side in SIDES}
    sent: dict[int, list[int]] = {side: [] for side in SIDES}
    for repeat in range(repeats + 1):
        for side, document in documents.items():
            editor.document = document
            before = CountingTransport.sent_bytes
            spent = milliseconds(lambda repeat=repeat: _fill(actions, editor, seed=repeat))
            if repeat > 0:  # the first round loads the model
                times[side].append(spent)
                sent[side].append(CountingTransport.sent_bytes - before)
    return times, sent


def _document(side: int) -> MemoryDocument:
    corner = (side - SELECTION_SIDE) // 2
    canvas = np.full((side, side, 4), 255, np.uint8)
    return MemoryDocument(canvas, Rect(corner, corner, SELECTION_SIDE, SELECTION_SIDE))


def _fill(actions: Actions, editor: MemoryEditor, seed: int) -> None:
    ended = len(editor.finished) + len(editor.errors)
    actions.fill(Choices(prompt="an apple", steps=STEPS, seed=seed))
    editor.run_until(lambda: len(editor.finished) + len(editor.errors) > ended, _WITHIN_S)
    if editor.errors:
        raise VelaturaError("internal", editor.errors[-1][1])
