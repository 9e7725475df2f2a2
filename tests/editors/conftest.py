"""Fixtures for tests that run real editors."""

import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from krita_harness.kritas import KRITAS, Krita
from krita_harness.plugin_files import install_plugin
from krita_harness.processes import processes_with
from krita_harness.session import Outcome, Session

StartSession = Callable[..., Session]
Record = Callable[[str, object], None]
#: Names of Kritas that must be there, as ``native trixie``. Tests in any other one are skipped where it is missing.
REQUIRED = os.environ.get("VELATURA_REQUIRE_KRITA", "").split()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test in real Krita runs in the oldest and the newest.

    With ``pytest.mark.krita(everywhere=True)`` it runs in each, with ``pytest.mark.krita("native")`` in those named.
    """
    if "krita_version" not in metafunc.fixturenames:
        return
    names = _kritas_of(metafunc.definition)
    metafunc.parametrize("krita_version", [_parameter(KRITAS[name]) for name in names], indirect=True, scope="session")


def _kritas_of(test: pytest.Item) -> tuple[str, ...]:
    marker = test.get_closest_marker("krita")
    assert marker is not None, f"{test.nodeid} runs in Krita; mark it with pytest.mark.krita, by which it is chosen"
    if marker.args:
        return marker.args
    everywhere = marker.kwargs.get("everywhere", False)
    return tuple(name for name, krita in KRITAS.items() if krita.runs_all or everywhere)


@functools.cache
def _parameter(krita: Krita) -> object:
    missing = () if krita.name in REQUIRED else krita.missing()
    skip = pytest.mark.skip(reason=f"not on this machine: {', '.join(missing)}")
    return pytest.param(krita.name, marks=(skip,) if missing else ())


@pytest.fixture(scope="session")
def krita_version(request: pytest.FixtureRequest) -> Krita:
    """The Krita that the test runs in."""
    chosen = KRITAS[request.param]
    assert () == chosen.missing(), "VELATURA_REQUIRE_KRITA asks for the tests in this Krita"
    return chosen


@pytest.fixture(scope="session")
def first_start(
    krita_version: Krita,
    tmp_path_factory: pytest.TempPathFactory,
    record_testsuite_property: Record,
) -> tuple[Session, Outcome]:
    """The session of a Krita that has started once, with plug-in and driver, and what ``warm_up.py`` found in it."""
    session = Session(krita_version, tmp_path_factory.mktemp("warm-krita"))
    session.prepare_home()
    install_plugin(session.home)
    try:
        outcome = session.run("warm_up.py", timeout_s=100)
    finally:
        session.end()
    assert outcome.error == ""
    record_testsuite_property(f"krita {krita_version.name}", outcome.values["krita"])
    return session, outcome


@pytest.fixture(scope="session")
def warm_home(first_start: tuple[Session, Outcome]) -> Path:
    """The home of that Krita: a first start takes 15 s, later ones 4."""
    return first_start[0].home


@pytest.fixture
def start_krita(
    krita_version: Krita, warm_home: Path, tmp_path: Path, record_testsuite_property: Record
) -> Iterator[StartSession]:
    """``start_krita(NAME=value...)``: a session of its own. Whatever it started is ended, and that is checked."""
    yield from _sessions(krita_version, warm_home, tmp_path, record_testsuite_property)


@pytest.fixture(scope="module")
def start_krita_once(
    krita_version: Krita,
    warm_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_testsuite_property: Record,
) -> Iterator[StartSession]:
    """The same for a session whose findings several tests of a module judge."""
    yield from _sessions(krita_version, warm_home, tmp_path_factory.mktemp("krita"), record_testsuite_property)


def _sessions(krita: Krita, warm_home: Path, folder: Path, record: Record) -> Iterator[StartSession]:
    sessions: list[Session] = []

    def start(**environment: str) -> Session:
        session = Session(krita, folder / f"krita-{len(sessions)}", environment)
        shutil.copytree(warm_home, session.home, symlinks=True)
        sessions.append(session)
        return session

    yield start
    for session in sessions:
        session.end()
        for script in session.crashes:
            record(f"krita {krita.name} crashed", script)
    assert {} == {pid: command for session in sessions for pid, command in processes_with(session.mark).items()}
