"""The four kinds of training, by the command line in a process of its own, on a model that takes a second."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from velatura_daemon.engine_contract import EngineSettings
from velatura_daemon.models.library import ModelLibrary
from velatura_protocol.images import Rect
from velatura_protocol.request import GenerationRequest, LoraRequest

SMALL = "batch_size = 4\ncheckpoint_every = 5\nsample_every = 20\nsample_steps = 2\nwarmup_steps = 2\n"
SMALL_VAE = "batch_size = 4\ncheckpoint_every = 5\nsample_every = 20\npicture_side = 32\nnorm_groups = 4\n"
SMALL_VAE += "block_out_channels = [8, 8, 8, 8]\nwarmup_steps = 2\n"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def command(kind: str, data: Path, out: Path, config: str, *options: str) -> list[str]:
    file = out.with_suffix(".toml")
    file.write_text(config, encoding="utf-8")
    paths = ["--data", str(data), "--out", str(out), "--config", str(file)]
    return [sys.executable, "-m", "velatura_daemon.training", kind, *paths, "--device", "cpu", *options]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=ENVIRONMENT)


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / "training" / "losses.jsonl").read_text().splitlines()]


def weights(folder: Path) -> dict[str, "np.ndarray"]:
    return {
        f"{path.parent.relative_to(folder)}/{name}": tensor.float().numpy()
        for path in sorted(folder.rglob("*.safetensors"))
        if "checkpoint" not in path.parent.name
        for name, tensor in load_file(path).items()
    }


def differing(first: Path, second: Path) -> list[str]:
    """Names of the tensors that are not the same to the last bit."""
    one, other = weights(first), weights(second)
    return sorted(one.keys() ^ other.keys()) + [name for name in one if not np.array_equal(one[name], other[name])]


def test_vae_learns_pictures_and_whitens_its_latents(squares: Path, tmp_path: Path) -> None:
    """The loss falls by half in 60 steps; the folder loads, its latents have deviation 1 and the pictures survive."""
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    from velatura_daemon.training.latents import to_pixels
    from velatura_daemon.training.pictures import read_folder, read_square

    out = tmp_path / "vae"
    done = run(*command("vae", squares, out, SMALL_VAE, "--steps", "60"))

    assert 0 == done.returncode, done.stderr
    first, last = np.mean(losses(out)[:5]), np.mean(losses(out)[-5:])
    assert last < first / 2
    vae = AutoencoderKL.from_pretrained(out, dtype=torch.float32)
    rgb = np.stack([read_square(picture.path, 32) for picture in read_folder(squares).pictures])
    with torch.no_grad():
        latents = vae.encode(to_pixels(torch.from_numpy(rgb))).latent_dist.mean * vae.config.scaling_factor
    assert np.allclose(1, latents.std((0, 2, 3)).numpy(), atol=0.02)
    assert np.allclose(0, latents.mean((0, 2, 3)).numpy(), atol=0.02)
    assert (out / "training" / "samples-00000060.png").is_file()


def test_base_learns_and_its_folder_paints(squares: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The loss falls, the result is a whole model of the library, and the engine paints with it."""
    from velatura_daemon.diffusion.engine import create_engine

    out = tmp_path / "models" / "taught"
    out.parent.mkdir()
    done = run(*command("base", squares, out, SMALL, "--base", str(tiny_model), "--steps", "60", "--json"))

    assert 0 == done.returncode, done.stderr
    assert 12 == json.loads(done.stdout)["pictures"]
    assert np.mean(losses(out)[-10:]) < 0.8 * np.mean(losses(out)[:5])
    library = ModelLibrary((tmp_path,))
    assert "" == next(model.problem for model in library.models() if model.id == "taught")
    engine = create_engine(EngineSettings(device="cpu", threads=1, model_folders=(tmp_path,)))
    request = GenerationRequest("txt2img", "taught", 32, 32, Rect(0, 0, 32, 32), prompt="a red square", steps=2)
    assert (32, 32, 4) == engine.run(request, [], _Nobody()).patches[0].rgba.shape


