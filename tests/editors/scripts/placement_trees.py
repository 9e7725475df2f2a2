"""Fill and Generate in random trees of layers of every kind, with any layer active, in documents of several colour
models."""

import random

from krita_driver.qt import QByteArray
from krita_driver.watching import Watcher

WIDTH, HEIGHT = 160, 120
TREES = 10
#: Colour model and depth, in turn.
MODELS = (("RGBA", "U8"), ("RGBA", "U16"), ("RGBA", "U8"), ("CMYKA", "U8"), ("GRAYA", "U8"), ("RGBA", "F16"))
BLENDING = ("normal", "normal", "normal", "multiply", "screen", "erase", "difference", "destination-in", "copy")
SHAPE = """<svg xmlns="http://www.w3.org/2000/svg" width="160pt" height="120pt" viewBox="0 0 160 120">
<rect x="{x}" y="{y}" width="40" height="30" fill="#00ff00"/></svg>"""
#: A stroke of 240 pixels around what a layer holds.
STYLE = """<asl><node name="" type="Descriptor" classId="null"><node type="List" key="Patterns"/></node>
<node name="" type="Descriptor" classId="Styl">
<node name="" type="Descriptor" key="documentMode" classId="documentMode"/>
<node name="" type="Descriptor" key="Lefx" classId="Lefx">
<node value="100" unit="#Prc" type="UnitFloat" key="Scl "/><node value="1" type="Boolean" key="masterFXSwitch"/>
<node name="" type="Descriptor" key="FrFX" classId="FrFX"><node value="1" type="Boolean" key="enab"/>
<node value="OutF" typeId="FStl" type="Enum" key="Styl"/><node value="SClr" typeId="FrFl" type="Enum" key="PntT"/>
<node value="Nrml" typeId="BlnM" type="Enum" key="Md  "/><node value="100" unit="#Prc" type="UnitFloat" key="Opct"/>
<node value="240" unit="#Pxl" type="UnitFloat" key="Sz  "/>
<node name="" type="Descriptor" key="Clr " classId="RGBC"><node value="255" type="Double" key="Rd  "/>
<node value="250" type="Double" key="Grn "/><node value="10" type="Double" key="Bl  "/></node></node></node></node>
</asl>"""


def main(driver):
    from velatura_client.choices import Choices
    from velatura_krita import plugin

    shared = plugin.instance()
    watcher = Watcher(shared.editor)
    shared.choices = Choices(prompt="one", seed=1)
    found = []
    for number in range(TREES):
        found.append((yield from one_tree(driver, shared, watcher, number)))
    driver.put("trees", found)
    found = {}
    for name, add in REACHING.items():
        found[name] = yield from one_reaching(driver, shared, watcher, name, add)
    driver.put("reaching", found)


def one_tree(driver, shared, watcher, number):
    """[what stood in the tree, [task, active layer, largest difference, layers after undo are those before] ...]"""
    chance = random.Random(number)
    model, depth = MODELS[number % len(MODELS)]
    document = yield from opened(driver, f"tree {number}", model, depth)
    build(document, document.rootNode(), chance, level=0)
    if chance.random() < 0.5 and hasattr(document, "setHorizontalGuides"):
        document.setHorizontalGuides([20.0])
        document.setGuidesVisible(True)
    document.refreshProjection()
    document.waitForDone()
    yield 0.4
    nodes = [node for node in every(document.rootNode()) if node.type()]
    expected = yield from colour_alone(driver, document)
    outcomes = []
    for task in ("fill", "generate"):
        active = chance.choice(nodes)
        document.setActiveNode(active)
        rect = (0, 0, WIDTH, HEIGHT)
        if task == "fill":
            rect = (chance.randrange(100), chance.randrange(70), chance.randrange(8, 50), chance.randrange(8, 50))
        yield from select(document, rect if task == "fill" else None)
        before = names(document.rootNode())
        watcher.forget()
        shared.begin(task, task)
        yield from driver.until(lambda: watcher.ends, 60, f"the end of {task} in tree {number}")
        document.waitForDone()
        yield 0.4
        outcomes.append([task, f"{active.type()} {active.name()}", difference(document, rect, expected), watcher.ends])
        driver.app.action("edit_undo").trigger()
        document.waitForDone()
        yield 0.3
        outcomes[-1].append(names(document.rootNode()) == before)
    tree = names(document.rootNode())
    driver.close(document)
    yield 0.3
    return [f"{model} {depth}", tree, outcomes]


