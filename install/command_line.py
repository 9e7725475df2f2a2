"""The installer's command line: one verb, a few options, and the exit code."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from install import environment, torch_builds
from install.console import Console, seconds
from install.pip import MIRROR_ADVICE
from install.problems import InstallError
from install.state import leave_note
from velatura_cli.krita_places import this_host

REPOSITORY = Path(__file__).resolve().parent.parent
NOT_THERE_YET = 2

DESCRIPTION = "Set up Velatura: paint with latent diffusion inside Krita. Every verb can be run again at any time."
EPILOG = f"""\
packages come from where your pip is told to look. {MIRROR_ADVICE}
torch comes from the same place when it has the build that fits, else from PyTorch's own index; a mirror of that
can be named with: python3 -m pip config set global.find-links https://MIRROR/pytorch-wheels/cu130/
"""


def main(arguments: list[str]) -> int:
    """Run one verb. Returns the exit code: 0 done, 1 failed, 2 not there yet or misused, 130 stopped by the person."""
    options, rest = _parser().parse_known_args(arguments)
    if rest and options.verb != "test":
        _parser().error(f"not understood: {' '.join(rest)}")
    options.rest = rest
    console = Console()
    started = time.monotonic()
    try:
        code = options.run(options, console)
    except InstallError as problem:
        console.say(problem.message)
        return problem.exit_code
    except KeyboardInterrupt:
        console.say("Stopped. The same command takes up where it was.")
        return 130
    console.detail(f"{options.verb}: {seconds(time.monotonic() - started)} in all")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 install",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: Callable[[argparse.Namespace, Console], int], text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(
            name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        added.set_defaults(run=run)
        return added

    for name, run, text in (
        ("demo", _demo, "paint four pictures with the model in the package and put them on one sheet"),
        ("setup", _setup, "make or refresh the Python environment, and nothing else"),
        ("krita", _krita, "put the plug-in into Krita and enable it"),
        ("test", _test, "run the whole test suite; further arguments go to pytest"),
    ):
        added = verb(name, run, text)
        added.add_argument(
            "--torch", choices=torch_builds.CHOICES, default="auto", help="which build of torch (default: auto)"
        )
        added.add_argument("--python", type=Path, metavar="PROGRAM", help="the Python to build the environment with")
        added.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        if name == "krita":
            added.add_argument(
                "--zip", type=Path, metavar="FILE", help="instead write the plug-in into FILE, for Krita's own importer"
            )
    remove = verb("remove", _remove, "take away what this installer put on the machine")
    remove.add_argument(
        "--all", action="store_true", help="the daemon's state (queue, results, logs) and the demo's pictures too"
    )
    remove.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    verb("gimp", _gimp, "put the plug-in into GIMP (not there yet)")
    verb("service", _service, "run the daemon as a service of this user (not there yet)")
    return parser


def _ready(options: argparse.Namespace, console: Console, tests: bool = False) -> environment.Environment:
    """The environment, brought up to date."""
    target = environment.locate(this_host(), REPOSITORY)
    environment.ensure(target, environment.Wish(options.torch, tests, options.python), console)
    return target


def _planned(options: argparse.Namespace, console: Console, then: str) -> int:
    """What a dry run of a verb says."""
    target = environment.locate(this_host(), REPOSITORY)
    wish = environment.Wish(options.torch, options.verb == "test", options.python)
    for sentence in environment.plan(target, wish):
        console.say(sentence)
    console.say(then)
    return 0


def _setup(options: argparse.Namespace, console: Console) -> int:
    if options.dry_run:
        return _planned(options, console, "Nothing else.")
    target = _ready(options, console)
    leave_note(target)
    console.say(f"Ready: {target.folder}")
    return 0


def _demo(options: argparse.Namespace, console: Console) -> int:
    from install import demo

    if options.dry_run:
        return _planned(options, console, f"Then the demo would paint into {REPOSITORY / demo.OUTPUT_NAME}.")
    return demo.run(_ready(options, console), console)


def _test(options: argparse.Namespace, console: Console) -> int:
    from install import test

    if options.dry_run:
        return _planned(options, console, f"Then: {' '.join(test.command(Path('python'), options.rest))}")
    return test.run(_ready(options, console, tests=True), options.rest, console)


def _krita(options: argparse.Namespace, console: Console) -> int:
    from install import krita

    if options.dry_run and options.zip:
        return _planned(options, console, f"Then the plug-in would be packed into {options.zip}.")
    if options.dry_run:
        return _planned(options, console, krita.describe(this_host()))
    target = _ready(options, console)
    leave_note(target)
    return krita.write_zip(options.zip, target, console) if options.zip else krita.run(target, console)


def _remove(options: argparse.Namespace, console: Console) -> int:
    from install import remove

    return remove.run(
        environment.locate(this_host(), REPOSITORY), console, everything=options.all, dry_run=options.dry_run
    )


def _gimp(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001  (every verb is called alike)
    console.say("The GIMP plug-in is not there yet. Krita's is: python3 install krita")
    return NOT_THERE_YET


def _service(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001
    console.say("A service is not there yet. The plug-in starts the daemon by itself; by hand: velatura daemon start")
    return NOT_THERE_YET
