"""Test plug-in: runs ``$KRITA_DRIVER_SCRIPT`` inside Krita, writes what it found and ends Krita.

The script defines ``main(driver)``, a generator: each ``yield seconds`` gives the event loop back to Krita. In
``$KRITA_DRIVER_FOLDER`` lie afterwards: ``result.json``; ``journal.jsonl``, each value as it came, which survives a
crash; ``fault.txt``, the Python stacks of a crash.
"""

import faulthandler
import importlib.util
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

from krita import Extension, Krita

from .qt import QApplication, QTimer

STARTED = time.monotonic()


class Driver:
    """What a script sees."""

    def __init__(self, folder: Path) -> None:
        self.app = Krita.instance()
        self.folder = folder
        self.result = {"values": {}, "modals": [], "exceptions": [], "error": ""}

    def put(self, name, value):
        """Keep a JSON value for the test to judge."""
        self.result["values"][name] = value
        with (self.folder / "journal.jsonl").open("a") as journal:
            journal.write(json.dumps([name, value], default=repr) + "\n")

    def until(self, condition, timeout_s, what):
        """``yield from driver.until(...)``: give the loop back until ``condition()`` is true, or raise."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {timeout_s} s for {what}")
            yield 0.02

    def shell(self, *command):
        """``yield from driver.shell("xdotool", ...)``: run a program without holding up the event loop."""
        process = subprocess.Popen(command)
        while process.poll() is None:
            yield 0.02
        if process.returncode:
            raise RuntimeError(f"{command} ended with {process.returncode}")

    def screenshot(self, name):
        """``yield from driver.screenshot("name")`` writes ``name.png`` of the whole screen into the folder."""
        yield from self.shell("import", "-window", "root", str(self.folder / (name + ".png")))

    def close(self, document):
        """Close it without a question. Krita may crash when a document is deleted that is still being worked on."""
        document.waitForDone()  # what is still under way would also mark it as modified again
        document.setModified(False)
        document.setBatchmode(True)
        document.close()

    def write(self):
        partial = self.folder / "result.part"
        partial.write_text(json.dumps(self.result, default=repr))
        partial.replace(self.folder / "result.json")


class DriverExtension(Extension):
    """Begins when Krita's first window has its actions."""

    def __init__(self, parent):
        super().__init__(parent)
        self._begun = False

    def setup(self):
        pass

    def createActions(self, window):  # noqa: N802 - Krita's name
        if self._begun or "KRITA_DRIVER_SCRIPT" not in os.environ:
            return
        self._begun = True
        self._driver = Driver(Path(os.environ["KRITA_DRIVER_FOLDER"]))
        sys.excepthook = self._note_exception  # Krita's own opens a modal dialog
        # Krita replaces sys.stderr by something without a file descriptor
        self._faults = (self._driver.folder / "fault.txt").open("w")
        faulthandler.enable(self._faults)
        self._watchdog = QTimer(self)
        self._watchdog.setSingleShot(True)
        self._watchdog.timeout.connect(self._give_up)
        self._watchdog.start(int(1000 * float(os.environ["KRITA_DRIVER_TIMEOUT_S"])))
        self._modal_timer = QTimer(self)
        self._modal_timer.timeout.connect(self._note_modal)
        self._modal_timer.start(100)
        self._last_modal = None
        QTimer.singleShot(500, self._begin)

    def _begin(self):
        try:
            self._driver.put("seconds_from_import_to_start", round(time.monotonic() - STARTED, 3))
            spec = importlib.util.spec_from_file_location("krita_driver_script", os.environ["KRITA_DRIVER_SCRIPT"])
            script = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(script)
            self._steps = script.main(self._driver)
        except BaseException:  # noqa: BLE001 - whatever it is, it must reach the test
            return self._end(traceback.format_exc())
        return self._step()

    def _step(self):
        try:
            pause = next(self._steps)
        except StopIteration:
            return self._end("")
        except BaseException:  # noqa: BLE001 - whatever it is, it must reach the test
            return self._end(traceback.format_exc())
        return QTimer.singleShot(int(1000 * pause), self._step)

    def _note_modal(self):
        modal = QApplication.activeModalWidget()
        if modal is not None and modal is not self._last_modal:
            text = modal.text() if hasattr(modal, "text") else ""
            self._driver.result["modals"].append([modal.objectName(), modal.windowTitle(), text])
        self._last_modal = modal

    def _note_exception(self, kind, exception, trace):
        text = "".join(traceback.format_exception(kind, exception, trace))
        self._driver.result["exceptions"].append(text)
        self._driver.put("exception", text)

    def _give_up(self):
        self._driver.result["error"] = "the script did not end in time"
        self._driver.write()
        faulthandler.dump_traceback(self._faults)
        os._exit(97)  # a modal dialog may hold the event loop

    def _end(self, error):
        self._driver.result["error"] = error
        self._driver.write()
        for document in self._driver.app.documents():  # otherwise "save changes?" holds the end
            document.waitForDone()  # what is still under way would mark it as modified again
            document.setModified(False)
            document.setBatchmode(True)
        QTimer.singleShot(0, self._quit)

    def _quit(self):
        action = self._driver.app.action("file_quit")
        if action is None:  # no window is left, and Krita has forgotten to end
            QApplication.quit()
        else:
            action.trigger()


Krita.instance().addExtension(DriverExtension(Krita.instance()))
