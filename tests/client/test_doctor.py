"""The doctor: what it makes of what it finds, and that each fault comes with a repair."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from velatura_cli.doctor.daemon import examine_daemon, judge_models, judge_status
from velatura_cli.doctor.editor_programs import find_program, program_version
from velatura_cli.doctor.editors import examine_kritas, judge_krita_plugin
from velatura_cli.doctor.finding import FAULT, GOOD, NOTE
from velatura_cli.doctor.python_packages import examine_packages, examine_python, judge_python
from velatura_cli.doctor.surroundings import examine_loopback, examine_state_folder
from velatura_cli.doctor.torch_build import TorchFacts, judge_torch, runs_on
from velatura_cli.krita_places import Host, KritaPlace, krita_places
from velatura_client.launcher import COMMAND_VARIABLE
from velatura_protocol.catalogue import ModelDescription
from velatura_protocol.messages import Catalogue, Status


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ("sm_86", ("sm_80", "sm_90"), True),
        ("sm_86", ("sm_90",), False),
        ("sm_61", ("sm_75", "sm_80", "compute_90"), False),
        ("sm_120", ("sm_90", "compute_90"), True),
        ("sm_120", ("sm_90",), False),
        ("sm_90", ("sm_90a",), True),
        ("sm_75", (), False),
    ],
)
def test_build_and_card(capability: str, architectures: tuple[str, ...], runs: bool) -> None:
    """A build runs on a card of the same generation, or when it can be compiled for it."""
    assert runs_on(capability, architectures) is runs


def facts(**changes: object) -> TorchFacts:
    plain = {
        "version": "2.13.0",
        "built_for": "",
        "device": "",
        "capability": "",
        "architectures": (),
        "mps": False,
        "xpu": False,
    }
    return TorchFacts(**{**plain, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "has_card", "state", "part"),
    [
        (facts(), False, NOTE, "CPU"),
        (facts(), True, FAULT, "--torch cuda"),
        (facts(built_for="12.8"), True, FAULT, "driver"),
        (facts(built_for="12.8", device="A", capability="sm_86", architectures=("sm_80",)), True, GOOD, "on A"),
        (facts(built_for="12.8", device="A", capability="sm_61", architectures=("sm_80",)), True, FAULT, "no code"),
        (facts(built_for="6.3", device="Radeon"), False, GOOD, "Radeon"),
        (facts(mps=True), False, GOOD, "Apple"),
    ],
)
def test_torch_is_judged(given: TorchFacts, has_card: bool, state: str, part: str) -> None:
    """Build against card and driver; every fault says what to install."""
    finding = judge_torch(given, has_nvidia_card=has_card)

    assert finding.state == state
    assert part in finding.says + finding.repair
    assert (finding.repair != "") == (state != GOOD)


def test_this_installation_is_sound() -> None:
    """Python, packages and loopback of the environment that runs the tests."""
    found = [*examine_python(), *examine_packages(), *examine_loopback()]

    assert [finding.state for finding in found] == [GOOD, GOOD, GOOD]


def test_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writable, or a fault that names the folder and the variable."""
    monkeypatch.setenv("VELATURA_STATE", str(tmp_path / "new"))
    assert examine_state_folder()[0].state in (GOOD, NOTE)

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VELATURA_STATE", str(tmp_path / "file" / "below"))
    [finding] = examine_state_folder()
    assert finding.state == FAULT
    assert "VELATURA_STATE" in finding.repair


def test_daemon_that_can_be_started(real_daemon) -> None:
    """It is started for the examination and ended again; its models are told."""
    findings = examine_daemon()

    assert [(finding.subject, finding.state) for finding in findings] == [("daemon", GOOD), ("model", GOOD)]
    assert "can be started" in findings[0].says


