"""Makes the virtual environment, or completes, repairs and refreshes it; a second run with nothing to do ends at once.

The stamp, a JSON file in the environment, says what a finished run had installed. It is marked as unfinished before
anything changes and as ready when all is done, so whatever stops a run half-way, the next one takes up the work.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from install import torch_builds
from install.console import Console, size
from install.pip import PIP_VERSION, Pip, PipError, clean_environment
from install.platforms import GET_PYTHON, GET_VENV, python_names, venv_packages, venv_python
from install.problems import InstallError
from velatura_cli.krita_places import Host
from velatura_cli.pythons import NEWEST_PYTHON, OLDEST_PYTHON, version_text

STAMP_NAME = "velatura-install.json"
LOG_NAME = "velatura-install.log"
#: PyTorch's own index is out of reach for many; finding that out must not take long.
FOREIGN_INDEX_TIMEOUT = ("--timeout", "10", "--retries", "1")
READY = "ready"
UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Stamp:
    """``lock``: digest over all that decides what is installed, but torch and the tests' extras."""

    state: str = UNFINISHED
    lock: str = ""
    torch: str = ""
    tests: bool = False


@dataclass(frozen=True)
class Wish:
    """What a verb needs. ``torch``: a --torch choice. ``python``: what to build on, or None to look for one."""

    torch: str = "auto"
    tests: bool = False
    python: Path | None = None


@dataclass(frozen=True)
class Environment:
    """A virtual environment of this repository, which may not exist yet. ``python``: its interpreter."""

    host: Host
    repository: Path
    folder: Path

    @property
    def python(self) -> Path:
        return venv_python(self.host, self.folder)

    @property
    def stamp_file(self) -> Path:
        return self.folder / STAMP_NAME

    def read_stamp(self) -> Stamp | None:
        """None where no run of the installer has been here."""
        try:
            return Stamp(**json.loads(self.stamp_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            return Stamp()

    def write_stamp(self, stamp: Stamp) -> None:
        temporary = self.stamp_file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(stamp), indent=1) + "\n", encoding="utf-8")
        temporary.replace(self.stamp_file)


def locate(host: Host, repository: Path) -> Environment:
    """The repository's ``.venv``, or the folder that VELATURA_VENV names."""
    named = host.environment.get("VELATURA_VENV")
    return Environment(host, repository, Path(named).absolute() if named else repository / ".venv")


def lock_files(repository: Path, tests: bool) -> list[Path]:
    names = ["requirements.txt"] + (["requirements-test.txt"] if tests else [])
    return [repository / "install" / "lock" / name for name in names]