def test_base_trains_only_rows_of_tokens_that_occur(squares: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The token table changes where captions have tokens and nowhere else, and keeps its size."""
    out = tmp_path / "taught"
    done = run(
        *command("base", squares, out, SMALL + 'save_dtype = "float32"', "--base", str(tiny_model), "--steps", "6")
    )

    assert 0 == done.returncode, done.stderr
    table = next(key for key in weights(out) if "token_embedding" in key)
    before, after = weights(tiny_model)[table], weights(out)[table]
    changed = np.flatnonzero((before != after).any(axis=1))
    assert before.shape == after.shape
    assert 0 < len(changed) < 40


@pytest.mark.parametrize("kind", ["edges", "depth"])
def test_control_learns_and_the_library_finds_it(kind: str, squares: Path, tiny_model: Path, tmp_path: Path) -> None:
    """Edges are made from the pictures, depth comes with the data; the folder is one that fits the model."""
    out = tmp_path / "controlnets" / f"tiny-{kind}"
    out.parent.mkdir()
    done = run(*command("control", squares, out, SMALL, "--base", str(tiny_model), "--kind", kind, "--steps", "30"))

    assert 0 == done.returncode, done.stderr
    assert {"control": kind, "base": "tiny"} == json.loads((out / "velatura.json").read_text())
    assert out == ModelLibrary((tiny_model.parent.parent, tmp_path)).controlnet("tiny", kind)
    assert all(np.isfinite(tensor).all() for tensor in weights(out).values())
    with Image.open(out / "training" / "samples-00000030.png") as grid:
        assert (8 * 32, 2 * 32) == grid.size


def test_lora_changes_the_picture_and_weight_0_does_not(squares: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The file goes where the engine looks for LoRAs and acts as its weight says."""
    from velatura_daemon.diffusion.engine import create_engine

    out = tmp_path / "loras"
    done = run(*command("lora", squares, out, SMALL, "--base", str(tiny_model), "--name", "square", "--steps", "40"))

    assert 0 == done.returncode, done.stderr
    folders = (tiny_model.parent.parent, tmp_path)
    assert ["square"] == [lora.name for lora in ModelLibrary(folders).loras()]
    assert _trained_layers(out / "square.safetensors") == _layers_that_diffusers_loads(tiny_model, out)
    engine = create_engine(EngineSettings(device="cpu", threads=1, model_folders=folders))

    def paint(*loras: LoraRequest) -> "np.ndarray":
        request = GenerationRequest(
            "txt2img", "tiny", 32, 32, Rect(0, 0, 32, 32), prompt="a red square", steps=4, loras=loras
        )
        return engine.run(request, [], _Nobody()).patches[0].rgba

    without = paint()
    assert np.array_equal(without, paint(LoraRequest("square", 0.0)))
    assert not np.array_equal(without, paint(LoraRequest("square", 1.0)))


@pytest.mark.parametrize("kind", ["vae", "base"])
def test_killed_run_goes_on_to_the_same_result(kind: str, squares: Path, tiny_model: Path, tmp_path: Path) -> None:
    """kill -9 somewhere on the way, then --resume: the weights and the losses equal those of a run left alone."""
    config = SMALL_VAE if kind == "vae" else SMALL
    options = ["--steps", "24", *([] if kind == "vae" else ["--base", str(tiny_model)])]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert 0 == run(*command(kind, squares, whole, config, *options)).returncode
    process = subprocess.Popen(
        command(kind, squares, broken, config, *options), env=ENVIRONMENT, stderr=subprocess.DEVNULL
    )
    _wait_for(lambda: any((broken / "training").glob("checkpoint-0000001*")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = run(*command(kind, squares, broken, config, *options, "--resume"))

    assert 0 == resumed.returncode, resumed.stderr
    assert [] == differing(whole, broken)
    assert losses(whole) == losses(broken)


def test_ctrl_c_keeps_the_state_and_says_how_to_go_on(squares: Path, tmp_path: Path) -> None:
    """The step that is under way is finished and written; exit code 130."""
    out = tmp_path / "vae"
    order = command("vae", squares, out, SMALL_VAE, "--steps", "100000")
    process = subprocess.Popen(order, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    _wait_for(lambda: any((out / "training").glob("checkpoint-*")))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert 130 == process.returncode
    assert "--resume" in said
    newest = max((out / "training").glob("checkpoint-*"))
    assert len(losses(out)) == int(newest.name.split("-")[1])


def _trained_layers(file: Path) -> int:
    """At least one; each layer with its alpha."""
    names = load_file(file).keys()
    assert 0 < sum(name.endswith(".alpha") for name in names)
    assert sum(name.endswith(".alpha") for name in names) == sum(".lora_down." in name for name in names)
    return sum(".lora_down." in name for name in names)


def _layers_that_diffusers_loads(model: Path, folder: Path) -> int:
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
    from peft.tuners.lora import LoraLayer

    pipeline = StableDiffusionPipeline.from_pretrained(model, safety_checker=None)
    pipeline.load_lora_weights(folder, weight_name="square.safetensors")
    return sum(isinstance(module, LoraLayer) for module in pipeline.unet.modules())


class _Nobody:
    """Looks at nothing and cancels nothing."""

    def stage(self, name: str, step: int = 0, of: int = 0) -> None: ...

    def wants_preview(self) -> bool:
        return False

    def preview(self, rgb: object, step: int, of: int) -> None: ...

    def check_cancelled(self) -> None: ...


def _wait_for(condition: object, within_s: float = 120.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
