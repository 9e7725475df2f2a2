"""Enables and disables the plug-in in kritarc, Krita's settings file, and leaves every other byte of it alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

GROUP = b"[python]"
KEY = b"enable_velatura_krita"


@dataclass(frozen=True)
class Edited:
    """``content``: the whole new file. ``added_group``: whether ``[python]`` was not there before."""

    content: bytes
    added_group: bool


def enable(content: bytes) -> Edited:
    """Set the plug-in's key in the group ``[python]``, which is added at the end where there is none."""
    lines = content.splitlines(keepends=True)
    line_end = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    setting = KEY + b"=true" + line_end
    start = _group_start(lines)
    if start is None:
        if lines and not lines[-1].endswith(b"\n"):
            lines[-1] += line_end
        gap = [line_end] if lines else []
        return Edited(b"".join([*lines, *gap, GROUP + line_end, setting]), True)
    for index in _group_lines(lines, start):
        if _is_key(lines[index]):
            lines[index] = setting
            return Edited(b"".join(lines), False)
    if not lines[start].endswith(b"\n"):
        lines[start] += line_end
    return Edited(b"".join([*lines[: start + 1], setting, *lines[start + 1 :]]), False)


def disable(content: bytes, drop_empty_group: bool) -> bytes:
    """Take the plug-in's key out; the group too where it is then empty and ``drop_empty_group``."""
    lines = content.splitlines(keepends=True)
    start = _group_start(lines)
    if start is None:
        return content
    inside = _group_lines(lines, start)
    kept = [lines[index] for index in inside if not _is_key(lines[index])]
    before, after = lines[:start], lines[inside.stop :]
    if drop_empty_group and not any(line.strip() for line in kept):
        if before and not before[-1].strip():
            before.pop()  # the empty line that came with the group
        return b"".join([*before, *kept, *after])
    return b"".join([*before, lines[start], *kept, *after])


def _group_start(lines: list[bytes]) -> int | None:
    return next((index for index, line in enumerate(lines) if line.strip() == GROUP), None)


def _group_lines(lines: list[bytes], start: int) -> range:
    """The indices of the lines that belong to the group whose header stands at ``start``."""
    end = next((index for index in range(start + 1, len(lines)) if lines[index].startswith(b"[")), len(lines))
    return range(start + 1, end)


def _is_key(line: bytes) -> bool:
    return re.match(re.escape(KEY) + rb"\s*=", line) is not None