def lock_digest(repository: Path) -> str:
    """Changes when the lock, the project's own description, the pip version or the place of the repository does."""
    digest = hashlib.sha256(f"{repository}\n{PIP_VERSION}\n{torch_builds.TORCH_VERSION}\n".encode())
    for path in (*lock_files(repository, tests=True), repository / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure(environment: Environment, wish: Wish, console: Console) -> None:
    """Bring the environment to what ``wish`` asks for. Raises InstallError."""
    if _is_satisfied(environment, wish):
        return
    stamp = environment.read_stamp()
    console.heading(f"Setting up {environment.folder}")
    build, why = _torch_build(environment, wish)
    console.detail(why)
    _check_disk(environment, build, console)
    if not (_works(environment) and _pip_works(environment)):
        _make(environment, wish, console)
    tests = wish.tests or (stamp is not None and stamp.tests)
    environment.write_stamp(Stamp(tests=tests))
    _repair_interrupted(environment)
    pip = Pip(environment.python, environment.folder / LOG_NAME, console)
    with console.step("Installing the packages of the lock file"):
        if _unpacked(environment, "pip") != [PIP_VERSION]:
            pip.run(f"pip {PIP_VERSION}", "install", f"pip=={PIP_VERSION}")
        arguments = [part for path in lock_files(environment.repository, tests) for part in ("-r", str(path))]
        pip.install("the packages of the lock file", "--no-deps", "--only-binary=:all:", *arguments)
    with console.step(f"Installing torch {torch_builds.TORCH_VERSION} ({build.label or 'plain'} build)"):
        _install_torch(environment, build, pip, console)
    with console.step("Installing Velatura itself"):
        pip.install("Velatura", "--no-deps", "--no-build-isolation", "-e", str(environment.repository))
    family = _check(environment, build)
    environment.write_stamp(Stamp(READY, lock_digest(environment.repository), family, tests))


def plan(environment: Environment, wish: Wish) -> list[str]:
    """What ``ensure`` would do, in sentences."""
    if _is_satisfied(environment, wish):
        return [f"{environment.folder} is complete; nothing would be installed there."]
    build, why = _torch_build(environment, wish)
    files = " and ".join(
        str(path.relative_to(environment.repository)) for path in lock_files(environment.repository, wish.tests)
    )
    return [
        f"Would make or refresh {environment.folder}: {files}, {build.requirement}, Velatura itself.",
        f"{why} That is about {size(build.disk_bytes)} on disk.",
    ]


def _is_satisfied(environment: Environment, wish: Wish) -> bool:
    stamp = environment.read_stamp()
    return (
        stamp is not None
        and stamp.state == READY
        and stamp.lock == lock_digest(environment.repository)
        and wish.torch in ("auto", stamp.torch)
        and (stamp.tests or not wish.tests)
        and _works(environment)
    )


def _torch_build(environment: Environment, wish: Wish) -> tuple[torch_builds.TorchBuild, str]:
    """The build to install, and why. ``auto`` keeps the kind that is there: a sleeping GPU must not swap it."""
    stamp = environment.read_stamp()
    if wish.torch == "auto" and stamp is not None and stamp.torch in torch_builds.SYSTEMS:
        build, _ = torch_builds.choose(stamp.torch, environment.host)
        return build, f"Keeping the {build.family} build of torch (--torch to change it)."
    return torch_builds.choose(wish.torch, environment.host)


def _check_disk(environment: Environment, build: torch_builds.TorchBuild, console: Console) -> None:
    existing = next(folder for folder in (environment.folder, *environment.folder.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    taken = sum(
        path.stat().st_size
        for folder in venv_packages(environment.host, environment.folder)
        for path in folder.glob("torch/lib/*")
        if path.is_file()
    )
    needed = build.disk_bytes - taken
    if free < needed:
        raise InstallError(
            f"Not enough room: the {build.family} build needs about {size(needed)} on the disk of {existing}, and "
            f"{size(free)} are free. Make room, or set VELATURA_VENV to a folder on another disk, and start again."
        )
    console.detail(f"about {size(build.disk_bytes)} on disk, {size(free)} free")


def _works(environment: Environment) -> bool:
    """Whether the environment's interpreter starts: an upgrade of the system's Python breaks it."""
    return _answer(environment, "-c", "import sys; print(sys.prefix != sys.base_prefix)") == "True"


def _pip_works(environment: Environment) -> bool:
    """Whether pip starts: it may have been stopped while it replaced itself."""
    return _answer(environment, "-m", "pip", "--version").startswith("pip ")


def _answer(environment: Environment, *arguments: str) -> str:
    """What the environment's interpreter prints; empty when it cannot be started."""
    try:
        answer = subprocess.run(
            [str(environment.python), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(os.environ),
        )
    except OSError:
        return ""
    return answer.stdout.strip()


def _make(environment: Environment, wish: Wish, console: Console) -> None:
    """Make the environment anew. Refuses to clear a folder that is not an environment."""
    folder = environment.folder
    ours = (folder / "pyvenv.cfg").exists() or environment.stamp_file.exists()
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise InstallError(
            f"{folder} holds files but no Python environment. Move it away, or set VELATURA_VENV to another folder."
        )
    python, version = find_python(environment.host, wish.python)
    with console.step(f"Making an environment with Python {version[0]}.{version[1]}"):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        environment.write_stamp(Stamp())  # from now on the folder is known as ours, however far the next command comes
        made = subprocess.run(
            [*python, "-m", "venv", str(folder)],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(os.environ),
        )
        if made.returncode != 0 or not _pip_works(environment):
            raise InstallError(
                f"Python could not make a virtual environment in {folder}: its venv module is missing or broken. "
                f"{GET_VENV[environment.host.system]}. Then start again."
            )


def find_python(host: Host, named: Path | None) -> tuple[tuple[str, ...], tuple[int, int]]:
    """A command that starts a Python that the lock serves, and its version. Raises InstallError where there is none."""
    candidates = ((str(named),),) if named else ((sys.executable,), *python_names(host))
    for command in candidates:
        version = _version_of(command)
        if version is not None and OLDEST_PYTHON <= version <= NEWEST_PYTHON:
            return command, version
    wanted = f"Python {version_text(OLDEST_PYTHON)} to {version_text(NEWEST_PYTHON)}"
    if named:
        raise InstallError(f"{named} is not {wanted}. Give --python another one, or leave it out.")
    raise InstallError(f"Velatura runs on {wanted}, and none was found: {GET_PYTHON[host.system]}. Then start again.")


def _version_of(command: tuple[str, ...]) -> tuple[int, int] | None:
    try:
        answer = subprocess.run(
            [*command, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError):
        return None


def _repair_interrupted(environment: Environment) -> None:
    """Make pip see half-unpacked packages as missing: it writes RECORD last, and trusts a folder without one."""
    for packages in venv_packages(environment.host, environment.folder):
        for leftover in packages.glob("~*"):  # what pip moved aside and did not come to delete
            shutil.rmtree(leftover, ignore_errors=True)
        for information in packages.glob("*.dist-info"):
            if not (information / "RECORD").exists():
                shutil.rmtree(information)


def _install_torch(environment: Environment, build: torch_builds.TorchBuild, pip: Pip, console: Console) -> None:
    """Try the build's sources in turn. Raises the last one's PipError."""
    attempts = torch_builds.attempts(build)
    for number, attempt in enumerate(attempts, start=1):
        if attempt.note:
            console.detail(attempt.note)
        if "+" not in attempt.requirement and any("+" in version for version in _unpacked(environment, "torch")):
            pip.run("torch", "uninstall", "--yes", "torch")  # pip would take another kind of build for the plain one
        foreign = ["--extra-index-url", attempt.index, *FOREIGN_INDEX_TIMEOUT] if attempt.index else []
        try:
            pip.install(attempt.requirement, attempt.requirement, *foreign)
        except PipError as problem:
            if number == len(attempts) or "No space left" in problem.output:
                raise
        else:
            return


def _unpacked(environment: Environment, package: str) -> list[str]:
    """The versions of ``package`` that are unpacked in the environment: one, or none."""
    folders = venv_packages(environment.host, environment.folder)
    found = [path for folder in folders for path in folder.glob(f"{package}-*.dist-info")]
    return [path.name.removesuffix(".dist-info").partition("-")[2] for path in found]


#: Run inside the environment: prints torch's version and the family of the build that is really there.
TORCH_QUESTION = """
import torch, velatura_protocol
version = torch.version
family = ("rocm" if version.hip else "cuda" if version.cuda else "xpu" if getattr(version, "xpu", None)
          else "mps" if torch.backends.mps.is_built() else "cpu")
print(torch.__version__.partition("+")[0], family)
"""


def _check(environment: Environment, build: torch_builds.TorchBuild) -> str:
    """Import torch and Velatura once. Returns the family of the torch that is there. Raises InstallError."""
    answer = subprocess.run(
        [str(environment.python), "-c", TORCH_QUESTION],
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(os.environ),
    )
    if answer.returncode != 0:
        last = answer.stderr.strip().splitlines()[-1:] or ["no message"]
        raise InstallError(
            f"torch was installed but does not start: {last[0]}. Run '{environment.python} -m pip uninstall -y torch' "
            "and start again, with --torch cpu if a GPU driver is the trouble."
        )
    version, family = answer.stdout.split()
    if version != torch_builds.TORCH_VERSION:
        raise InstallError(
            f"torch {version} is there in place of {torch_builds.TORCH_VERSION}. Run 'remove' and start again."
        )
    if build.family in ("cuda", "rocm", "xpu") and family != build.family:
        raise InstallError(
            f"The {build.family} build of torch was asked for, and your package sources gave the {family} build. "
            "Take away sources that hold another build (pip config list shows them), or go on with --torch cpu."
        )
    return build.family