#: x, y, width, height of what stands beside the selection, and of the selection.
THING, SELECTED = (250, 210, 30, 30), (400, 200, 60, 50)
LARGE = (700, 500)


def thing(document, name="thing"):
    layer = document.createNode(name, "paintlayer")
    layer.setPixelData(QByteArray(bytes((9, 200, 30, 255)) * THING[2] * THING[3]), *THING)
    return layer


def styled(document, _lowest):
    layer = thing(document)
    document.rootNode().addChildNode(layer, None)
    layer.setLayerStyleFromAsl(STYLE)


def styled_group(document, _lowest):
    group = document.createGroupLayer("group")
    document.rootNode().addChildNode(group, None)
    group.addChildNode(thing(document), None)
    group.setLayerStyleFromAsl(STYLE)


def blended(mode):
    def add(document, _lowest):
        layer = thing(document)
        layer.setBlendingMode(mode)
        document.rootNode().addChildNode(layer, None)

    return add


def blurred(document, _lowest):
    layer = thing(document)
    document.rootNode().addChildNode(layer, None)
    blur(document, layer)


def blurred_group(document, _lowest):
    group = document.createGroupLayer("group")
    document.rootNode().addChildNode(group, None)
    group.addChildNode(thing(document), None)
    blur(document, group)


def blur(document, node):
    from krita import Krita, Selection

    everywhere = Selection()
    everywhere.select(0, 0, *LARGE, 255)
    blurring = Krita.instance().filter("gaussian blur")
    settings = blurring.configuration()
    settings.setProperty("horizRadius", 200)
    settings.setProperty("vertRadius", 200)
    blurring.setConfiguration(settings)
    node.addChildNode(document.createFilterMask("blur", blurring, everywhere), None)


def without_green(document, lowest):
    """The active layer's group shows no green."""
    group = document.createGroupLayer("group")
    document.rootNode().addChildNode(group, None)
    lowest.remove()
    group.addChildNode(thing(document, "lowest"), None)
    next(channel for channel in group.channels() if channel.name() == "Green").setVisible(False)


#: What changes the picture where it has no pixels of its own, or how the active layer's group shows what it holds.
REACHING = {
    "style": styled,
    "style of a group": styled_group,
    "copy": blended("copy"),
    "destination-in": blended("destination-in"),
    "destination-atop": blended("destination-atop"),
    "filter mask": blurred,
    "filter mask of a group": blurred_group,
    "channels of a group": without_green,
}


def one_reaching(driver, shared, watcher, name, add):
    """Largest difference of a fill beside the thing, with the lowest layer active."""
    document = yield from opened(driver, name, "RGBA", "U8", LARGE)
    lowest = thing(document, "lowest")
    document.rootNode().addChildNode(lowest, None)
    yield 0.2
    add(document, document.nodeByName("lowest"))
    document.refreshProjection()
    document.waitForDone()
    yield 0.4
    expected = yield from colour_alone(driver, document)
    document.setActiveNode(document.nodeByName("lowest"))
    yield from select(document, SELECTED)
    watcher.forget()
    shared.begin("fill", "fill")
    yield from driver.until(lambda: watcher.ends, 60, f"the end of {name}")
    document.waitForDone()
    yield 0.4
    document.refreshProjection()
    document.waitForDone()
    yield 0.2
    outcome = [difference(document, SELECTED, expected), watcher.ends, names(document.rootNode())]
    driver.close(document)
    yield 0.3
    return outcome


def opened(driver, name, model, depth, size=(WIDTH, HEIGHT)):
    document = driver.app.createDocument(*size, name, model, depth, "", 72.0)
    document.setBatchmode(True)
    driver.app.activeWindow().qwindow().setGeometry(0, 0, 1600, 1000)
    driver.app.activeWindow().addView(document)
    yield 0.6
    return document


def build(document, parent, chance, level):
    """Puts random nodes into ``parent``, from the bottom up."""
    above = None
    for _ in range(chance.randrange(2, 6) if level == 0 else chance.randrange(0, 4)):
        node = one_node(document, chance, level)
        parent.addChildNode(node, above)
        above = node
        if node.type() == "grouplayer":
            build(document, node, chance, level + 1)
        finish(document, node, chance)


