"""The language that Krita's own windows are in."""

from .qt import QtCore

#: Where Krita's "Switch Application Language" keeps its choice.
OVERRIDES = "klanguageoverridesrc"


def krita_language() -> str:
    """Its code, such as ``zh_CN`` or ``de-DE``; found as Krita does it, which tells nobody: its own choice first, then
    the system's.
    """
    places = QtCore.QStandardPaths
    folder = places.writableLocation(places.StandardLocation.GenericConfigLocation)
    settings = QtCore.QSettings(f"{folder}/{OVERRIDES}", QtCore.QSettings.Format.IniFormat)
    chosen = settings.value(f"Language/{QtCore.QCoreApplication.applicationName()}", "")
    if isinstance(chosen, QtCore.QByteArray):
        chosen = bytes(chosen).decode("utf-8", "replace")
    languages = str(chosen).split(":") if chosen else QtCore.QLocale.system().uiLanguages()
    return languages[0] if languages else "en"
