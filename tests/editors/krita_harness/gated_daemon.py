"""The real daemon with an engine that waits for a file, so that a test decides when a result arrives."""

import json
import sys
from pathlib import Path

from .gated_engine import GATE

HERE = Path(__file__).parent


def gated_daemon(gate: Path) -> dict[str, str]:
    """Settings for a session: its daemon's jobs run until ``gate`` exists."""
    command = ["env", f"PYTHONPATH={HERE}", sys.executable, "-m", "velatura_daemon", "run"]
    return {
        "VELATURA_DAEMON_COMMAND": json.dumps(command),
        "VELATURA_ENGINE": "gated_engine:create_engine",
        GATE: str(gate),
    }
