"""Puts Velatura's plug-in into a test's Krita, by the installer's own hands."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def install_plugin(home: Path) -> None:
    """What ``python3 install krita`` does after it has made its environment, for the Krita of the home folder ``home``.

    The environment is the one that the tests run in.
    """
    with _installer():
        from install import krita
        from install.console import Console
        from install.environment import Environment
        from velatura_cli.krita_places import Host, krita_places
    host = Host("linux", platform.machine(), home, {})
    krita.install_plugin(krita_places(host)[0], Environment(host, REPOSITORY, Path(sys.prefix)), Console())


def pack_plugin(target: Path) -> None:
    """What ``python3 install krita --zip TARGET`` does after that."""
    with _installer():
        from install.console import Console
        from install.environment import Environment
        from install.krita_zip import write_zip
        from velatura_cli.krita_places import Host
    host = Host("linux", platform.machine(), target.parent, {})
    write_zip(target, Environment(host, REPOSITORY, Path(sys.prefix)), Console())


@contextmanager
def _installer() -> Iterator[None]:
    """Its package is a folder to be run, not part of the distribution."""
    sys.path.insert(0, str(REPOSITORY))
    try:
        yield
    finally:
        sys.path.remove(str(REPOSITORY))
