"""Artwork from npm packages, fetched once into a folder: pinned, verified, unpacked; then no network is needed."""

from collections.abc import Iterable
from pathlib import Path

from .downloading import Report, download
from .npm_registry import registry_address
from .recipe import Source
from .unpacking import unpack


def unpacked_folder(sources: Path, source: Source) -> Path:
    """Where the files of a package lie, as ``package.json`` and whatever else it has, once it was fetched."""
    return sources / f"{source.package}@{source.version}"


def fetch_sources(needed: Iterable[Source], sources: Path, report: Report) -> None:
    """Makes sure that every package is unpacked under the folder ``sources``; asks no network for those that are.

    Raises:
        VelaturaError: ``model_incomplete`` when a package cannot be fetched, ``model_unsafe`` when it is not what the
            recipe pins, ``disk_full``.
    """
    for source in needed:
        folder = unpacked_folder(sources, source)
        if folder.is_dir():
            continue
        archive = folder.with_name(folder.name + ".tgz")
        archive.parent.mkdir(parents=True, exist_ok=True)
        download(tarball_address(source), archive, source.integrity, report)
        unpack(archive, folder)
        archive.unlink()


def tarball_address(source: Source) -> str:
    """Where npm's registries keep a package: ``@scope/name/-/name-version.tgz``."""
    name = source.package.rpartition("/")[2]
    return f"{registry_address()}/{source.package}/-/{name}-{source.version}.tgz"
