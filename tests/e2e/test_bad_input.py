"""Bad input gets one clear sentence, a stable code and exit code 2; nothing is written, and the daemon lives on."""

import json
from pathlib import Path

import pytest
from PIL import Image

CANVAS = "canvas.png"


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with a canvas, masks that fit it in different ways, and files that are no pictures."""
    Image.new("RGB", (64, 48), "teal").save(tmp_path / CANVAS)
    Image.new("L", (64, 48), 0).save(tmp_path / "empty.png")
    Image.new("L", (32, 48), 255).save(tmp_path / "other-size.png")
    whole = (tmp_path / CANVAS).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "bomb.ora").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    return tmp_path


CASES = {
    "an empty selection": (["--canvas", CANVAS, "--mask", "empty.png"], "empty_selection"),
    "a mask of another size": (["--canvas", CANVAS, "--mask", "other-size.png"], "image_size_mismatch"),
    "a truncated picture": (["--canvas", "half.png"], "invalid_value"),
    "no picture at all": (["--canvas", "text.png"], "invalid_value"),
    "a broken archive": (["--canvas", "bomb.ora"], "invalid_value"),
    "a missing file": (["--canvas", "nowhere.png"], "invalid_value"),
    "an unknown model": (["--model", "nobody"], "unknown_model"),
    "an unknown sampler": (["--sampler", "dice"], "unknown_sampler"),
    "an unknown control": (["--control", f"mood={CANVAS}"], "unknown_control"),
    "an unknown LoRA": (["--lora", "nobody"], "unknown_lora"),
    "strength 0": (["--canvas", CANVAS, "--strength", "0"], "invalid_value"),
    "strength NaN": (["--canvas", CANVAS, "--strength", "nan"], "bad_message"),
    "no steps": (["--steps", "0"], "invalid_value"),
    "a prompt of 100 kB": (["--prompt", "word " * 20_000], "prompt_too_long"),
    "a canvas of 30000 x 30000": (["--size", "30000x30000"], "image_too_large"),
}


def _in_folder(part: str, folder: Path) -> str:
    """File names among the options, as paths."""
    if not part.endswith((".png", ".ora")):
        return part
    kind, equals, name = part.rpartition("=")
    return f"{kind}{equals}{folder / name}"


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_named(velatura, workshop: Path, case: str) -> None:
    """The code says what is wrong, the sentence what to do."""
    options, code = CASES[case]
    options = [_in_folder(part, workshop) for part in options]
    prompt = [] if "--prompt" in options else ["--prompt", "a cat"]
    done = velatura.run("generate", *prompt, *options, "--out", workshop / "out.png", "--json")
    said = json.loads(done.stdout)["error"]
    assert (2, code) == (done.returncode, said["code"]), said
    assert said["message"].endswith("."), said
    assert "Traceback" not in done.stderr
    assert not (workshop / "out.png").exists()


def test_a_canvas_of_one_pixel_works(velatura, tmp_path: Path) -> None:
    """Small is no error."""
    dot, out = tmp_path / "dot.png", tmp_path / "out.png"
    Image.new("RGB", (1, 1), "red").save(dot)
    velatura.json("generate", "--prompt", "x", "--canvas", dot, "--steps", 2, "--out", out)
    with Image.open(out) as made:
        assert (1, 1) == made.size


def test_the_daemon_is_well_after_all_that(velatura) -> None:
    """It is the same one, and waits for work."""
    said = velatura.json("daemon", "status")
    assert ("idle", 0, 0) == (said["worker"], said["queued"], said["running"])
