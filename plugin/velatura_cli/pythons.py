"""Which versions of Python are accepted, said once for the installer, the doctor and the package.

Imported by ``python3 install`` too, before anything is installed: the standard library alone, readable by Python 3.10.
"""

#: What daemon and command line run on: the lock has ready-made packages for these, checked on Linux (x86-64, ARM),
#: Windows and macOS.
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
#: Commands are tried in this order, the most proven version first.
PREFERRED_PYTHONS = ((3, 12), (3, 11), (3, 13), (3, 14))
#: Editors of today: Krita 5.2 brings 3.10, Krita 5.3 3.13; distributions give theirs 3.11 to 3.14.
EDITOR_PYTHONS = ((3, 10), (3, 11), (3, 12), (3, 13), (3, 14))


def version_text(version: "tuple[int, int]") -> str:
    """Such as ``3.11``."""
    return f"{version[0]}.{version[1]}"
