"""One start of Krita: a home folder, a display, a script inside, and what came of it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .display import Display
from .kritas import Krita
from .processes import end_processes_with, processes_with

HERE = Path(__file__).parent
SCRIPTS = HERE.parent / "scripts"


@dataclass(frozen=True)
class Outcome:
    """What a script left.

    Attributes:
        values: what it put.
        modals: (object name, title, text) of each modal dialog that was seen.
        error: the script's own, and exceptions that nobody caught; "" when all went well.
        left: processes of this session that were still there when Krita had ended, process id to command line.
        is_krita_crash: Krita died of a signal, and not within anything that Python had called.
    """

    values: dict[str, Any]
    modals: tuple[tuple[str, str, str], ...]
    error: str
    exit_code: int
    folder: Path
    left: dict[int, str] = field(default_factory=dict)
    is_krita_crash: bool = False


@dataclass(frozen=True)
class Session:
    """A folder that becomes the whole world of one Krita: ``home``, ``state`` of Velatura, ``tmp`` and results.

    Attributes:
        crashes: scripts in which Krita crashed by itself and was started once more.
    """

    krita: Krita
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def resources(self) -> Path:
        """Krita's resource folder, where plug-ins are put."""
        return self.home / ".local" / "share" / "krita"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def mark(self) -> str:
        """The setting in the environment of every process of this session."""
        return f"VELATURA_STATE={self.state}"

    def prepare_home(self) -> None:
        """Settings for a quiet Krita without OpenGL, with the driver enabled."""
        pykrita = self.resources / "pykrita"
        pykrita.mkdir(parents=True, exist_ok=True)
        shutil.copytree(HERE / "krita_driver", pykrita / "krita_driver", dirs_exist_ok=True)
        shutil.copy(HERE / "krita_driver.desktop", pykrita)
        configuration = self.home / ".config"
        configuration.mkdir(exist_ok=True)
        (configuration / "kritarc").write_text("HideSplashScreen=true\n[python]\nenable_krita_driver=true\n")
        (configuration / "kritadisplayrc").write_text("OpenGLRenderer=none\ncanvasState=OPENGL_SUCCESS\n")

    def run(self, script: str, *, timeout_s: float = 240) -> Outcome:
        """Start Krita with ``scripts/<script>`` inside and wait for its end. Ends everything of it but the daemon.

        Real Krita, above all when documents are closed, crashes by itself about once in some hundred starts. The first
        script of a session then gets a second start, and ``crashes`` keeps that; a crash that comes again is a failure.
        """
        is_first = not self.state.exists()
        outcome = self._run_once(script, timeout_s)
        if not (is_first and outcome.is_krita_crash):
            return outcome
        self.crashes.append(script)
        self.end()
        for folder in (self.state, self.folder / "tmp", self.folder / "runtime"):
            shutil.rmtree(folder)
        return self._run_once(script, timeout_s)

    def _run_once(self, script: str, timeout_s: float) -> Outcome:
        results = self.folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        for folder in (results, self.state, self.folder / "tmp", self.folder / "runtime"):
            folder.mkdir(mode=0o700, exist_ok=True)
        with Display(self.folder / "xvfb.log") as display, (self.folder / "krita.log").open("wb") as log:
            krita = subprocess.Popen(
                self.krita.command(["--nosplash"], self.folder),
                env=self._environment(display.name, script, results, timeout_s),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
            try:
                # the driver gives up by itself; this catches a Krita that does not end
                exit_code = krita.wait(timeout_s + 40)
            finally:
                if krita.poll() is None:
                    krita.kill()
                    krita.wait()
            left = processes_with(self.mark)
        return self._outcome(results, exit_code, left)

    def end(self) -> None:
        """End every process of this session, the daemon too."""
        end_processes_with(self.mark)

    def _environment(self, display: str, script: str, results: Path, timeout_s: float) -> dict[str, str]:
        """Nothing of the tests' own environment, which may hold Python and Qt settings that break Krita."""
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.folder / "runtime"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2"),
            "VELATURA_STATE": str(self.state),
            "KRITA_DRIVER_SCRIPT": str(SCRIPTS / script),
            "KRITA_DRIVER_FOLDER": str(results),
            "KRITA_DRIVER_TIMEOUT_S": str(timeout_s),
            **self.environment,
        }

    def _outcome(self, results: Path, exit_code: int, left: dict[int, str]) -> Outcome:
        faults = results / "fault.txt"
        stacks = faults.read_text() if faults.exists() else ""
        try:
            written = json.loads((results / "result.json").read_text())
        except FileNotFoundError:
            log = (self.folder / "krita.log").read_text(errors="replace")[-3000:]
            written = {"values": {}, "modals": [], "exceptions": []}
            written["error"] = f"Krita left no result\n{stacks}\n{log}"
        return Outcome(
            values=written["values"],
            modals=tuple((name, title, text) for name, title, text in written["modals"]),
            error="\n".join([written["error"], *written["exceptions"]]).strip(),
            exit_code=exit_code,
            folder=results,
            left=left,
            is_krita_crash=exit_code < 0 and _is_outside_python(stacks),
        )


def _is_outside_python(stacks: str) -> bool:
    """Whether faulthandler found the main thread, which it writes last, not to be in a call from Python."""
    fault, *threads = stacks.split("most recent call first")
    return fault.startswith("Fatal Python error") and bool(threads) and "<no Python frame>" in threads[-1]
