"""No picture is lost on the way to a file: what cannot be written is refused before painting, the rest is kept.

The real daemon with a test engine, real files, real small disks. A job whose prompt says ``crash`` ends its worker:
that it was refused for another reason shows that it was never painted.
"""

import copy
import json
import os
import resource
import shlex
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from velatura_cli.destination import Destination
from velatura_cli.document import open_document
from velatura_cli.files.ora import decode_ora
from velatura_cli.held_jobs import find_job
from velatura_cli.results import check_writing
from velatura_client.client import Client
from velatura_client.launcher import COMMAND_VARIABLE
from velatura_protocol.images import Rect
from velatura_protocol.messages import Jobs, JobState
from velatura_protocol.request import GenerationRequest

HARBOUR = Path(__file__).parents[2] / "examples" / "harbour.ora"
SELECTION = Path(__file__).parents[2] / "examples" / "selection.png"
GENERATE = ("generate", "--size", "64x64", "--seed", "4", "--json", "--prompt")
COLOUR = [200, 40, 60, 255]


Program = subprocess.Popen[str]


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def rgba(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


@pytest.fixture
def held(velatura: Callable) -> Callable[[], list[dict]]:
    """What the daemon holds, as the command line lists it."""
    return lambda: velatura("jobs", "--json").json["jobs"]


@pytest.fixture
def start() -> Iterator[Callable[..., Program]]:
    """The real command line in processes of its own, which are ended with the test."""
    started: list[Program] = []

    def start(*arguments: object, **options: object) -> Program:
        command = [sys.executable, "-m", "velatura_cli", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, **pipes, **options))
        return started[-1]

    yield start
    for program in started:
        program.kill()
        program.communicate()


class Gate:
    """Holds up jobs whose prompt has its ``words``, until it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.words = f"sea gate:{path}"

    def open(self) -> None:
        self._path.touch()

    def close(self) -> None:
        self._path.unlink()


@pytest.fixture
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate") / "open")


@pytest.fixture
def begun(start: Callable, held: Callable, wait_until: Callable) -> Callable[..., Program]:
    """Starts a command and waits until its job is being painted."""

    def begun(*arguments: object, **options: object) -> Program:
        program = start(*arguments, **options)
        wait_until(lambda: any(job["state"] == "running" and job["stage"] for job in held()))
        return program

    return begun


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a file system is not allowed here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture(autouse=True)
def _nothing_left(velatura: Callable, held: Callable) -> Iterator[None]:
    """Each test leaves no job behind, nor another program's."""
    yield
    left = held()
    for job in left:  # or the next test would find it
        velatura("jobs", "forget", job["job"])
    assert [] == left


def fill(disk: Path) -> Path:
    """Write until nothing more fits."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1024))
        except OSError:
            return filler


def hold(folder: Path, prompt: str = "held", **options: object) -> str:
    """Have a picture painted and leave it with the daemon; the job's id."""
    values = {"task": "txt2img", "model": "pochade", "canvas_width": 64, "canvas_height": 48, "seed": 5}
    values |= {"region": Rect(0, 0, 64, 48), "run_width": 128, "run_height": 128, "prompt": prompt}
    with Client(folder=folder) as client:
        return client.run(GenerationRequest(**{**values, **options})).result.job


# --- refused before painting ------------------------------------------------------------------------------------------


def nothing(_folder: Path) -> None:
    """What is refused for its name alone."""


TAKEN = {
    "a folder, .png": ("x.png", [], lambda folder: (folder / "x.png").mkdir()),
    "a folder, .ora": ("x.ora", ["--overwrite"], lambda folder: (folder / "x.ora").mkdir()),
    "a name of 256 bytes": ("森" * 84 + ".png", [], nothing),
    "254 bytes and two pictures": ("x" * 250 + ".png", ["--count", 2], nothing),
    "a parent that is a file": ("file/x.png", [], lambda folder: (folder / "file").touch()),
    "a parent below a file": ("file/below/x.ora", [], lambda folder: (folder / "file").touch()),
    "a folder that is a file": ("file", [], lambda folder: (folder / "file").touch()),
    "a folder below a file": ("file/folder", [], lambda folder: (folder / "file").touch()),
    "a parent with a long name": ("y" * 300 + "/x.png", [], nothing),
    "a picture that is there": ("x.png", [], lambda folder: (folder / "x.png").write_text("old")),
    "a painting that is there": ("x.ora", [], lambda folder: (folder / "x.ora").write_text("old")),
    "the second of two is there": ("x.png", ["--count", 2], lambda folder: (folder / "x-2.png").write_text("old")),
    "a write-protected file": ("x.png", ["--overwrite"], lambda folder: (folder / "x.png").touch(mode=0o444)),
    "a pipe": ("x.png", ["--overwrite"], lambda folder: os.mkfifo(folder / "x.png")),
    "a link that leads nowhere": ("x.png", [], lambda folder: (folder / "x.png").symlink_to(folder / "gone")),
    "a link into nothing": ("link/x.png", [], lambda folder: (folder / "link").symlink_to(folder / "gone")),
    "links in a circle": ("x.png", ["--overwrite"], lambda folder: (folder / "x.png").symlink_to(folder / "x.png")),
    "another kind": ("x.gif", [], nothing),
}


