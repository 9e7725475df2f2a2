"""Puts the licence of every source beside the pictures that were made from it."""

from collections.abc import Iterable
from pathlib import Path

from velatura_protocol.errors import VelaturaError

from .recipe import Source

TEXTS = Path(__file__).parent / "licences"


def licence_files(sources: Iterable[Source]) -> dict[str, str]:
    """The content by file name: which package, whose work, and the whole text of its licence.

    Raises:
        VelaturaError: ``invalid_value`` when a recipe names a licence whose text does not ship.
    """
    return {f"{source.package.strip('@').replace('/', '-')}.txt": _notice(source) for source in sources}


def _notice(source: Source) -> str:
    text = TEXTS / f"{source.licence}.txt"
    if not text.is_file():
        known = ", ".join(sorted(file.stem for file in TEXTS.glob("*.txt")))
        raise VelaturaError(
            "invalid_value",
            f"The recipe names the licence {source.licence!r} for {source.package}. Known: {known}.",
        )
    return (
        f"The pictures in this folder are composed from {source.package} {source.version}\n"
        f"{source.homepage}\n{source.copyright}\nLicence: {source.licence}\n\n{text.read_text(encoding='utf-8')}"
    )
