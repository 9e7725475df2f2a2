"""``velatura doctor``."""

import dataclasses
import subprocess
from collections.abc import Callable
from typing import Annotated

import typer
from rich.text import Text

from ..output import harmless, print_json, table_console
from .daemon import examine_daemon
from .editors import examine_editors
from .finding import FAULT, Finding
from .python_packages import examine_packages, examine_python
from .surroundings import examine_loopback, examine_state_folder
from .torch_build import examine_torch

_EXAMINATIONS: tuple[Callable[[], list[Finding]], ...] = (
    examine_python,
    examine_packages,
    examine_torch,
    examine_loopback,
    examine_state_folder,
    examine_daemon,
    examine_editors,
)
_STYLE = {"good": "green", "note": "yellow", "fault": "bold red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Look at everything that Velatura needs, and say how to repair what is wrong. Exit code 1 when something is."""
    findings: list[Finding] = []
    for examine in _EXAMINATIONS:
        for finding in _examined(examine):
            findings.append(finding)
            if not as_json:
                _show(finding)
    if as_json:
        print_json({"healthy": _is_healthy(findings), "findings": [dataclasses.asdict(one) for one in findings]})
    raise typer.Exit(0 if _is_healthy(findings) else 1)


def _examined(examine: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return examine()
    except (OSError, subprocess.SubprocessError) as error:
        subject = examine.__name__.removeprefix("examine_").replace("_", " ")
        return [Finding(subject, FAULT, f"It could not be examined ({error}).", "Run velatura doctor again.")]


def _is_healthy(findings: list[Finding]) -> bool:
    return not any(finding.state == FAULT for finding in findings)


def _show(finding: Finding) -> None:
    line = Text.assemble(
        (f"{finding.state:<6}", _STYLE[finding.state]), f"{finding.subject:<14} {harmless(finding.says)}"
    )
    table_console.print(line, soft_wrap=True)
    if finding.repair:
        table_console.print(Text(f"{'':<21}{harmless(finding.repair)}"), soft_wrap=True)
