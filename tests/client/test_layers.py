"""What the client may stand on: Python 3.8, msgpack and pyzmq."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "plugin" / "velatura_client").glob("*.py"), *(ROOT / "protocol").glob("*/*.py")])
#: Names of `typing` and `collections.abc` subscripts that Python 3.8 lacks at run time.
BUILTIN_GENERICS = ("list", "dict", "tuple", "set", "frozenset", "type", "deque", "Callable", "Sequence")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_source_is_python_38(path: Path) -> None:
    """Editors bring their own interpreter: no later syntax, no built-in generics, no unions with a bar."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in BUILTIN_GENERICS:
            assert node.value.id in imported, f"line {node.lineno}: {node.value.id}[...]"
        if isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation is not None:
            assert "|" not in ast.unparse(node.annotation), f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom) and node.module == "collections.abc":
            raise AssertionError(f"line {node.lineno}: collections.abc has no generics in Python 3.8")


def test_client_brings_nothing_heavy() -> None:
    """In a fresh interpreter, the whole client leaves torch, numpy, Qt, PIL and the daemon alone."""
    script = """
import sys
import velatura_client.actions, velatura_client.background, velatura_client.client, velatura_client.launcher
heavy = {"torch", "numpy", "PIL", "PyQt5", "PyQt6", "gi", "typer", "rich", "velatura_daemon", "velatura_cli", "asyncio"}
print(sorted(heavy & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def test_adapter_interface_brings_no_library() -> None:
    """`editor.py` alone can be imported before the vendored libraries are on the path."""
    script = "import sys, velatura_client.editor; print('zmq' in sys.modules, 'msgpack' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False", "False"]
