"""Puts Velatura's plug-in into the resource folder of a test's Krita."""

import json
import shutil
import sys
import sysconfig
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def install_plugin(resources: Path) -> None:
    package = resources / "pykrita" / "velatura_krita"
    source = REPOSITORY / "plugin" / "velatura_krita"
    shutil.copytree(source, package, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "velatura_krita.desktop", resources / "pykrita")
    shutil.copy(source / "velatura_krita.action", resources / "actions")
    vendor = package / "vendor"
    libraries = Path(sysconfig.get_path("purelib"))
    for folder in (
        REPOSITORY / "plugin" / "velatura_client",
        REPOSITORY / "protocol" / "velatura_protocol",
        libraries / "zmq",
        libraries / "pyzmq.libs",
        libraries / "msgpack",
    ):
        shutil.copytree(folder, vendor / folder.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "velatura.json").write_text(json.dumps({"python": sys.executable}))
