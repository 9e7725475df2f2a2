"""pip's output becomes progress and sentences."""

import io

import pytest

from install.console import Console, seconds, size
from install.pip import Pip, clean_environment, explain


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("PermissionError: [Errno 13] Permission denied: '/x'", "could not be written"),
        ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED", "certificate"),
        ("ProxyError('Cannot connect to proxy.'", "HTTPS_PROXY"),
        ("NewConnectionError('<x>: Failed to establish a new connection", "could not be reached"),
        ("NameResolutionError: Failed to resolve 'x'\nERROR: No matching distribution found", "could not be reached"),
        ("ERROR: No matching distribution found for torch==2.13.0+cpu", "no build of it"),
        ("Segmentation fault", "log"),
    ],
)
def test_failures_are_told_in_a_sentence(output, expected):
    """Each common failure names its cause and what to do; an unknown one shows its last lines."""
    sentence = explain("torch", output)
    assert (True, True) == ("Could not install torch" in sentence, expected in sentence)


def test_misleading_settings_are_left_out():
    """Settings that would send packages elsewhere than into the environment do not reach pip; the others do."""
    given = {"PIP_USER": "1", "PYTHONPATH": "/x", "PIP_INDEX_URL": "https://mirror/simple", "PATH": "/bin"}
    assert {"PIP_INDEX_URL": "https://mirror/simple", "PATH": "/bin"} == clean_environment(given)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal(bare_environment, tmp_path):
    """While pip fetches, the file and the bytes are shown in one line that is drawn anew."""
    screen = Terminal()
    pip = Pip(bare_environment.python, tmp_path / "log", Console(screen))
    lines = ["  Downloading numpy-2.4.6-cp311-x.whl (16 MB)\n", "Progress 8000000 of 16000000\n", "done\n"]
    assert ["  Downloading numpy-2.4.6-cp311-x.whl (16 MB)\n", "done\n"] == list(pip.shown(lines))
    assert "numpy-2.4.6 8 MB of 16 MB" in screen.getvalue()


def test_no_progress_and_no_colour_in_a_file():
    """What goes to a file or a log holds plain lines only."""
    stream = io.StringIO()
    console = Console(stream)
    console.heading("Title")
    console.progress("working")
    console.detail("more")
    assert "Title\n    more\n" == stream.getvalue()


@pytest.mark.parametrize(("duration_s", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (125, "2 min 05 s")])
def test_durations(duration_s, text):
    """Durations read as people say them."""
    assert text == seconds(duration_s)


@pytest.mark.parametrize(("byte_count", "text"), [(12e6, "12 MB"), (2.51e9, "2.5 GB")])
def test_sizes(byte_count, text):
    """Sizes read as file managers show them."""
    assert text == size(byte_count)
