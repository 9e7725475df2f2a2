"""Packs the plug-in into a zip for Krita's own importer (Tools, Scripts, Import Python Plugin from File).

The importer looks for a folder with an entry of its own, an ``__init__.py`` in it, and beside it the .desktop file that
names the folder and the .action file of that name. The zip holds nothing of this machine: where the daemon's Python is,
the plug-in reads from the note that the installer leaves in the state folder of whoever paints.
"""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

from install import vendor
from install.console import Console, size
from install.environment import Environment
from install.problems import InstallError

PLUGIN = "velatura_krita"
#: The same for each file, so that the same plug-in gives the same zip: the earliest that the format knows.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
FILE_MODE, FOLDER_MODE = 0o100644, 0o040755
#: The attribute by which MS-DOS, and the format, know a folder.
MSDOS_FOLDER = 0x10


def write_zip(target: Path, environment: Environment, console: Console) -> None:
    """Write ``target`` anew, or leave what was there. Raises InstallError where it cannot be written."""
    source = environment.repository / "plugin" / PLUGIN
    with tempfile.TemporaryDirectory(prefix="velatura-zip-") as temporary:
        package = Path(temporary, PLUGIN)
        vendor.copy_package(source, package)
        vendor.fill(package / "vendor", environment, console)
        partial = target.with_name(target.name + ".part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in [package, *sorted(package.rglob("*"))]:
                    _add(archive, path, path.relative_to(temporary).as_posix())
                for name in (f"{PLUGIN}.desktop", f"{PLUGIN}.action"):
                    _add(archive, source / name, name)
            partial.replace(target)
        except OSError as problem:
            with suppress(OSError):
                partial.unlink()
            raise InstallError(
                f"{target} could not be written ({problem.strerror}). Choose another place."
            ) from problem
    console.detail(size(target.stat().st_size))


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    is_folder = path.is_dir()
    entry = zipfile.ZipInfo(name + "/" if is_folder else name, TIMESTAMP)
    entry.external_attr = (FOLDER_MODE if is_folder else FILE_MODE) << 16 | (MSDOS_FOLDER if is_folder else 0)
    entry.compress_type = zipfile.ZIP_STORED if is_folder else zipfile.ZIP_DEFLATED
    archive.writestr(entry, b"" if is_folder else path.read_bytes())