def one_node(document, chance, level):
    from krita import InfoObject, Krita, Selection

    kind = chance.choice(["group", "group", "paint", "paint", "paint", "filter", "fill", "vector", "clone", "styled"])
    name = f"{kind} {chance.randrange(1000)}"
    everywhere = Selection()
    everywhere.select(0, 0, WIDTH, HEIGHT, 255)
    if kind == "group" and level < 3:
        node = document.createGroupLayer(name)
        node.setPassThroughMode(chance.random() < 0.3)
        return node
    if kind == "filter" and chance.random() < 0.5:
        return document.createFilterLayer(name, Krita.instance().filter("invert"), everywhere)
    if kind == "fill":
        area = Selection()
        area.select(chance.randrange(100), chance.randrange(80), 60, 40, 255)
        colour = InfoObject()
        colour.setProperties({"color": "#204060"})
        return document.createFillLayer(name, "color", colour, area)
    if kind == "vector":
        node = document.createVectorLayer(name)
        node.addShapesFromSvg(SHAPE.format(x=chance.randrange(100), y=chance.randrange(80)))
        return node
    paints = [known for known in every(document.rootNode()) if known.type() == "paintlayer"]
    if kind == "clone" and paints:
        return document.createCloneLayer(name, chance.choice(paints))
    node = document.createNode(name, "paintlayer")
    node.setColorSpace("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
    if chance.random() < 0.85:
        colour = bytes((*[chance.randrange(256) for _ in range(3)], chance.choice([30, 255, 255])))
        width, height = chance.randrange(1, WIDTH), chance.randrange(1, HEIGHT)
        x, y = chance.randrange(-20, 140), chance.randrange(-20, 100)
        node.setPixelData(QByteArray(colour * width * height), x, y, width, height)
    return node


def finish(document, node, chance):
    """Eyes, opacities, blending, masks and styles; after the node is in the document."""
    if chance.random() < 0.2:
        node.setVisible(False)
    if chance.random() < 0.2:
        node.setOpacity(chance.choice([0, 128]))
    if node.type() != "filterlayer":
        node.setBlendingMode(chance.choice(BLENDING))
    if chance.random() < 0.15:
        node.setInheritAlpha(True)
    if node.name().startswith("styled"):
        node.setLayerStyleFromAsl(STYLE)
    if chance.random() < 0.25:
        mask = document.createNode(f"mask {chance.randrange(1000)}", "transparencymask")
        mask.setPixelData(QByteArray(bytes([200]) * WIDTH * HEIGHT), 0, 0, WIDTH, HEIGHT)
        node.addChildNode(mask, None)


def every(parent):
    for node in parent.childNodes():
        yield node
        yield from every(node)


def names(parent):
    """[name or [name, what it holds] ...], from the bottom up."""
    return [
        [described(node), names(node)] if node.childNodes() else described(node)
        for node in parent.childNodes()
        if node.type() and node.type() != "selectionmask"
    ]


def described(node):
    marks = [] if node.visible() else ["hidden"]
    marks += [node.blendingMode()] if node.blendingMode() != "normal" else []
    marks += [str(node.opacity())] if node.opacity() != 255 else []
    marks += ["inherits"] if node.inheritAlpha() else []
    return " ".join([node.name(), *marks])


def select(document, rect):
    from krita import Selection

    if rect is None:
        document.setSelection(None)
    else:
        selection = Selection()
        selection.select(*rect, 255)
        document.setSelection(selection)
    yield 0.3


def colour_alone(driver, document):
    """(blue, green, red, alpha) of the engine's colour in a document of this colour model that has nothing else."""
    from velatura_krita.srgb import new_layer

    alone = driver.app.createDocument(
        4, 4, "alone", document.colorModel(), document.colorDepth(), document.colorProfile(), 72.0
    )
    layer = new_layer(alone, "colour")
    layer.setPixelData(QByteArray(bytes((120, 40, 200, 255)) * 16), 0, 0, 4, 4)
    alone.rootNode().addChildNode(layer, None)
    alone.refreshProjection()
    alone.waitForDone()
    yield 0.2
    colour = seen(alone, (1, 1, 1, 1))
    driver.close(alone)
    yield 0.2
    return colour


def difference(document, rect, expected):
    """The largest of any channel and pixel within ``rect``."""
    x, y, width, height = rect
    width, height = min(width, document.width() - x), min(height, document.height() - y)
    data = seen(document, (x, y, width, height))
    return max(max(abs(value - expected[channel]) for value in data[channel::4]) for channel in range(4))


def seen(document, rect):
    """The visible picture, four bytes for each pixel."""
    image = document.projection(*rect)
    return image.constBits().asstring(4 * rect[2] * rect[3])
