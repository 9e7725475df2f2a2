"""A small painting to work on, and what can be seen of it."""

from krita import Selection

from .qt import QByteArray, QListView

SRGB = "sRGB-elle-V2-srgbtrc.icc"
WIDTH, HEIGHT = 640, 480
#: The selection is this rectangle, softened by FEATHER pixels: x, y, width, height.
SELECTED = (280, 160, 160, 140)
FEATHER = 12


def open_painting(driver, select=True):
    """``yield from``: a document of layers Background, sky, grass (active) and ink; returns it."""
    document = driver.app.createDocument(WIDTH, HEIGHT, "painting", "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)  # nobody manages windows here
    driver.app.activeWindow().addView(document)
    yield 0.3
    add_layer(document, "sky", (0, 0, WIDTH, HEIGHT), lambda x, y: (230 - y // 4, 180 - y // 6, 110 + x // 16, 255))
    grass = add_layer(document, "grass", (0, 300, WIDTH, 180), lambda x, y: (40, 120 + (x * y) % 60, 60, 255))
    add_layer(document, "ink", (60, 60, 120, 90), lambda x, y: (20, 20, 30, (3 * x + 5 * y) % 256))
    yield 0.3
    document.setActiveNode(grass)
    if select:
        selection = Selection()
        selection.select(*SELECTED, 255)
        selection.feather(FEATHER)
        document.setSelection(selection)
    yield 0.3
    return document


def add_layer(document, name, rectangle, colour):
    """``colour(x, y)``: (blue, green, red, alpha) of the rectangle's pixels."""
    x, y, width, height = rectangle
    layer = document.createNode(name, "paintlayer")
    layer.setColorSpace("RGBA", "U8", SRGB)
    data = bytes(value for row in range(height) for column in range(width) for value in colour(column, row))
    layer.setPixelData(QByteArray(data), x, y, width, height)
    document.rootNode().addChildNode(layer, None)
    return layer


def layer_names(document):
    """From the bottom up."""
    return [node.name() for node in document.rootNode().childNodes()]


def save_pixels(driver, document, name):
    """Write ``name.bgra``, the whole picture as seen, and ``name.<layer>.bgra`` for every layer."""
    whole = (0, 0, document.width(), document.height())
    (driver.folder / (name + ".bgra")).write_bytes(bytes(document.pixelData(*whole)))
    for node in document.rootNode().childNodes():
        if node.type() == "paintlayer":
            (driver.folder / f"{name}.{node.name()}.bgra").write_bytes(bytes(node.pixelData(*whole)))


def undo_steps(driver):
    """The texts in the History docker, and the row where the document stands."""
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "History")
    view = docker.findChild(QListView)
    return [[view.model().index(row, 0).data() for row in range(view.model().rowCount())], view.currentIndex().row()]
