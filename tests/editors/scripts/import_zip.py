"""Krita's own importer is given the plug-in's zip, as by Tools > Scripts > Import Python Plugin from File."""

import os

from krita_driver.qt import QAbstractButton, QApplication, QTimer


def main(driver):
    from plugin_importer.plugin_importer_extension import PluginImporterExtension

    importer = PluginImporterExtension(driver.app)
    QTimer.singleShot(0, lambda: importer.do_import(os.environ["PLUGIN_ZIP"]))
    yield from driver.until(
        lambda: QApplication.activeModalWidget() is not None, 30, "the question whether to enable it"
    )
    question = QApplication.activeModalWidget()
    yield 0.2
    driver.put("asked", [question.windowTitle(), question.text()])
    yes = [button for button in question.findChildren(QAbstractButton) if button.text() == "&Yes"]
    yes[0].click()
    yield from driver.until(lambda: QApplication.activeModalWidget() is None, 10, "the end of the question")
