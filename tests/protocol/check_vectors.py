"""Reads every golden vector and writes it again; exits 1 on a difference. Runs in any Python from 3.8 on, alone.

The newest vector of a kind (``KIND-MAJOR.MINOR.json``, the first one ``KIND.json``) is written as it stands, to the
bit. Of an older one the same is read, and when it is written again it may hold more fields, but no other values.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from velatura_protocol.codec import to_plain
from velatura_protocol.envelope import decode, encode


def check(path: Path, is_newest: bool) -> None:
    """Raise AssertionError unless the vector's frames and its readable form say the same, both ways."""
    vector = json.loads(path.read_text(encoding="utf-8"))
    frames = [bytes.fromhex(frame) for frame in vector["frames"]]
    envelope = decode(frames)
    header, body = envelope.header, to_plain(envelope.body)
    expected = (vector["kind"], vector["id"], vector["re"], vector["body"])
    read = body if is_newest else _common(body, vector["body"])
    assert expected == (header.kind, header.id, header.re, read), path.name
    if body == vector["body"]:
        assert frames == encode(envelope.body, id=header.id, re=header.re, blobs=envelope.blobs), path.name


def _common(body: Any, older: Any) -> Any:
    """``body`` without the fields that ``older`` does not have."""
    if isinstance(body, dict) and isinstance(older, dict):
        return {name: _common(value, older[name]) for name, value in body.items() if name in older}
    if isinstance(body, list) and isinstance(older, list) and len(body) == len(older):
        return [_common(item, older[index]) for index, item in enumerate(body)]
    return body


def _version(path: Path) -> tuple[int, ...]:
    """Of the protocol in which a vector was written; () for the first."""
    numbers = path.stem.partition("-")[2]
    return tuple(int(number) for number in numbers.split(".")) if numbers else ()


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).glob("*.json"), key=lambda path: (path.stem.partition("-")[0], _version(path)))
    newest: dict[str, Path] = {path.stem.partition("-")[0]: path for path in paths}
    for vector_path in paths:
        check(vector_path, vector_path in newest.values())
    sys.stdout.write(f"{len(paths)} vectors\n")
