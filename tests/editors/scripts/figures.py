"""How long a result of 2048 x 2048 pixels holds up Krita, beside what Krita's own calls take for the same."""

import threading
import time

from krita_driver.qt import QByteArray

SIDE, ROUNDS = 2048, 12


def main(driver):
    from velatura_client.editor import NewLayer, Pixels
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.deliver import UiThread
    from velatura_krita.document import KritaDocument
    from velatura_protocol.images import Rect

    failures = []
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)
    document = driver.app.createDocument(SIDE, SIDE, "figures", "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().addView(document)
    yield 1.0
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    ui_thread = UiThread(on_failure=failures.append)
    times = {name: [] for name in ("bare_insert", "bare_visible", "insert_BGRA", "insert_RGBA", "visible", "read")}
    for number in range(ROUNDS):
        data = bytes([number, 100, 200, 255]) * (SIDE * SIDE)
        stopwatch = Stopwatch()
        layer = document.createNode("bare", "paintlayer")
        layer.setPixelData(QByteArray(data), 0, 0, SIDE, SIDE)
        document.rootNode().addChildNode(layer, None)
        times["bare_insert"].append(stopwatch.ms())
        document.refreshProjection()
        times["bare_visible"].append(stopwatch.ms())
        yield from undo(driver, document)
        for channels in ("BGRA", "RGBA"):
            arrived, done = Stopwatch(), []

            def insert(pixels=Pixels(data, SIDE, SIDE, channels), arrived=arrived, done=done):  # noqa: B008 - its own
                begun = Stopwatch()
                wrapper.insert_layer(NewLayer("patch", pixels, 0, 0, "{}"), above="")
                done.append(begun.ms())
                document.waitForDone()
                done.append(arrived.ms())

            # as the client's thread does it
            threading.Thread(target=ui_thread.deliver, args=(lambda task=insert: wrapper.when_free(task),)).start()
            yield from driver.until(lambda done=done: len(done) == 2, 30, "the layer")
            times["insert_" + channels].append(done[0])
            if channels == "BGRA":
                times["visible"].append(done[1])
            yield from undo(driver, document)
        stopwatch = Stopwatch()
        wrapper.read_canvas(Rect(0, 0, SIDE, SIDE))
        times["read"].append(stopwatch.ms())
        yield 0.1
    driver.put("times", times)
    driver.put("failures", [repr(failure) for failure in failures])
    ui_thread.close()


class Stopwatch:
    def __init__(self):
        self._began = time.perf_counter()

    def ms(self):
        return round(1000 * (time.perf_counter() - self._began), 2)


def undo(driver, document):
    """``yield from``: until the layer is gone and nothing is under way."""
    yield 0.3
    driver.app.action("edit_undo").trigger()
    yield from driver.until(lambda: len(document.rootNode().childNodes()) == 1, 10, "undo")
    document.waitForDone()
    yield 0.2
