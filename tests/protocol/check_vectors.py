"""Reads every golden vector and writes it again; exits 1 on a difference. Runs in any Python from 3.8 on, alone."""

import json
import sys
from pathlib import Path

from velatura_protocol.codec import to_plain
from velatura_protocol.envelope import decode, encode


def check(path: Path) -> None:
    """Raise AssertionError unless the vector's frames and its readable form say the same, both ways."""
    vector = json.loads(path.read_text(encoding="utf-8"))
    frames = [bytes.fromhex(frame) for frame in vector["frames"]]
    envelope = decode(frames)
    expected = (vector["kind"], vector["id"], vector["re"], vector["body"])
    header = envelope.header
    assert expected == (header.kind, header.id, header.re, to_plain(envelope.body)), path.name
    assert frames == encode(envelope.body, id=header.id, re=header.re, blobs=envelope.blobs), path.name


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).glob("*.json"))
    for vector_path in paths:
        check(vector_path)
    sys.stdout.write(f"{len(paths)} vectors\n")
