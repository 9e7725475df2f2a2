"""Puts Velatura's plug-in into a test's Krita, by the installer's own hands."""

import platform
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def install_plugin(home: Path) -> None:
    """What ``python3 install krita`` does after it has made its environment, for the Krita of the home folder ``home``.

    The environment is the one that the tests run in.
    """
    sys.path.insert(0, str(REPOSITORY))
    try:
        from install import krita
        from install.console import Console
        from install.environment import Environment
        from velatura_cli.krita_places import Host, krita_places
    finally:
        sys.path.remove(str(REPOSITORY))
    host = Host("linux", platform.machine(), home, {})
    krita.install_plugin(krita_places(host)[0], Environment(host, REPOSITORY, Path(sys.prefix)), Console())
