"""Fetches a file over HTTP: resumed where an earlier attempt broke off, and kept only when its checksum is right."""

import base64
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from velatura_protocol.errors import VelaturaError

from ..disk_space import require_space

#: Called with (name of the file, bytes that are there, bytes in all or 0 when the server does not say).
Report = Callable[[str, int, int], None]

#: A connection that breaks is taken up again this often before the person is asked to.
ATTEMPTS = 3
#: A server that says nothing for so long is given up.
TIMEOUT_S = 30.0
BLOCK_BYTES = 1 << 18
#: A package takes its own length, and up to a few times that once it is unpacked.
SPACE_NEEDED = 4
HTTP_PARTIAL_CONTENT = 206
HTTP_RANGE_NOT_SATISFIABLE = 416


def download(address: str, path: Path, integrity: str, report: Report) -> None:
    """Makes the file ``path``. What arrived before an interruption waits beside it as ``.part``.

    Args:
        integrity: as npm writes it, ``sha512-`` and the digest in base64.

    Raises:
        VelaturaError: ``model_incomplete`` (may be tried again) when the server cannot be reached or breaks off,
            ``model_unsafe`` when the checksum is wrong; then nothing is left. ``disk_full``.
    """
    if not address.startswith(("http://", "https://")):
        raise VelaturaError("invalid_value", f"{address} is no web address. Mend the registry in npm's configuration.")
    part = path.with_name(path.name + ".part")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _continue(address, part, report)
            break
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            if attempt == ATTEMPTS or isinstance(error, urllib.error.HTTPError):
                raise _not_fetched(address, error) from error
        except OSError as error:
            raise VelaturaError(
                "disk_full", f"{part} cannot be written: {error.strerror or error}. Free some space and try again."
            ) from error
    if integrity != _integrity(part):
        part.unlink()
        raise VelaturaError(
            "model_unsafe",
            f"{address} is not the file that the recipe pins, and was deleted. Check the registry's address.",
        )
    part.replace(path)


def _continue(address: str, part: Path, report: Report) -> None:
    """Appends what is missing of ``part``."""
    there = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={there}-"} if there else {})  # noqa: S310
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310 - the scheme was checked
    except urllib.error.HTTPError as error:
        error.close()
        if there and error.code == HTTP_RANGE_NOT_SATISFIABLE:
            return  # all of it is there already
        raise
    with answer:
        resumed = answer.status == HTTP_PARTIAL_CONTENT
        there = there if resumed else 0
        length = int(answer.headers.get("Content-Length") or 0)
        whole = there + length if length else 0
        require_space(part.parent, SPACE_NEEDED * length, "the files of the artwork")
        with part.open("ab" if resumed else "wb") as file:
            while block := answer.read(BLOCK_BYTES):
                file.write(block)
                there += len(block)
                report(part.stem, there, whole)
    if there < whole:
        raise http.client.IncompleteRead(b"", whole - there)


def _integrity(path: Path) -> str:
    with path.open("rb") as file:
        return "sha512-" + base64.b64encode(hashlib.file_digest(file, "sha512").digest()).decode()


def _not_fetched(address: str, error: Exception) -> VelaturaError:
    reason = getattr(error, "reason", None) or error
    return VelaturaError(
        "model_incomplete",
        f"{address} could not be fetched: {reason}. Check the network and the registry that npm is configured for, "
        "then try again: what has arrived is kept.",
        retry=True,
    )