@pytest.mark.parametrize("case", TAKEN)
def test_place_that_cannot_be_written_is_refused_before_painting(velatura: Callable, tmp_path: Path, case: str) -> None:
    """Exit code 2, a sentence that names the place; nothing was painted, nothing appears, what is there stays."""
    out, options, prepare = TAKEN[case]
    prepare(tmp_path)
    before = names(tmp_path)
    ran = velatura(*GENERATE, "crash", "--out", tmp_path / out, *options)

    assert (2, "invalid_value") == (ran.code, ran.json["error"]["code"])
    assert Path(out).name.removesuffix(".png")[:200] in ran.json["error"]["message"]
    assert before == names(tmp_path)
    assert {"old", ""} >= {each.read_text() for each in tmp_path.iterdir() if each.is_file()}


def test_refusal_says_how_to_replace(velatura: Callable, tmp_path: Path) -> None:
    """What is there is replaced when it is asked for, and only then; its mode stays."""
    out = tmp_path / "x.png"
    out.write_text("old")
    out.chmod(0o640)
    refused = velatura(*GENERATE, "crash", "--out", out)
    velatura(*GENERATE, "sea", "--out", out, "--overwrite")

    assert "--overwrite" in refused.json["error"]["message"]
    assert COLOUR == rgba(out)[0, 0].tolist()
    assert 0o640 == stat.S_IMODE(out.stat().st_mode)
    assert ["x.png"] == names(tmp_path)


def test_folder_that_takes_no_files_is_refused_before_painting(velatura: Callable, small_disk: Path) -> None:
    """A disk that is mounted for reading only; the code does not speak of space."""
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for out in ("x.png", "x.ora", "folder", "new/x.png"):
        ran = velatura(*GENERATE, "crash", "--out", small_disk / out)
        assert (2, "invalid_value") == (ran.code, ran.json["error"]["code"])


def test_full_disk_is_found_before_painting(velatura: Callable, small_disk: Path) -> None:
    """Where nothing fits any more, and where a little fits but not the picture."""
    filler = fill(small_disk)
    for free in (0, 8192):
        os.truncate(filler, filler.stat().st_size - free)
        for out in ("x.png", "x.ora", "folder", "new/x.png"):
            ran = velatura(*GENERATE, "crash", "--out", small_disk / out)
            assert (1, "disk_full") == (ran.code, ran.json["error"]["code"])
    assert ["filler"] == names(small_disk)


def damaged_painting(path: Path, replaced: dict[str, bytes | None]) -> Path:
    """The example painting with other bytes (None: none) for some files."""
    with zipfile.ZipFile(HARBOUR) as archive, zipfile.ZipFile(path, "w") as made:
        for name in archive.namelist():
            content = replaced.get(name, archive.read(name))
            if content is not None:
                made.writestr(name, content)
    return path


