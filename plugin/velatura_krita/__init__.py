"""Velatura in Krita: a thin adapter between Krita's Python interface and ``velatura_client``.

Krita imports this package when it starts, and shows nothing at all for a plug-in whose import fails. So whatever goes
wrong here ends in a sentence on the screen.
"""

import sys
import traceback
from pathlib import Path

#: Where the installer puts the libraries that Krita's Python lacks.
VENDOR = Path(__file__).parent / "vendor"


def _add_vendor_folder() -> None:
    """At the end of the path: all plug-ins share one interpreter, and what is there already goes first."""
    if VENDOR.is_dir() and str(VENDOR) not in sys.path:
        sys.path.append(str(VENDOR))


def _register() -> None:
    _add_vendor_folder()
    try:
        from velatura_client.texts import use_language

        from .language import krita_language

        use_language(krita_language())
        from .registration import register

        register()
    except Exception:  # noqa: BLE001 - a plug-in that vanishes without a word is the worst fault of all
        from .failure import register_failure

        register_failure(traceback.format_exc())


if "krita" in sys.modules:
    _register()
