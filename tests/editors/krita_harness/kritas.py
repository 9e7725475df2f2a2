"""The versions of Krita that the tests run in: this machine's own, and those of newer Debians, each in a folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
#: What shows a script's Krita and drives it, and what a script calls.
PROGRAMS = ("krita", "Xvfb", "xdpyinfo", "xdotool", "import")
#: The folder that has one folder per suite; without it they are where ``chroots/build.sh`` puts them by itself.
CHROOTS = os.environ.get("VELATURA_CHROOTS", "")
#: The last thing that ``chroots/build.sh`` writes.
COMPLETE = Path("etc", "velatura-recipe")
#: The daemon that the plug-in starts cannot run on the other system's libraries. So what stands there for its
#: interpreter goes back to the mounts of the tests' own process and becomes the real one, with the same process id.
PYTHON_OUTSIDE = '#!/bin/sh\nexec nsenter --target {pid} --mount --root --wdns="$PWD" -- "$0" "$@"\n'


@dataclass(frozen=True)
class Krita:
    """One Krita.

    Attributes:
        name: ``native``, or the suite of Debian that it comes from.
        root: the folder with the system that it belongs to.
        runs_all: whether every test runs in it by default, or only those of the marked subset.
    """

    name: str
    root: Path
    runs_all: bool

    def missing(self) -> tuple[str, ...]:
        """What the tests in this Krita need and this machine lacks."""
        programs = PROGRAMS if self.is_native else ("Xvfb", "xdpyinfo", "unshare", "nsenter")
        lacks = [program for program in programs if shutil.which(program) is None]
        if not self.is_native and not lacks:  # with all of these it is Linux
            if not (self.root / COMPLETE).exists():
                lacks.append(f"{self.root} (tests/editors/chroots/build.sh {self.name} makes it)")
            if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
                lacks.append("the right to mount, which root has")
        return tuple(lacks)

    @property
    def is_native(self) -> bool:
        return self.root == Path("/")

    def command(self, arguments: Sequence[str], folder: Path) -> list[str]:
        """What starts it. ``folder``: the session's own, which lies at the same place in the other system."""
        if self.is_native:
            return ["krita", *arguments]
        environment = Path(sys.prefix)
        assert sys.prefix != sys.base_prefix, "the tests run in a virtual environment"
        mounts = [REPOSITORY, REPOSITORY, folder, folder, _stand_in(environment, folder), environment]
        enter = ["unshare", "--mount", "sh", HERE / "enter.sh", self.root, *mounts]
        return [*map(str, enter), "--", "krita", *arguments]


def _stand_in(environment: Path, folder: Path) -> Path:
    """A folder to be seen in the place of the virtual environment ``environment``, with its interpreters alone."""
    stand_in = folder / "environment"
    (stand_in / "bin").mkdir(parents=True, exist_ok=True)
    for python in (environment / "bin").glob("python*"):
        script = stand_in / "bin" / python.name
        script.write_text(PYTHON_OUTSIDE.format(pid=os.getpid()))
        script.chmod(0o755)
    return stand_in


def _chroot(suite: str, *, runs_all: bool) -> Krita:
    folder = Path(CHROOTS, suite) if CHROOTS else Path(f"/var/tmp/velatura-{suite}")  # noqa: S108 - large, to be kept
    return Krita(suite, folder, runs_all)


#: Krita 5.1 of Debian 12, 5.2 of Debian 13, 5.3 and 6.0 (which is on Qt 6).
KRITAS = {
    krita.name: krita
    for krita in (
        Krita("native", Path("/"), runs_all=True),
        _chroot("trixie", runs_all=False),
        _chroot("forky", runs_all=False),
        _chroot("experimental", runs_all=True),
    )
}
