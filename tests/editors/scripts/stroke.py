"""A patch arrives while a stroke is drawn with the mouse, and while a transform tool holds the document."""

import subprocess

from krita_driver.canvas import canvas_centre, canvas_of, stroke_command
from krita_driver.pen import Pen
from krita_driver.qt import QEvent, QPoint, buttons_down

SIZE = 1024


def main(driver):
    from velatura_client.editor import NewLayer, Pixels
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.document import KritaDocument

    failures = []
    window = driver.app.activeWindow()
    window.qwindow().showMaximized()
    document = driver.app.createDocument(SIZE, SIZE, "strokes", "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    window.addView(document)
    yield 0.5
    layer = document.createNode("strokes", "paintlayer")
    document.rootNode().addChildNode(layer, None)
    yield 0.3
    document.setActiveNode(layer)
    driver.app.action("KritaShape/KisToolBrush").trigger()
    window.activeView().setBrushSize(20.0)
    yield 0.5
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    patch = Pixels(bytes([0, 0, 255, 90]) * (64 * 64), 64, 64, "BGRA")
    centre = canvas_centre(window)

    def layers():
        return [node.name() for node in document.rootNode().childNodes()]

    def draw(dy, name):
        """Two equal strokes at different heights; a patch named ``name`` arrives in the midst of the second."""
        process = subprocess.Popen(stroke_command(centre + QPoint(-180, dy)))
        yield 1.0
        seen = {"buttons": buttons_down(), "before": layers()}
        if name:
            wrapper.when_free(lambda: wrapper.insert_layer(NewLayer(name, patch, 10, 10), above=""))
        while process.poll() is None:
            seen["during"] = layers() if buttons_down() else seen.get("during")
            yield 0.02
        yield 0.5
        seen["after"], seen["active"] = layers(), document.activeNode().name()
        driver.put("stroke " + name, seen)

    yield from same_stroke_thrice(driver, document, layer, wrapper, patch)
    yield from draw(-100, "")
    alone = alpha_rows(layer)
    yield from draw(100, "arrived")
    both = alpha_rows(layer)
    driver.put("first stroke", extent(alone))
    driver.put("second stroke", extent([row for row in both if row not in alone]))
    driver.put("history", history(driver))
    driver.app.action("KisToolTransform").trigger()
    yield 0.5
    wrapper.when_free(lambda: wrapper.insert_layer(NewLayer("patient", patch, 10, 10), above=""))
    yield 0.5
    driver.put("while transforming", layers())
    driver.app.action("KritaShape/KisToolBrush").trigger()
    yield from driver.until(lambda: "patient" in layers(), 10, "the patch after the transform tool")
    yield 0.5
    yield from pen_stroke_twice(driver, document, layer, wrapper, patch)  # from now on Krita ignores the mouse
    driver.put("failures", [repr(failure) for failure in failures])


def same_stroke_thrice(driver, document, layer, wrapper, patch):
    """In peace, under a preview that is replaced all the time, and with a group arriving; each is undone."""
    from velatura_client.editor import NewLayer
    from velatura_krita.canvas_overlay import CanvasOverlay
    from velatura_krita.pixels import image_of_pixels
    from velatura_protocol.images import Rect

    overlay = CanvasOverlay()
    image, place = image_of_pixels(patch), Rect(100, 300, 800, 400)
    group = [NewLayer("lower", patch, 10, 10), NewLayer("upper", patch, 40, 40)]
    window = driver.app.activeWindow()

    def nothing():
        pass

    def arrive():
        wrapper.when_free(lambda: wrapper.insert_group("group", group, above=""))

    def show():
        overlay.show(wrapper, image, place)

    drawn = {}
    for name, before, once, always in (
        ("in peace", nothing, nothing, nothing),
        ("under a preview", show, nothing, show),
        ("with a group", nothing, arrive, nothing),
    ):
        before()
        yield 0.5
        process = subprocess.Popen(stroke_command(canvas_centre(window) + QPoint(-180, 0)))
        yield 1.0
        once()
        seen = []
        while process.poll() is None:
            if buttons_down():
                seen.append([len(document.rootNode().childNodes()), *sheets(window)])
            always()
            yield 0.05
        yield 0.5
        drawn[name] = bytes(layer.pixelData(0, 0, SIZE, SIZE))
        driver.put(name, {"during": seen, "after": [node.name() for node in document.rootNode().childNodes()]})
        driver.put(name + ", laid over again", sheets(window))
        overlay.clear_all()
        for step in ["edit_undo", "edit_undo"] if once is arrive else ["edit_undo"]:
            driver.app.action(step).trigger()
            yield 0.4
    driver.put("pixels drawn", sum(1 for alpha in drawn["in peace"][3::4] if alpha))
    driver.put("same pixels", {name: pixels == drawn["in peace"] for name, pixels in drawn.items()})


def pen_stroke_twice(driver, document, layer, wrapper, patch):
    """With Qt's events of a pen, which is no mouse button: in peace, and with a layer arriving under a preview."""
    from velatura_client.editor import NewLayer
    from velatura_krita.canvas_overlay import CanvasOverlay
    from velatura_krita.pixels import image_of_pixels
    from velatura_protocol.images import Rect

    overlay, window = CanvasOverlay(), driver.app.activeWindow()
    drawn, seen, before = {}, {}, alpha_rows(layer)
    # of the first stroke that follows a mouse, Krita draws one dab only
    for name, arrives in (("first", False), ("in peace", False), ("with a layer", True)):
        if arrives:
            overlay.show(wrapper, image_of_pixels(patch), Rect(100, 300, 800, 400))
            yield 0.5
        pen = Pen(canvas_of(window))
        pen.send(QEvent.Type.TabletEnterProximity, -180)
        pen.send(QEvent.Type.TabletPress, -180)
        for number, x in enumerate(range(-180, 181, 12)):
            pen.send(QEvent.Type.TabletMove, x)
            yield 0.03
            if arrives and number == 10:
                wrapper.when_free(lambda: wrapper.insert_layer(NewLayer("by pen", patch, 10, 10), above=""))
                seen["buttons"] = buttons_down()
        seen[name] = [[node.name() for node in document.rootNode().childNodes()], *sheets(window)]
        pen.send(QEvent.Type.TabletRelease, 180)
        yield 0.7
        drawn[name] = extent([row for row in alpha_rows(layer) if row not in before])
        seen["after " + name] = [[node.name() for node in document.rootNode().childNodes()], *sheets(window)]
        overlay.clear_all()
        for _ in range(2 if arrives else 1):
            driver.app.action("edit_undo").trigger()
            yield 0.4
    driver.put("pen", {**seen, "drawn": drawn})


def sheets(window):
    """For each picture over the canvas: is it visible?"""
    from krita_driver.qt import QWidget

    return [sheet.isVisible() for sheet in window.qwindow().findChildren(QWidget, "velatura-sheet")]


def alpha_rows(layer):
    """(row, alpha of the row) of each row with paint in it."""
    alpha = bytes(layer.pixelData(0, 0, SIZE, SIZE))[3::4]
    rows = ((y, alpha[y * SIZE : (y + 1) * SIZE]) for y in range(SIZE))
    return [(y, row) for y, row in rows if any(row)]


def extent(rows):
    """Width in pixels, height in rows, painted pixels."""
    columns = [x for _, row in rows for x, value in enumerate(row) if value]
    return [max(columns) - min(columns) + 1, len(rows), len(columns)]


def history(driver):
    """The texts of the undo steps."""
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "History")
    from krita_driver.qt import QListView

    model = docker.findChild(QListView).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]
