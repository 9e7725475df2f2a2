"""Fixtures for tests that run real editors."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from krita_harness.plugin_files import install_plugin
from krita_harness.processes import processes_with
from krita_harness.session import Session, missing_programs

StartSession = Callable[..., Session]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = missing_programs()
    if not missing or os.environ.get("VELATURA_REQUIRE_KRITA") == "1":
        return
    skip = pytest.mark.skip(reason=f"not on this machine: {', '.join(missing)}")
    for item in items:
        if item.get_closest_marker("krita"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def warm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a Krita that has started once, with plug-in and driver: a first start takes 15 s, later ones 4."""
    missing = missing_programs()
    assert missing == (), "VELATURA_REQUIRE_KRITA=1 asks for the tests in real Krita"
    session = Session(tmp_path_factory.mktemp("warm-krita"))
    session.prepare_home()
    install_plugin(session.home)
    try:
        outcome = session.run("warm_up.py", timeout_s=100)
    finally:
        session.end()
    assert outcome.error == ""
    return session.home


@pytest.fixture
def start_krita(warm_home: Path, tmp_path: Path) -> Iterator[StartSession]:
    """``start_krita(NAME=value...)``: a session of its own. Whatever it started is ended, and that is checked."""
    yield from _sessions(warm_home, tmp_path)


@pytest.fixture(scope="module")
def start_krita_once(warm_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartSession]:
    """The same for a session whose findings several tests of a module judge."""
    yield from _sessions(warm_home, tmp_path_factory.mktemp("krita"))


def _sessions(warm_home: Path, folder: Path) -> Iterator[StartSession]:
    sessions: list[Session] = []

    def start(**environment: str) -> Session:
        session = Session(folder / f"krita-{len(sessions)}", environment)
        shutil.copytree(warm_home, session.home, symlinks=True)
        sessions.append(session)
        return session

    yield start
    for session in sessions:
        session.end()
    assert {} == {pid: command for session in sessions for pid, command in processes_with(session.mark).items()}