def test_daemon_that_cannot_be_started(real_daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own words stand in the fault."""
    script = "import sys; sys.exit('libzmq is missing')"
    monkeypatch.setenv(COMMAND_VARIABLE, json.dumps([sys.executable, "-c", script]))
    [finding] = examine_daemon()

    assert finding.state == FAULT
    assert "libzmq is missing" in finding.says
    assert finding.repair


def test_worker_that_does_not_get_ready_is_a_fault() -> None:
    """A daemon that answers but cannot paint is not healthy."""
    assert judge_status(Status(1, "idle", 0, 0, 1.0), "runs").state == GOOD
    assert judge_status(Status(1, "busy", 0, 1, 1.0), "runs").state == GOOD
    for worker in ("stopped", "starting"):
        finding = judge_status(Status(1, worker, 0, 0, 1.0), "runs")
        assert finding.state == FAULT
        assert finding.repair


def test_models_with_problems_are_told() -> None:
    """A model's own sentence is the repair; no model at all is a fault."""
    good = ModelDescription("a", "A", "sd1")
    bad = ModelDescription("b", "B", "sd1", problem="unet/ lacks its weights. Copy them again.")
    findings = judge_models(Catalogue(models=(good, bad)))

    assert [finding.state for finding in findings] == [GOOD, FAULT]
    assert findings[1].repair == "unet/ lacks its weights. Copy them again."
    assert judge_models(Catalogue())[0].state == FAULT


@pytest.mark.parametrize(("version", "state"), [((3, 10), FAULT), ((3, 11), GOOD), ((3, 14), GOOD), ((3, 15), FAULT)])
def test_python_is_judged_as_the_installer_does(version: tuple[int, int], state: str) -> None:
    """Those that the lock serves, and no others; what to install is said."""
    finding = judge_python(version)
    assert state == finding.state
    assert state == GOOD or "3.11 to 3.14" in finding.repair


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A Linux machine without any program, whose user's home is empty."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Host("linux", "x86_64", tmp_path, {"PATH": str(tmp_path / "bin")})


def install_by_hand(place: KritaPlace) -> None:
    """What of an installation the doctor looks at."""
    package = place.resources / "pykrita" / "velatura_krita"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (place.resources / "pykrita" / "velatura_krita.desktop").touch()
    place.kritarc.parent.mkdir(parents=True)
    place.kritarc.write_text("[python]\nenable_velatura_krita=true\n")


def test_each_krita_is_looked_at(alone: Host) -> None:
    """None; Flatpak's alone; the ordinary one beside it, in which the plug-in is missing."""
    assert [("Krita", NOTE)] == [(finding.subject, finding.state) for finding in examine_kritas(alone)]

    native, flatpak = krita_places(alone)
    install_by_hand(flatpak)
    krita, plugin = examine_kritas(alone)
    assert ("Krita", GOOD, "Flatpak") == (krita.subject, krita.state, krita.says)
    assert ("Krita plug-in", GOOD) == (plugin.subject, plugin.state)
    assert str(flatpak.resources) in plugin.says

    native.resources.mkdir(parents=True)
    found = examine_kritas(alone)
    assert [GOOD, NOTE, GOOD, GOOD] == [finding.state for finding in found]
    assert str(native.resources) in found[1].says


def test_plugin_in_a_chosen_resource_folder_is_found(alone: Host) -> None:
    """Where the installer puts it when the person has chosen a folder in Krita's settings."""
    native = krita_places(alone)[0]
    chosen = alone.home / "krita things"
    install_by_hand(KritaPlace("native", chosen, native.kritarc, True, (), ()))
    native.kritarc.write_text(f"ResourceDirectory={chosen}\n[python]\nenable_velatura_krita=true\n")
    assert [GOOD, GOOD] == [finding.state for finding in examine_kritas(alone)]


def test_krita_without_pyqt_is_a_fault(alone: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed and enabled, and still Krita would not load it."""
    library = alone.home / "usr" / "lib" / "kritaplugins" / "kritapykrita.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"libpython3.13.so.1.0 libQt6Core.so.6")
    place = KritaPlace("native", alone.home / "krita", alone.home / "c" / "kritarc", True, (str(library),), ())
    install_by_hand(place)
    monkeypatch.setattr("velatura_cli.doctor.editors.places_in_use", lambda _host: (place,))
    _krita, plugin, missing = examine_kritas(alone)
    assert (GOOD, FAULT) == (plugin.state, missing.state)
    assert "lacks PyQt6" in missing.says
    assert "Install PyQt6" in missing.repair


def test_krita_plugin_installed_and_enabled(tmp_path: Path) -> None:
    """Missing, there but disabled, there and enabled."""
    place = KritaPlace("native", tmp_path, tmp_path / "kritarc", True, (), ())
    assert judge_krita_plugin(place).state == NOTE

    (tmp_path / "pykrita" / "velatura_krita").mkdir(parents=True)
    (tmp_path / "pykrita" / "velatura_krita" / "__init__.py").write_text("")
    (tmp_path / "pykrita" / "velatura_krita.desktop").write_text("")
    assert judge_krita_plugin(place).state == FAULT

    place.kritarc.write_text("[other]\nenable_velatura_krita=true\n[python]\nenable_velatura_krita=false\n")
    assert judge_krita_plugin(place).state == FAULT

    place.kritarc.write_text("[a]\nb=c\n\n[python]\nenable_x=true\nenable_velatura_krita=true\n\n[z]\n")
    assert judge_krita_plugin(place).state == GOOD


def test_editor_on_the_search_path_tells_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIMP's own words are read; a program that is not there is not found."""
    program = tmp_path / "gimp"
    program.write_text("#!/bin/sh\necho 'GNU Image Manipulation Program version 3.0.4'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    found = find_program(("gimp", "gimp-3.0"))

    assert found == program
    assert program_version(program) == "3.0.4"
    assert find_program(("no-such-editor",)) is None


def test_doctor_as_a_command(real_daemon) -> None:
    """The whole examination as JSON: healthy here, every subject looked at, exit code to match."""
    told = subprocess.run(
        [sys.executable, "-m", "velatura_cli", "doctor", "--json"], capture_output=True, text=True, check=False
    )
    report = json.loads(told.stdout)
    subjects = {finding["subject"] for finding in report["findings"]}

    assert told.returncode == (0 if report["healthy"] else 1)
    assert {"Python", "packages", "torch", "loopback", "state folder", "daemon", "model", "Krita", "GIMP"} <= subjects
    for finding in report["findings"]:
        assert finding["state"] == GOOD or finding["repair"]
