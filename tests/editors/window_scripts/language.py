"""The docker in the language of the system, and the language that Krita's painter chose."""

from fake_krita_window import run

from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_krita.language import OVERRIDES
from velatura_krita.qt import QMenu, QtCore


def main(driver):
    from velatura_krita import plugin
    from velatura_krita.language import krita_language

    values = driver.values
    values["of the system"] = krita_language()
    plugin.instance().state.learn(build_catalogue(ModelLibrary(())))
    driver.find("velatura_fold_more").click()
    plugin.instance().begin("generate", "一只红狐狸")
    yield 0.05
    values["button"] = driver.find("velatura_begin").text()
    values["error"] = driver.find("velatura_status").text()
    menu = driver.application.window.qwindow().findChild(QMenu, "velatura_menu")
    values["menu"] = menu.actions()[0].text()
    driver.screenshot("chinese")
    settings = QtCore.QSettings(str(driver.folder / OVERRIDES), QtCore.QSettings.Format.IniFormat)
    # as "Switch Application Language" writes it
    settings.setValue("Language/krita", QtCore.QByteArray(b"de:en_US"))
    settings.sync()
    values["chosen"] = krita_language()


run(main)
