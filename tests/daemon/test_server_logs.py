"""The log file itself."""

import json
from pathlib import Path

import pytest

from velatura_daemon import logs
from velatura_daemon.logs import Log


def read(path: Path) -> list[int]:
    return [json.loads(line)["number"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_full_file_begins_anew_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest lines are in the file, those before in numbered ones, the oldest are gone; no line is torn."""
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    log = Log(tmp_path / "logs" / "a.log", process="test")
    for number in range(200):
        log.info("happened", number=number, note="ü" * 20)
        log.flush()
    log.close()
    files = [tmp_path / "logs" / name for name in ("a.log.5", "a.log.4", "a.log.3", "a.log.2", "a.log.1", "a.log")]
    assert sorted(files) == sorted((tmp_path / "logs").iterdir())
    numbers = [number for file in files for number in read(file)]
    assert list(range(numbers[0], 200)) == numbers
    assert max(file.stat().st_size for file in files) < 1300


def test_lines_wait_until_flush_and_keep_their_time(tmp_path: Path) -> None:
    """Nothing is written on the way of a message; the line's time is when it happened."""
    path = tmp_path / "a.log"
    log = Log(path, process="test")
    log.info("first")
    log.warning("second", job="x")
    assert not path.exists()
    log.close()
    first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert ("first", "info", "test") == (first["event"], first["level"], first["process"])
    assert ("second", "warning", "x") == (second["event"], second["level"], second["job"])
    assert first["time"] <= second["time"]


def test_an_exception_is_written_at_once_with_its_traceback(tmp_path: Path) -> None:
    """What is unexpected may be followed by worse, so it does not wait."""
    path = tmp_path / "a.log"
    log = Log(path)
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("it broke", log="1234")
        text = path.read_text(encoding="utf-8")
    log.close()
    line = json.loads(text)
    assert ("it broke", "1234", "error") == (line["event"], line["log"], line["level"])
    assert "ValueError: broken" in line["exception"]
