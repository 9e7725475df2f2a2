"""In which language Krita says it is, with and without a choice of its own, and which one the plug-in speaks."""

import os
from pathlib import Path

from krita_driver.qt import QByteArray, QCoreApplication, QSettings

OVERRIDES = Path(os.environ["XDG_CONFIG_HOME"]) / "klanguageoverridesrc"


def main(driver):
    from velatura_client.texts import tr_daemon
    from velatura_krita.language import krita_language

    yield 0.1
    driver.put("of the system", krita_language())
    driver.put("said at the start", tr_daemon("Seed"))
    driver.put("in the menu", driver.app.action("velatura_generate").text())
    chosen = {}
    # as "Switch Application Language" writes it, and as a person may
    for value in (QByteArray(b"de:en_US"), "zh_TW"):
        settings = QSettings(str(OVERRIDES), QSettings.Format.IniFormat)
        settings.setValue("Language/" + QCoreApplication.applicationName(), value)
        settings.sync()
        driver.put("file", OVERRIDES.read_text())
        chosen[bytes(value).decode() if isinstance(value, QByteArray) else value] = krita_language()
    driver.put("chosen", chosen)
