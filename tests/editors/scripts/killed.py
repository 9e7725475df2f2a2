"""Two results wait for the end of a brush stroke when Krita is killed."""

import os
import signal
from pathlib import Path

from krita_driver.canvas import canvas_centre
from krita_driver.painting import layer_names, open_painting
from krita_driver.qt import buttons_down
from krita_driver.watching import WAITS, Watcher


def main(driver):
    from velatura_krita import plugin

    document = yield from open_painting(driver)
    watcher = Watcher(plugin.instance().editor)
    for prompt in ("a medlar", "a quince"):
        plugin.instance().begin("fill", prompt)
    yield from watcher.until_painting(driver)
    driver.app.action("KritaShape/KisToolBrush").trigger()
    place = canvas_centre(driver.app.activeWindow())
    yield from driver.shell("xdotool", "mousemove", str(place.x()), str(place.y()), "sleep", "0.2", "mousedown", "1")
    yield from driver.until(buttons_down, 5, "the button")
    Path(os.environ["GATED_ENGINE_FILE"]).touch()
    yield from driver.until(lambda: watcher.shown.count(WAITS) == 2, 30, "both results")
    driver.put("layers", layer_names(document))
    driver.put("ends", watcher.ends)
    driver.write()
    os.kill(os.getpid(), signal.SIGKILL)
