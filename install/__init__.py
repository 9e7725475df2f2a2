"""The installer: ``python3 install <verb>``. Standard library only, so that it works before anything is installed."""

import sys
from pathlib import Path

#: Here is what it shares with the doctor: where Krita is, and which Pythons are accepted.
_PLUGIN = str(Path(__file__).resolve().parent.parent / "plugin")
if _PLUGIN not in sys.path:
    sys.path.append(_PLUGIN)
