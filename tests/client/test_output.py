"""What the command line says can be shown by every terminal and harms none, and nothing ends because of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from velatura_cli.models_command import models_table
from velatura_cli.output import check_readable, harmless, table_console
from velatura_client.client import Client
from velatura_client.launcher import COMMAND_VARIABLE
from velatura_protocol.catalogue import ModelDescription
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.messages import Catalogue
from velatura_protocol.request import GenerationRequest

HARBOUR = Path(__file__).parents[2] / "examples" / "harbour.ora"
#: A terminal without any language, and a Python that takes it at its word.
BARE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
ENCODINGS = {"gbk": {"PYTHONIOENCODING": "gbk"}, "ascii": {"PYTHONIOENCODING": "ascii"}, "bare": BARE}
#: Chinese, an emoji that GBK lacks, a byte that is no text, an escape sequence, a mark that turns writing around.
NAME = os.fsencode("苹果🍎") + b"\xe9\x1b[31m" + os.fsencode("\u202e")
GENERATE = ("generate", "--size", "64x64", "--seed", "4")


@pytest.fixture
def said(shared_daemon) -> Callable:
    """Runs a command in a process of its own; what it wrote, as bytes."""

    def said(
        environment: dict[str, str], *arguments: object, **options: object
    ) -> "subprocess.CompletedProcess[bytes]":
        command = [os.fsencode(sys.executable), b"-m", b"velatura_cli"]
        command += [part if isinstance(part, bytes) else os.fsencode(str(part)) for part in arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.run(
            command, env={**os.environ, **environment}, **{**pipes, **options}, timeout=120, check=False
        )

    return said


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_name_that_the_terminal_cannot_show(said: Callable, tmp_path: Path, encoding: str) -> None:
    """Painted, written, and told, for people and as JSON; read back with `velatura recipe`."""
    prompt = "a fox" if encoding == "bare" else "狐狸🦊"
    folder = os.fsencode(tmp_path) + b"/" + NAME
    for number, options in enumerate(((), ("--json",))):
        out = folder + b"/%d.png" % number
        made = said(ENCODINGS[encoding], *GENERATE, "--prompt", prompt, "--out", out, *options)
        again = said(ENCODINGS[encoding], "recipe", out, *options)
        for ran in (made, again):
            assert (0, b"") == (ran.returncode, ran.stderr)
            assert not set(b"\x1b\xe9") & set(ran.stdout) or encoding == "gbk"
            ran.stdout.decode("ascii" if encoding != "gbk" else "gbk")
    told = json.loads(made.stdout.decode("gbk"))
    assert [out] == [os.fsencode(name) for name in told["files"]] or encoding == "bare"
    assert prompt == next(iter(json.loads(again.stdout.decode("gbk"))["recipes"].values()))["request"]["prompt"]
    assert [b"0.png", b"1.png"] == sorted(os.listdir(folder))  # noqa: PTH208 - bytes


@pytest.mark.parametrize("option", ["--prompt", "--negative", "--model", "--sampler", "--fill", "--lora", "--control"])
def test_words_that_cannot_be_read_are_refused(said: Callable, tmp_path: Path, option: str) -> None:
    """Before painting: they would be question marks to the model."""
    words = "苹果=x.png" if option == "--control" else "苹果"
    ran = said(BARE, *GENERATE, "--prompt", "crash", option, words, "--out", tmp_path / "x.png", "--json")
    error = json.loads(ran.stdout)["error"]

    assert (2, "invalid_value") == (ran.returncode, error["code"])
    assert option in error["message"]
    assert "LC_ALL" in error["message"]
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_that_are_read(said: Callable, tmp_path: Path, encoding: str) -> None:
    """Canvas and mask may have any name, too; what is wrong with one is told."""
    canvas, mask = os.fsencode(tmp_path) + b"/" + NAME + b".png", os.fsencode(tmp_path) + b"/mask" + NAME + b".png"
    Image.new("RGB", (64, 64)).save(os.fsdecode(canvas))
    Image.new("L", (64, 64), 255).save(os.fsdecode(mask))
    options = ("--canvas", canvas, "--mask", mask, "--control", b"edges=" + canvas, "--out", tmp_path / "x.png")
    made = said(ENCODINGS[encoding], "generate", "--prompt", "x", *options)
    missing = said(ENCODINGS[encoding], "generate", "--prompt", "x", *options[:3], canvas + b"gone", *options[4:])

    assert (0, b"") == (made.returncode, made.stderr)
    assert 2 == missing.returncode
    assert b"Traceback" not in missing.stderr
    assert b"\x1b" not in missing.stderr


def test_picture_of_words_that_no_file_may_be_named_after(said: Callable, shared_daemon, tmp_path: Path) -> None:
    """Painted elsewhere, fetched where names of files are plain ASCII: it gets a plain name."""
    request = GenerationRequest(
        task="txt2img",
        model="pochade",
        canvas_width=64,
        canvas_height=64,
        region=Rect(0, 0, 64, 64),
        run_width=128,
        run_height=128,
        seed=4,
        prompt="森 a fox 林",
    )
    with Client(folder=shared_daemon.folder) as client:
        job = client.run(request).result.job
    listed = said(BARE, "jobs")
    fetched = said(BARE, "fetch", job[:12], "--out", tmp_path / "folder", "--json")

    assert (0, b"? a fox ?") == (listed.returncode, listed.stdout.strip()[-9:])
    assert 0 == fetched.returncode, fetched.stderr
    assert ["a-fox-4.png"] == [each.name for each in (tmp_path / "folder").iterdir()]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "command",
    [
        ("--help",),
        ("generate", "--nonsense\udce9🍎"),
        ("models", "list"),
        ("jobs",),
        ("daemon", "status"),
        ("recipe", "gone🍎"),
        ("fetch", "🍎", "--out", "🍎.png"),
        ("nonsense🍎",),
    ],
    ids=lambda command: command[0],
)
def test_every_command_speaks_to_every_terminal(said: Callable, tmp_path: Path, command: tuple, encoding: str) -> None:
    """Help, tables with lines around them, wrong options and errors alike."""
    ran = said(ENCODINGS[encoding], *command, cwd=tmp_path)

    assert ran.returncode in (0, 2)
    assert b"Traceback" not in ran.stderr
    assert ran.stdout + ran.stderr


def test_training_speaks_to_every_terminal(said: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's Python, too, replaces what cannot be shown."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "print(chr(0x82f9))"\n')
    program.chmod(0o755)
    monkeypatch.setenv(COMMAND_VARIABLE, json.dumps([str(program)]))

    assert [b"?", "苹".encode("gbk"), b"?"] == [
        said(ENCODINGS[encoding], "train", "lora").stdout.strip() for encoding in ("ascii", "gbk", "bare")
    ]


def test_answer_that_cannot_be_written(said: Callable, tmp_path: Path) -> None:
    """Standard output on a full disk: the picture is in its file, and the reason is told without a traceback."""
    with Path("/dev/full").open("wb") as full:
        for number, options in enumerate(((), ("--json",))):
            out = tmp_path / f"{number}.png"
            ran = said({}, *GENERATE, "--prompt", "sea", "--out", out, *options, stdout=full)
            assert 1 == ran.returncode
            assert [b"standard output" in line for line in ran.stderr.splitlines()] == [True]
            assert out.is_file()


def test_reader_that_has_left(said: Callable, tmp_path: Path) -> None:
    """A closed pipe is no fault of anybody."""
    for options in ((), ("--json",)):
        reading, writing = os.pipe()
        os.close(reading)
        ran = said({}, "models", "list", *options, stdout=writing)
        os.close(writing)
        assert b"Traceback" not in ran.stderr
        assert b"BrokenPipe" not in ran.stderr


@given(st.text(st.characters(exclude_categories=[])))
def test_anything_is_made_harmless(text: str) -> None:
    """One line that can be encoded; ordinary text stays as it is."""
    shown = harmless(text)

    assert shown == shown.encode("utf-8").decode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert shown == text or any(not character.isprintable() for character in text)
    assert not set(shown) & set("\x1b\x07\x9b\u202e\u2066\r\n")


def test_ordinary_names_stay() -> None:
    """Emoji of several parts, Arabic, Chinese, accents."""
    for text in ("a cat \U0001f408\u200d\u2b1b", "تفاحة", "苹果", "café", "[/red] <b>"):
        assert text == harmless(text)
        check_readable("--prompt", text)
    assert r"caf\xe9\x1b[31m\x0a\u202e\x9b" == harmless("caf\udce9\x1b[31m\n\u202e\x9b")
    with pytest.raises(VelaturaError):
        check_readable("--prompt", "caf\udce9")


def test_names_of_others_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """A model's name and problem may look like rich's tags, or hold escape sequences."""
    model = ModelDescription(id="[/red]", label="x", architecture="x", problem="[bold]\x1b[31m\u202e")
    table_console.print(models_table(Catalogue(models=(model,))))
    shown = capsys.readouterr().out

    assert "[/red]" in shown
    assert "[bold]" in shown
    assert "\x1b" not in shown
