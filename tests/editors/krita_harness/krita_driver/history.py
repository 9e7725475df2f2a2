"""What tests of the history do with documents and pictures."""

INDEX = "velatura-history"


def is_written(document):
    return INDEX in document.annotationTypes()


def settle(document):
    """``yield from``: until Krita has done what it does in the background."""
    document.waitForDone()
    yield 0.5


def show_document(driver, document):
    """``yield from``: make it the active picture."""
    window = driver.app.activeWindow()
    view = next(view for view in window.views() if view.document() == document)
    window.showView(view)
    view.setVisible()
    yield from driver.until(lambda: driver.app.activeDocument() == document, 5, "the other picture")


def open_file(driver, path):
    """``yield from``: the document of a file, before the painter."""
    opened = driver.app.openDocument(path)
    opened.setBatchmode(True)
    driver.app.activeWindow().addView(opened)
    yield 0.5
    yield from show_document(driver, opened)
    return opened


def apply(driver, docker, watcher, number):
    """``yield from``: a double click on a picture of the history, the newest is 0; until its layer is there."""
    key = docker.keys()[number]
    watcher.forget()
    yield from docker.click_thumbnail(number, double=True)
    yield from driver.until(lambda: any("New layer" in text for _, text in watcher.ends), 20, "the applied layer")
    yield from driver.until(lambda: docker.items()[docker.keys().index(key)].is_applied, 10, "the mark")
    yield 0.5


def layer_pixels(document, item):
    """Of the layer that a picture became, as far as the canvas reaches; b"" when there is none."""
    from velatura_client.history_store import read_index

    index = read_index(bytes(document.annotation(INDEX)))
    keys = [
        key
        for job in index.jobs
        for picture in job.pictures
        if key_of(job, picture) == item.key
        for key in picture.layers
    ]
    for node in nodes_below(document.rootNode()):
        if node.uniqueId().toString() in keys:
            return bytes(node.pixelData(0, 0, document.width(), document.height()))
    return b""


def key_of(job, picture):
    return f"{job.job}/{picture.number}"


def nodes_below(parent):
    for node in parent.childNodes():
        yield node
        yield from nodes_below(node)
