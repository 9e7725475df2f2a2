"""A picture in a document, and the same in other colours laid over it, photographed in many positions of the canvas."""

from krita_driver.qt import (
    QAbstractScrollArea,
    QByteArray,
    QGuiApplication,
    QImage,
    QListView,
    QMdiArea,
    QPoint,
    QWidget,
)

WIDTH, HEIGHT, DOTS_PER_INCH = 400, 300, 300.0
#: The picture's place in the document: x, y, width, height. It reaches beyond the right border.
PLACE = (210, 40, 240, 160)
#: The colours (red, green, blue) of its quarters, row by row.
PAINTED = ((250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0))
LAID = ((250, 0, 250), (0, 250, 250), (120, 0, 0), (130, 0, 130))
#: Name: zoom, rotation in degrees, mirrored, pan in pixels of the screen.
POSITIONS = {
    "as it is": (1.0, 0, False, (0, 0)),
    "small": (0.37, 0, False, (0, 0)),
    "large": (2.5, 0, False, (0, 0)),
    "panned": (2.5, 0, False, (230, -170)),
    "mirrored": (1.0, 0, True, (0, 0)),
    "turned": (1.0, 30, False, (0, 0)),
    "turned far and panned": (1.4, 125, False, (-120, 90)),
    "turned and mirrored": (0.8, 200, True, (60, 40)),
    "all": (2.0, -40, True, (-50, 80)),
}


def main(driver):
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.canvas_overlay import CanvasOverlay
    from velatura_krita.document import KritaDocument
    from velatura_protocol.images import Rect

    failures = []
    window = driver.app.activeWindow()
    ratio = window.qwindow().devicePixelRatioF()
    window.qwindow().setGeometry(0, 0, int(1600 / ratio), int(1000 / ratio))
    document = yield from open_painted(driver)
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    overlay = CanvasOverlay()
    controller = window.qwindow().findChild(QMdiArea).currentSubWindow().findChild(QAbstractScrollArea)
    canvas = window.activeView().canvas()
    steps_before = undo_steps(driver)

    def show():
        overlay.show(wrapper, picture(LAID), Rect(*PLACE))

    def photograph(name):
        """The canvas with the picture laid over it, as it followed; then without."""
        yield 0.5
        save(driver, controller, name + " laid")
        overlay.clear(wrapper)
        yield 0.3
        save(driver, controller, name + " bare")
        show()

    show()
    for name, (zoom, rotation, mirrored, pan) in POSITIONS.items():
        canvas.setMirror(mirrored)
        canvas.setRotation(rotation)
        canvas.setZoomLevel(zoom)
        yield 0.3
        for index, bar in enumerate((controller.horizontalScrollBar(), controller.verticalScrollBar())):
            bar.setValue(bar.value() + pan[index])
        yield from photograph(name)
    canvas.setMirror(False)
    canvas.setRotation(0)
    canvas.setZoomLevel(1.0)
    window.qwindow().resize(int(1300 / ratio), int(700 / ratio))
    yield from photograph("resized")
    canvas.setWrapAroundMode(True)
    yield 0.5
    save(driver, controller, "wrapped laid")
    canvas.setWrapAroundMode(False)
    canvas.setZoomLevel(1.2)
    yield from photograph("unwrapped")
    driver.put("steps", [steps_before, undo_steps(driver)])
    driver.put("modified", document.modified())
    driver.put("canvas", canvas_of(controller).metaObject().className())
    driver.put("ratio", ratio)
    other = driver.app.createDocument(WIDTH, HEIGHT, "other", "RGBA", "U8", "", DOTS_PER_INCH)
    other.setBatchmode(True)
    window.addView(other)
    yield 0.5
    driver.put("over the other document", sheets_seen(window))
    driver.close(other)
    yield 0.5
    driver.put("over its own again", sheets_seen(window))
    driver.close(document)
    yield 0.5
    driver.put("over none", sheets_seen(window))
    driver.put("failures", [repr(failure) for failure in failures])
    overlay.clear_all()


def open_painted(driver):
    """``yield from``: the document with the picture in it; returns it."""
    document = driver.app.createDocument(WIDTH, HEIGHT, "overlay", "RGBA", "U8", "", DOTS_PER_INCH)
    document.setBatchmode(True)
    layer = document.createNode("painted", "paintlayer")
    x, y, width, height = PLACE
    layer.setPixelData(QByteArray(bytes(quarters(PAINTED, lambda c: (c[2], c[1], c[0], 255)))), x, y, width, height)
    document.rootNode().addChildNode(layer, None)
    driver.app.activeWindow().addView(document)
    yield 0.5
    document.setModified(False)
    return document


def quarters(colours, to_value):
    """The picture's pixels, row by row, each as ``to_value(colour)``, one after another."""
    _x, _y, width, height = PLACE
    for row in range(height):
        for column in range(width):
            yield from to_value(colours[2 * (row >= height // 2) + (column >= width // 2)])


def picture(colours):
    """A QImage."""
    data = bytes(quarters(colours, lambda c: (*c, 255)))
    return QImage(data, PLACE[2], PLACE[3], 4 * PLACE[2], QImage.Format.Format_RGBA8888).copy()


def sheets_seen(window):
    """How many pictures lie over canvases that can be seen."""
    sheets = window.qwindow().findChildren(QWidget, "velatura-sheet")
    return sum(1 for sheet in sheets if not sheet.visibleRegion().isEmpty())


def canvas_of(controller):
    """The canvas widget."""
    return next(child for child in controller.viewport().children() if child.inherits("QWidget") and child.isVisible())


def save(driver, controller, name):
    """A photograph of the screen where the canvas is, as ``name.png``."""
    canvas = canvas_of(controller)
    corner = canvas.mapToGlobal(QPoint(0, 0))
    screen = QGuiApplication.primaryScreen()
    shot = screen.grabWindow(0, corner.x(), corner.y(), canvas.width(), canvas.height())
    shot.save(str(driver.folder / (name + ".png")))


def undo_steps(driver):
    """How many there are."""
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "History")
    return docker.findChild(QListView).model().rowCount()
