"""Whose shortcuts there are: those that work now, and those of Krita's files, among them the schemes to choose from."""

import re
from pathlib import Path

from krita_driver.painting import open_painting
from krita_driver.qt import QAction, QKeySequence

#: What came with Krita, beneath the prefix of its program.
SHARED = Path("/usr/share/krita")


def main(driver):
    yield from open_painting(driver, select=False)
    ours, others = {}, {}
    actions = [*driver.app.actions(), *driver.app.activeWindow().qwindow().findChildren(QAction)]
    for action in {id(action): action for action in actions}.values():
        known = ours if is_ours(action.objectName()) else others
        for shortcut in action.shortcuts():
            if shortcut.toString():
                known.setdefault(shortcut.toString(), set()).add(action.objectName())
    driver.put("ours", {keys: sorted(names) for keys, names in ours.items()})
    driver.put("others", {keys: sorted(names) for keys, names in others.items()})
    driver.put("shipped", dict(shipped()))


def is_ours(name):
    return name.startswith("velatura_")


def shipped():
    """Of each shortcut in Krita's files: the file and the action that has it."""
    for file in [*SHARED.glob("actions/*.action"), *SHARED.glob("pykrita/**/*.action")]:
        for name, action in re.findall(
            r'<Action name="([^"]+)"(.*?)</Action>', file.read_text(encoding="utf-8"), re.DOTALL
        ):
            for keys in re.findall("<shortcut>(.*?)</shortcut>", action):
                yield from each(keys, f"{file.name}: {name}")
    for file in SHARED.glob("shortcuts/*.shortcuts"):
        for line in file.read_text(encoding="utf-8").splitlines():
            name, _equals, keys = line.partition("=")
            yield from each(keys, f"{file.name}: {name}")


def each(keys, whose):
    """An action may have several, parted by semicolons."""
    for sequence in keys.split(";"):
        if sequence.strip() not in ("", "none"):
            yield QKeySequence(sequence.strip()).toString(), whose