@pytest.mark.parametrize("data", [None, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n half"])
def test_painting_with_a_layer_that_cannot_be_read(velatura: Callable, tmp_path: Path, data: bytes | None) -> None:
    """A file that is missing, is no picture, or half of one: written all the same where the stored merged picture can
    stand for it, else refused before painting.
    """
    painting, _merged = decode_ora(HARBOUR.read_bytes(), "harbour")
    sources = [layer.get("src", "") for layer in painting.layers() if layer.get("visibility", "visible") == "visible"]
    told = damaged_painting(tmp_path / "a.ora", {sources[0]: data})
    hopeless = damaged_painting(tmp_path / "b.ora", {sources[0]: data, "mergedimage.png": None})
    made = velatura("generate", "--prompt", "sea", "--canvas", told, "--mask", SELECTION, "--out", tmp_path / "x.ora")
    refused = [
        velatura("generate", "--prompt", "crash", "--canvas", hopeless, "--mask", SELECTION, "--json", "--out", out)
        for out in (tmp_path / "y.ora", tmp_path / "y.png")
    ]

    assert 0 == made.code
    assert len(painting.layers()) + 1 == len(decode_ora((tmp_path / "x.ora").read_bytes(), "x")[0].layers())
    assert [(2, "invalid_value")] * 2 == [(ran.code, ran.json["error"]["code"]) for ran in refused]
    assert ["a.ora", "b.ora", "x.ora"] == names(tmp_path)


def test_looking_beforehand_changes_nothing(tmp_path: Path) -> None:
    """The painting that will be written is tried out on a copy."""
    document = open_document(HARBOUR, layer="Water", mask=None)
    assert document.painting is not None
    before = copy.deepcopy([layer.attrib for layer in document.painting.layers()]), set(document.painting.files)
    check_writing(document, Destination(tmp_path / "x.ora"), 3, Rect(0, 0, 64, 64))

    assert before == ([layer.attrib for layer in document.painting.layers()], set(document.painting.files))
    assert document.above in document.painting.layers()


def test_longest_names_and_new_folders_are_written(velatura: Callable, tmp_path: Path) -> None:
    """253 and 255 bytes are names, also where a number is added; folders are made; nothing else is left."""
    folder = tmp_path / "new" / "folders"
    for out, count in (("x" * 249 + ".png", 1), ("y" * 251 + ".png", 1), ("z" * 249 + ".png", 2)):
        assert 0 == velatura(*GENERATE, "sea", "--count", count, "--out", folder / out).code

    assert ["x" * 249, "y" * 251, "z" * 249 + "-1", "z" * 249 + "-2"] == [Path(name).stem for name in names(folder)]


# --- nothing is replaced ----------------------------------------------------------------------------------------------


def test_pictures_in_a_folder_get_names_of_their_own(velatura: Callable, tmp_path: Path) -> None:
    """The same words and seed, and words that begin alike: a number is added, also with --overwrite."""
    long = "森林里的小房子，" * 6
    for prompt in (long + "一", long + "二", long + "二"):
        velatura(*GENERATE, prompt, "--out", tmp_path, "--count", 2, "--overwrite")
    found = names(tmp_path)

    assert 6 == len(found)
    assert 3 == len([name for name in found if "-4" in name])
    assert len({name.encode() for name in found}) == 6


def test_many_programs_at_once_replace_nothing(start, velatura, held, wait_until, gate: Gate, tmp_path: Path) -> None:
    """Four processes into one folder, and four onto one file: four pictures, and one."""
    into_folder = [start(*GENERATE, "sea", "--out", tmp_path / "folder") for _ in range(4)]
    for program in into_folder:
        program.wait(120)
    onto_file = [start(*GENERATE, gate.words, "--out", tmp_path / "x.png") for _ in range(4)]
    wait_until(lambda: 4 == len(held()))
    gate.open()
    told = [json.loads(program.communicate(timeout=120)[0]) for program in (*into_folder, *onto_file)]
    written = [each["files"][0] for each in told if "files" in each]

    assert 4 == len(names(tmp_path / "folder"))
    assert 5 == len(written) == len(set(written))
    for job in held():  # those that had been painted when the name was taken
        velatura("jobs", "forget", job["job"])


def test_painting_in_place_is_replaced_when_asked(velatura: Callable, tmp_path: Path) -> None:
    """--canvas a.ora --out a.ora is refused without --overwrite; with it the file has one layer more."""
    painting = tmp_path / "a.ora"
    painting.write_bytes(HARBOUR.read_bytes())
    options = ("--canvas", painting, "--mask", SELECTION, "--out", painting, "--json")
    refused = velatura("generate", "--prompt", "crash", *options)
    for _ in range(2):
        assert 0 == velatura("generate", "--prompt", "sea", *options, "--overwrite").code
    before, after = decode_ora(HARBOUR.read_bytes(), "a")[0], decode_ora(painting.read_bytes(), "a")[0]

    assert "invalid_value" == refused.json["error"]["code"]
    assert len(before.layers()) + 2 == len(after.layers())
    assert ["a.ora"] == names(tmp_path)


# --- kept when it cannot be written -----------------------------------------------------------------------------------


def fetch_command(message: str) -> list[str]:
    """The command that an error names."""
    line = message[message.index("velatura fetch") :].removesuffix(".")
    return shlex.split(line)[1:]


def test_disk_that_fills_up_while_it_paints(velatura, begun, held, gate: Gate, small_disk: Path) -> None:
    """The error names the command that gets the picture when there is room again; no half file stays."""
    for out in ("x.png", "x.ora", "folder"):
        program = begun(*GENERATE, gate.words, "--out", small_disk / out)
        filler = fill(small_disk)
        gate.open()
        told = json.loads(program.communicate(timeout=60)[0])["error"]
        left = [name for name in names(small_disk) if name != "filler"]

        assert (1, "disk_full") == (program.returncode, told["code"])
        assert [] == [name for name in left if name not in ("x.png", "x.ora")] or out == "folder"
        assert not (small_disk / out).exists()
        assert ["succeeded"] == [job["state"] for job in held()]
        filler.unlink()
        gate.close()
        fetched = velatura(*fetch_command(told["message"]), "--json")
        assert (0, held()) == (fetched.code, [])
        assert all(Path(name).exists() for name in fetched.json["files"])


def test_file_that_may_not_be_so_long(velatura: Callable, start: Callable, tmp_path: Path, held: Callable) -> None:
    """A limit of the system on the length of files, met in the middle of writing."""
    limits = (resource.RLIMIT_FSIZE, (300, 300))
    program = start(*GENERATE, "sea", "--out", tmp_path / "x.png", preexec_fn=lambda: resource.setrlimit(*limits))
    told = json.loads(program.communicate(timeout=60)[0])["error"]

    assert (1, "disk_full", []) == (program.returncode, told["code"], names(tmp_path))
    assert 1 == len(held())
    assert 0 == velatura(*fetch_command(told["message"])).code
    assert COLOUR == rgba(tmp_path / "x.png")[0, 0].tolist()


def test_name_that_is_taken_while_it_paints(velatura: Callable, begun: Callable, gate: Gate, tmp_path: Path) -> None:
    """Of two pictures the first is written and stays, the second is not put over what came; fetch gets both."""
    program = begun(*GENERATE, gate.words, "--count", 2, "--out", tmp_path / "x.png")
    (tmp_path / "x-2.png").write_text("another program's")
    gate.open()
    told = json.loads(program.communicate(timeout=60)[0])["error"]

    assert "invalid_value" == told["code"]
    assert "x-1.png" in told["message"]
    assert ["x-1.png", "x-2.png"] == names(tmp_path)
    assert "another program's" == (tmp_path / "x-2.png").read_text()
    job = fetch_command(told["message"])[1]
    assert 2 == len(velatura("fetch", job, "--out", tmp_path / "both", "--json").json["files"])


def test_painting_that_is_saved_while_it_paints(
    velatura: Callable, begun: Callable, gate: Gate, tmp_path: Path
) -> None:
    """In place, with --overwrite: what was saved meanwhile is not replaced, and gets the layer later."""
    painting = tmp_path / "a.ora"
    painting.write_bytes(HARBOUR.read_bytes())
    options = ("--canvas", painting, "--mask", SELECTION, "--out", painting, "--overwrite", "--json")
    made = velatura("generate", *options[:4], "--out", tmp_path / "b.ora", "--prompt", "newer")
    program = begun("generate", "--prompt", gate.words, *options)
    painting.write_bytes((tmp_path / "b.ora").read_bytes())
    gate.open()
    told = json.loads(program.communicate(timeout=60)[0])["error"]

    assert (0, "invalid_value") == (made.code, told["code"])
    assert painting.read_bytes() == (tmp_path / "b.ora").read_bytes()
    assert 0 == velatura(*fetch_command(told["message"])).code
    top = [layer.get("name") for layer in decode_ora(painting.read_bytes(), "a")[0].layers()][:2]
    assert [True, True] == [any(name.startswith(word) for name in top) for word in ("sea", "newer")]


def test_command_line_that_is_killed(velatura, begun, held, gate: Gate, tmp_path: Path) -> None:
    """kill -9 of the program, not of the daemon: the picture is finished, listed, and fetched by a part of its id."""
    program = begun(*GENERATE, gate.words, "--out", tmp_path / "x.png")
    program.kill()
    program.communicate()
    [job] = held()
    threading.Timer(1, gate.open).start()
    fetched = velatura("fetch", job["job"][:6].upper(), "--out", tmp_path / "y.png", "--json")  # it waits for the end

    assert ("running", 0) == (job["state"], fetched.code)
    assert job["label"].startswith("sea gate")
    assert ["y.png"] == names(tmp_path)


def test_daemon_that_is_lost(velatura, begun, held, gate: Gate, shared_daemon, tmp_path: Path) -> None:
    """It ends, and this program cannot start another: the job is found when somebody can."""
    no_daemon = {**os.environ, COMMAND_VARIABLE: json.dumps([sys.executable, "-c", "raise SystemExit('no daemon')"])}
    program = begun(*GENERATE, gate.words, "--out", tmp_path / "x.png", env=no_daemon)
    shared_daemon.kill()
    told = json.loads(program.communicate(timeout=60)[0])["error"]
    gate.open()

    assert (1, "daemon_unreachable") == (program.returncode, told["code"])
    assert "velatura jobs" in told["message"]
    [job] = held()
    assert 0 == velatura("fetch", job["job"], "--out", tmp_path / "x.png").code
    assert COLOUR == rgba(tmp_path / "x.png")[0, 0].tolist()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_job_is_cancelled(begun: Callable, held: Callable, tmp_path: Path, number: int) -> None:
    """Ctrl+C, and being told to terminate: the job ends, too."""
    program = begun(*GENERATE, "slow", "--out", tmp_path / "x.png", preexec_fn=heed_interrupts)
    program.send_signal(number)
    _out, errors = program.communicate(timeout=30)

    assert program.returncode != 0
    assert "Traceback" not in errors
    assert ([], []) == (held(), names(tmp_path))


def heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where tests run in the background


def test_interrupted_fetch_leaves_the_job(velatura, start, begun, held, tmp_path: Path) -> None:
    """Who only waits for a job does not end it; forgetting it does."""
    begun(*GENERATE, "slow", "--out", tmp_path / "x.png").kill()
    [job] = held()
    fetching = start("fetch", job["job"], "--out", tmp_path / "x.png", preexec_fn=heed_interrupts)
    with pytest.raises(subprocess.TimeoutExpired):
        fetching.communicate(timeout=3)
    fetching.send_signal(signal.SIGINT)
    _out, errors = fetching.communicate(timeout=30)

    assert f"velatura fetch {job['job']}" in errors
    assert "Traceback" not in errors
    assert ["running"] == [each["state"] for each in held()]
    assert {"forgotten": [job["job"]]} == velatura("jobs", "forget", job["job"][:8], "--json").json


def test_forgotten_job_is_not_waited_for(velatura, begun, held, start, wait_until, tmp_path: Path) -> None:
    """Whoever waits for a job that is thrown away, running or in the queue, is told and ends."""
    running = begun(*GENERATE, "slow", "--out", tmp_path / "x.png")
    waiting = start(*GENERATE, "slow", "--out", tmp_path / "y.png")
    wait_until(lambda: 2 == len(held()))
    assert 0 == velatura("jobs", "forget", *(job["job"] for job in held())).code

    for program in (running, waiting):
        _out, errors = program.communicate(timeout=60)
        assert 1 == program.returncode
        assert "cancelled" in errors
    assert [] == names(tmp_path)


# --- jobs and fetch ---------------------------------------------------------------------------------------------------


def test_jobs_are_listed_and_thrown_away(velatura: Callable, shared_daemon, held: Callable) -> None:
    """For people and as JSON; a wrong id among those to be forgotten throws nothing away."""
    assert "no job" in velatura("jobs").out
    jobs = [hold(shared_daemon.folder, "red\x1b[31m\nfox"), hold(shared_daemon.folder, "森")]
    told = velatura("jobs")
    wrong = velatura("jobs", "forget", jobs[0], "nonsense", "--json")

    assert [[jobs[0], "finished"], [jobs[1], "finished"]] == [line.split()[:2] for line in told.out.splitlines()]
    assert "\x1b" not in told.out + velatura("jobs", "--json").out
    assert (2, "job_unknown") == (wrong.code, wrong.json["error"]["code"])
    assert jobs == [job["job"] for job in held()]
    assert 0 == velatura("jobs", "forget", *jobs).code


@pytest.mark.parametrize("text", ["", " ", "nonsense", "0" * 32])
def test_job_that_is_not_held(velatura: Callable, tmp_path: Path, text: str) -> None:
    """A sentence that says where to look; nothing is written."""
    ran = velatura("fetch", text, "--out", tmp_path / "x.png", "--json")

    assert (2, "job_unknown") == (ran.code, ran.json["error"]["code"])
    assert "velatura jobs" in ran.json["error"]["message"]
    assert [] == names(tmp_path)


def test_abbreviation_must_mean_one_job(error_code: Callable) -> None:
    """Several jobs begin so: they are named, and none is taken. A whole id that another one begins with is meant."""

    class Holder:
        def jobs(self) -> Jobs:
            return Jobs(tuple(JobState(job, "succeeded") for job in ("ab1", "ab2", "c")))

    holder = Holder()
    assert "ab2" == find_job(holder, "AB2").job
    assert "c" == find_job(holder, "c").job
    assert "invalid_value" == error_code(find_job, holder, "ab")


def test_selection_is_fetched_with_and_without_its_canvas(velatura, begun, gate: Gate, tmp_path: Path) -> None:
    """With the canvas all is as generate would have written it; without it the patch alone, in an .ora at its place."""
    options = ("--canvas", HARBOUR, "--mask", SELECTION, "--prompt", "tree", "--seed", 3, "--json")
    as_generated = velatura("generate", *options, "--out", tmp_path / "a.png").json
    velatura("generate", *options, "--out", tmp_path / "a.ora")
    [patch] = as_generated["patches"]

    def fetched(out: str, *canvas: object) -> Path:
        program = begun("generate", *options[:5], gate.words, *options[6:], "--out", tmp_path / "never.png")
        program.kill()
        program.communicate()
        gate.open()
        [job] = velatura("jobs", "--json").json["jobs"]
        ran = velatura("fetch", job["job"], "--out", tmp_path / out, *canvas, "--json")
        assert (0, not canvas) == (ran.code, "--canvas" in ran.err)
        gate.close()
        return tmp_path / out

    assert np.array_equal(rgba(tmp_path / "a.png"), rgba(fetched("b.png", "--canvas", HARBOUR)))
    assert (patch["height"], patch["width"], 4) == rgba(fetched("c.png")).shape
    alone, _merged = decode_ora(fetched("c.ora").read_bytes(), "c")
    [layer] = alone.layers()
    assert (str(patch["x"]), str(patch["y"])) == (layer.get("x"), layer.get("y"))
    whole, _merged = decode_ora(fetched("b.ora", "--canvas", HARBOUR, "--layer", "Sky").read_bytes(), "b")
    found = [layer.get("name") for layer in whole.layers()]
    assert found[found.index("Sky") - 1].startswith("sea gate")


def test_canvas_of_another_size_is_told_and_nothing_lost(velatura: Callable, shared_daemon, tmp_path: Path) -> None:
    """The result goes on being held, and so it does for a place that is taken."""
    job = hold(shared_daemon.folder)
    (tmp_path / "taken.png").touch()
    other = velatura("fetch", job, "--canvas", HARBOUR, "--out", tmp_path / "x.png", "--json")
    taken = velatura("fetch", job, "--out", tmp_path / "taken.png", "--json")
    layer = velatura("fetch", job, "--layer", "Sky", "--out", tmp_path / "x.png", "--json")

    assert [2, 2, 2] == [other.code, taken.code, layer.code]
    assert "image_size_mismatch" == other.json["error"]["code"]
    assert ["taken.png"] == names(tmp_path)
    assert 0 == velatura("fetch", job, "--out", tmp_path / "x.png").code
    assert (48, 64, 4) == rgba(tmp_path / "x.png").shape


def test_job_that_failed_says_why_and_is_forgotten(velatura, start, begun, held, wait_until, tmp_path: Path) -> None:
    """It failed while nobody looked."""
    begun(*GENERATE, "slow", "--out", tmp_path / "x.png").kill()
    crashing = start(*GENERATE, "crash", "--out", tmp_path / "y.png")
    wait_until(lambda: 2 == len(held()))
    crashing.kill()
    velatura("jobs", "forget", held()[0]["job"])
    wait_until(lambda: ["failed"] == [job["state"] for job in held()])
    assert "failed (worker_died)" in velatura("jobs").out
    ran = velatura("fetch", held()[0]["job"], "--out", tmp_path / "y.png", "--json")

    assert (1, "worker_died") == (ran.code, ran.json["error"]["code"])
