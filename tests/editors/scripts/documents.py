"""One document per kind: what ``KritaDocument`` reads of it, and what a patch and a group do to it."""

from krita import Selection
from krita_driver.qt import QByteArray, QListView

SRGB = "sRGB-elle-V2-srgbtrc.icc"
#: Model, depth, profile ("": Krita's own choice), side in pixels.
KINDS = (
    ("RGBA", "U8", "", 64),
    ("RGBA", "U16", "", 64),
    ("RGBA", "F16", "", 64),
    ("RGBA", "F32", "", 64),
    ("RGBA", "U16", SRGB, 64),
    ("RGBA", "U8", "ClayRGB-elle-V2-g22.icc", 64),
    ("RGBA", "U8", "WideRGB-elle-V2-g22.icc", 64),
    ("RGBA", "U16", "Rec2020-elle-V4-g10.icc", 64),
    ("RGBA", "F32", "LargeRGB-elle-V2-g22.icc", 64),
    ("GRAYA", "U8", "", 64),
    ("GRAYA", "U16", "", 64),
    ("CMYKA", "U8", "", 64),
    ("LABA", "U16", "", 64),
    ("RGBA", "U8", "", 8000),
)
#: The patch: its place, and its colours (red, green, blue), one per pixel, all opaque.
PATCH_PLACE = (30, 20)
COLOURS = [(r, g, b) for r in (0, 40, 128, 255) for g in (0, 90, 200, 255) for b in (0, 60, 160, 255)]
#: Where everything else is: nothing of it may change.
BEFORE_PLACE, GROUP_PLACES = (2, 2), ((2, 44), (10, 44))


def main(driver):
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)
    for model, depth, profile, side in KINDS:
        yield from of_kind(driver, model, depth, profile, side)


def of_kind(driver, model, depth, profile, side):
    from velatura_client.editor import NewLayer, Pixels
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.document import KritaDocument
    from velatura_protocol.images import Rect

    failures = []
    document = driver.app.createDocument(side, side, "kind", model, depth, profile, 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().addView(document)
    painted = document.createNode("painted", "paintlayer")
    painted.setColorSpace("RGBA", "U8", SRGB)
    painted.setPixelData(rgba_to_bgra(COLOURS, 255), *BEFORE_PLACE, 8, 8)
    painted.setPixelData(rgba_to_bgra(COLOURS, 90), 20, 2, 8, 8)
    painted.setColorSpace(document.colorModel(), document.colorDepth(), document.colorProfile())
    document.rootNode().addChildNode(painted, None)
    yield 0.4
    document.setActiveNode(painted)
    selection = Selection()
    selection.select(50, 50, 6, 6, 255)
    document.setSelection(selection)
    yield 0.2
    wrapper = KritaDocument(document, BrushGuard(failures.append))
    found = {"profile": document.colorProfile()}
    before = everything(document)
    steps = undo_steps(driver)
    patch = Pixels(bytes(rgba_to_bgra(COLOURS, 255)), 8, 8, "BGRA")
    wrapper.when_free(lambda: wrapper.insert_layer(NewLayer("patch", patch, *PATCH_PLACE, "{}"), above=""))
    yield 0.4
    layers = [NewLayer(f"variant {index}", patch, *place) for index, place in enumerate(GROUP_PLACES)]
    wrapper.when_free(lambda: wrapper.insert_group("variants", layers, above=""))
    yield 0.4
    found["steps"] = undo_steps(driver) - steps
    after = everything(document)
    found["changed"] = [name for name, value in before.items() if value != after[name]]
    found["canvas"] = list(wrapper.read_canvas(Rect(*PATCH_PLACE, 8, 8)).data)
    found["in group"] = [list(wrapper.read_canvas(Rect(*place, 8, 8)).data) for place in GROUP_PLACES]
    keys = {layer.name: layer.key for layer in wrapper.layers()}
    found["patch"] = list(wrapper.read_layer(Rect(*PATCH_PLACE, 8, 8), keys["patch"]).data)
    found["group"] = list(wrapper.read_layer(Rect(*GROUP_PLACES[0], 8, 8), keys["variants"]).data)
    found["seen before"] = before["picture"][:256]
    found["read before"] = list(wrapper.read_layer(Rect(*BEFORE_PLACE, 8, 8), keys["painted"]).data)
    for _ in range(found["steps"]):
        driver.app.action("edit_undo").trigger()
        yield 0.3
    found["undone"] = everything(document) == before
    found["failures"] = [repr(failure) for failure in failures]
    driver.put(" ".join(filter(None, (model, depth, profile, str(side)))), found)
    driver.close(document)
    yield 0.2


def everything(document):
    """What must be as it was: the document's colour space, its layers' own pixels, what is seen, what is selected."""
    values = {"space": [document.colorModel(), document.colorDepth(), document.colorProfile()], "picture": []}
    for node in document.rootNode().childNodes():
        if node.name() in ("Background", "painted"):
            values[node.name()] = bytes(node.pixelData(0, 0, 64, 64))
            values[node.name() + " settings"] = [node.opacity(), node.visible(), node.blendingMode()]
    for x, y, width, height in ((*BEFORE_PLACE, 8, 8), (0, 0, 64, 20), (40, 44, 24, 20)):
        image = document.projection(x, y, width, height)
        values["picture"] += [image.pixel(column, row) for row in range(height) for column in range(width)]
    selection = document.selection()
    values["selection"] = [selection.x(), selection.y(), selection.width(), selection.height()]
    values["selected"] = bytes(selection.pixelData(48, 48, 10, 10))
    values["active"] = document.activeNode().name()
    return values


def rgba_to_bgra(colours, alpha):
    return QByteArray(bytes(value for red, green, blue in colours for value in (blue, green, red, alpha)))


def undo_steps(driver):
    docker = next(docker for docker in driver.app.dockers() if docker.objectName() == "History")
    return docker.findChild(QListView).model().rowCount()
