"""What ``KritaDocument`` reads and inserts, without a daemon: one document per colour model."""

from krita import Selection
from krita_driver.qt import QByteArray

COLOUR_MODELS = (("RGBA", "U8"), ("RGBA", "U16"), ("RGBA", "F16"), ("RGBA", "F32"), ("GRAYA", "U8"), ("CMYKA", "U8"))
SRGB = "sRGB-elle-V2-srgbtrc.icc"


def main(driver):
    for model, depth in COLOUR_MODELS:
        yield from in_colour_model(driver, model, depth)


def in_colour_model(driver, model, depth):
    from velatura_client.editor import NewLayer, Pixels
    from velatura_krita.brush_guard import BrushGuard
    from velatura_krita.document import KritaDocument
    from velatura_protocol.images import Rect

    def fail(error):
        raise error

    document = driver.app.createDocument(64, 48, model + depth, model, depth, "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().addView(document)
    layer = document.createNode("colours", "paintlayer")
    layer.setColorSpace("RGBA", "U8", SRGB)
    layer.setPixelData(QByteArray(bytes([10, 100, 200, 255]) * 16 + bytes([90, 90, 90, 128]) * 16), 8, 4, 8, 4)
    layer.setColorSpace(model, depth, document.colorProfile())
    document.rootNode().addChildNode(layer, None)
    yield 0.2
    document.setActiveNode(layer)
    selection = Selection()
    selection.select(20, 10, 12, 8, 255)
    selection.feather(2)
    document.setSelection(selection)
    yield 0.2
    wrapper = KritaDocument(document, BrushGuard(fail))
    found = {"size": [wrapper.width, wrapper.height], "profile": document.colorProfile()}
    bounds = wrapper.selection_bounds()
    found["selection"] = [bounds.x, bounds.y, bounds.width, bounds.height]
    mask = wrapper.read_mask(bounds)
    found["mask"] = [mask.width, mask.height, mask.channels, list(mask.data)]
    found["canvas"] = list(wrapper.read_canvas(Rect(8, 4, 8, 4)).data)
    found["layer"] = list(wrapper.read_layer(Rect(8, 4, 8, 4)).data)
    found["layers before"] = [node.name() for node in document.rootNode().childNodes()]
    patch = NewLayer("patch", Pixels(bytes([50, 60, 70, 255]) * 6, 3, 2, "RGBA"), 30, 20, '{"seed": 1}')
    wrapper.when_free(lambda: wrapper.insert_layer(patch, above=""))
    found["active"] = document.activeNode().name()
    yield 0.3
    found["active later"] = document.activeNode().name()
    found["layers after"] = [node.name() for node in document.rootNode().childNodes()]
    found["patch seen"] = list(wrapper.read_canvas(Rect(30, 20, 3, 2)).data)
    found["recipes"] = bytes(document.annotation("velatura-recipes")).decode()
    found["patch id"] = document.nodeByName("patch").uniqueId().toString()
    found["open"] = wrapper.is_open()
    driver.close(document)
    yield 0.1
    found["open after close"] = wrapper.is_open()
    found["open to a late task"] = []
    wrapper.when_free(lambda: found["open to a late task"].append(wrapper.is_open()))
    driver.put(model + " " + depth, found)
