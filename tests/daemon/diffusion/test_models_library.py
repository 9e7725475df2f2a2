"""The library: what it finds in model folders, and what it says about damaged ones."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from velatura_daemon.models.discovery import discover
from velatura_daemon.models.library import EMBEDDED_FOLDER, ModelLibrary
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_daemon.samplers.sampler import Sampler
from velatura_protocol.errors import VelaturaError

CopyModel = Callable[[str], Path]


def code_of(library: ModelLibrary, model_id: str) -> str:
    with pytest.raises(VelaturaError) as caught:
        library.require(model_id)
    return caught.value.info.code


def test_the_embedded_model_is_first_and_its_sizes_come_from_its_own_configuration() -> None:
    """128 px native = sample_size 16 x VAE factor 8; multiple 32 = VAE factor 8 x UNet factor 4."""
    library = ModelLibrary(())

    assert ("pochade", "") == (library.models()[0].id, library.models()[0].problem)
    assert TrainedSizes(128, 128, 96, 192, 128 * 192, 32, largest_enlargement=1) == library.sizes("pochade")
    assert EMBEDDED_FOLDER / "models" / "pochade" == library.folder("pochade")


def test_a_folder_with_the_configuration_of_stable_diffusion_1_5_is_native_at_512(
    copied_model: CopyModel, tmp_path: Path
) -> None:
    """Sizes follow the configuration: sample_size 64, four UNet blocks: 512 px, multiples of 64, 384 to 768."""
    unet = copied_model("sd15") / "unet" / "config.json"
    config = json.loads(unet.read_text())
    unet.write_text(json.dumps({**config, "sample_size": 64, "block_out_channels": [320, 640, 1280, 1280]}))
    (unet.parents[1] / "velatura.json").unlink()

    sizes = ModelLibrary((tmp_path,)).sizes("sd15")

    assert TrainedSizes(512, 512, 384, 768, 512 * 768, 64) == sizes


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("unet/config.json", "config.json"),
        ("unet/diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors"),
        ("text_encoder/model.safetensors", "model.safetensors"),
        ("tokenizer/tokenizer.json", "tokenizer.json"),
        ("scheduler/scheduler_config.json", "scheduler_config.json"),
        ("vae", "vae"),
    ],
)
def test_a_missing_part_is_a_problem_that_names_it(
    copied_model: CopyModel, tmp_path: Path, missing: str, named: str
) -> None:
    """A half-downloaded model is listed, with a sentence, and refused with model_incomplete."""
    path = copied_model("half") / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    library = ModelLibrary((tmp_path,))

    assert named in {model.id: model.problem for model in library.models()}["half"]
    assert "model_incomplete" == code_of(library, "half")


def test_a_model_that_has_only_pickles_is_refused_as_unsafe(copied_model: CopyModel, tmp_path: Path) -> None:
    """A .bin file is a pickle: it is named, and never opened."""
    unet = copied_model("pickled") / "unet"
    (unet / "diffusion_pytorch_model.safetensors").rename(unet / "diffusion_pytorch_model.bin")

    library = ModelLibrary((tmp_path,))

    assert "model_unsafe" == code_of(library, "pickled")
    assert "diffusion_pytorch_model.bin is a pickle" in library.models()[1].problem


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\xff" * 4096])
def test_weights_that_are_not_safetensors_are_a_problem(
    copied_model: CopyModel, tmp_path: Path, content: bytes
) -> None:
    """An empty file, a Git LFS pointer and garbage are told from weights without opening them with torch."""
    (copied_model("odd") / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(content)

    assert "model_incomplete" == code_of(ModelLibrary((tmp_path,)), "odd")


def test_weights_that_are_cut_short_are_a_problem(copied_model: CopyModel, tmp_path: Path) -> None:
    """The header says how long the file must be."""
    weights = copied_model("short") / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])

    library = ModelLibrary((tmp_path,))

    assert "cut short" in library.models()[1].problem


@pytest.mark.parametrize(
    "index",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        json.dumps({"_class_name": "FluxPipeline"}).encode(),
        json.dumps({"_class_name": "StableDiffusionPipeline", "unet": ["my_module", "MyUNet"]}).encode(),
    ],
)
def test_an_index_that_is_broken_or_names_something_else_is_a_problem(
    copied_model: CopyModel, tmp_path: Path, index: bytes
) -> None:
    """Broken JSON, a pipeline that nobody runs, and code of a stranger as a part: all listed, none used."""
    (copied_model("strange") / "model_index.json").write_bytes(index)

    assert "model_incomplete" == code_of(ModelLibrary((tmp_path,)), "strange")


def test_a_configuration_that_does_not_fit_together_is_a_problem(copied_model: CopyModel, tmp_path: Path) -> None:
    """A UNet for another number of latent channels, or without a size, cannot run."""
    for name, change in (("channels", {"in_channels": 9}), ("size", {"sample_size": None})):
        path = copied_model(name) / "unet" / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    library = ModelLibrary((tmp_path,))

    assert ["model_incomplete", "model_incomplete"] == [code_of(library, "channels"), code_of(library, "size")]


def test_an_unknown_model_is_an_error_of_the_asker() -> None:
    """The code says so, whatever is asked about it."""
    library = ModelLibrary(())

    for question in (library.require, library.sizes, library.folder, lambda name: library.controlnet(name, "edges")):
        with pytest.raises(VelaturaError) as caught:
            question("nobody")
        assert "unknown_model" == caught.value.info.code


def test_two_models_of_one_name_keep_both(copied_model: CopyModel, tmp_path: Path) -> None:
    """The second is told apart by a number, for a painter too; the embedded one keeps its name."""
    folder = copied_model("pochade")

    library = ModelLibrary((tmp_path,))

    first, second = library.models()
    assert ("pochade", "pochade-2") == (first.id, second.id)
    assert folder == library.folder("pochade-2")
    assert f"{first.label} (pochade-2)" == second.label


def test_a_model_of_the_same_name_keeps_the_controls_of_that_name(copied_model: CopyModel, tmp_path: Path) -> None:
    """A copy that was trained on is still guided by the ControlNet of what it was copied from, or by one of its own."""
    copied_model("pochade")
    library = ModelLibrary((tmp_path,))

    of_first = library.controlnet("pochade", "edges")
    assert of_first is not None
    assert of_first == library.controlnet("pochade-2", "edges")
    _write_controlnet(tmp_path / "controlnets" / "own", base="pochade-2", text_width=192)
    library.scan()
    assert of_first == library.controlnet("pochade", "edges")
    assert tmp_path / "controlnets" / "own" == library.controlnet("pochade-2", "edges")


def test_scan_finds_what_was_added(copied_model: CopyModel, tmp_path: Path) -> None:
    """A model copied into the folder while the daemon runs appears with the next scan."""
    library = ModelLibrary((tmp_path,))
    copied_model("new")

    library.scan()

    assert ["pochade", "new"] == [model.id for model in library.models()]


def test_a_sidecar_gives_label_and_defaults(copied_model: CopyModel, tmp_path: Path) -> None:
    """What cannot be read from the weights, such as the steps of a distilled model, stands in velatura.json."""
    sidecar = copied_model("fast") / "velatura.json"
    sidecar.write_text(json.dumps({"label": "Fast one", "defaults": {"steps": 4, "sampler": "lcm"}}))

    model = ModelLibrary((tmp_path,)).models()[1]

    assert ("Fast one", 4, "lcm") == (model.label, model.defaults["steps"], model.defaults["sampler"])


@pytest.mark.parametrize("largest", [0, "2", True])
def test_an_enlargement_that_is_none_is_refused(copied_model: CopyModel, tmp_path: Path, largest: object) -> None:
    """The model is listed, with the sentence that names the file and the value."""
    (copied_model("fast") / "velatura.json").write_text(json.dumps({"largest_enlargement": largest}))

    model = ModelLibrary((tmp_path,)).models()[1]

    assert f"velatura.json names {largest!r} as largest_enlargement" in model.problem


def test_a_controlnet_is_found_for_its_model_and_for_its_architecture(copied_model: CopyModel, tmp_path: Path) -> None:
    """One for this very model goes first; one for another text width does not fit, whatever its sidecar says."""
    copied_model("other")
    made_for = {"for-family": "stable-diffusion-1", "for-pochade": "pochade", "for-sdxl": "stable-diffusion-xl"}
    for name, base in made_for.items():
        _write_controlnet(tmp_path / "controlnets" / name, base=base, text_width=192)
    _write_controlnet(tmp_path / "controlnets" / "another-width", base="other", text_width=768)

    library = ModelLibrary((tmp_path,))

    found = {model: library.controlnet(model, "edges") for model in ("pochade", "other")}
    assert tmp_path / "controlnets" / "for-family" == found["other"]
    assert found["pochade"] is not None
    assert "pochade" == json.loads((found["pochade"] / "velatura.json").read_text())["base"]
    assert library.controlnet("pochade", "pose") is None


def test_a_controlnet_without_sidecar_or_with_a_pickle_is_not_offered(tmp_path: Path) -> None:
    """Nothing is guessed about what a ControlNet is for, and no pickle is loaded."""
    _write_controlnet(tmp_path / "controlnets" / "pickle", base="pochade", text_width=192)
    weights = tmp_path / "controlnets" / "pickle" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    _write_controlnet(tmp_path / "controlnets" / "unsaid", base="pochade", text_width=192)
    (tmp_path / "controlnets" / "unsaid" / "velatura.json").unlink()

    found = ModelLibrary((tmp_path,)).controlnet("pochade", "edges")

    assert found is None or found.is_relative_to(EMBEDDED_FOLDER)


def test_a_lora_is_offered_for_the_models_of_its_text_width(tmp_path: Path) -> None:
    """The width stands in the tensors, so that a LoRA of another family is not offered."""
    (tmp_path / "loras").mkdir()
    for name, width in (("small", 192), ("sd15", 768)):
        tensors = {"lora_unet_down_blocks_1_attentions_0_attn2_to_k.lora_down.weight": np.zeros((4, width), np.float32)}
        save_file(tensors, tmp_path / "loras" / f"{name}.safetensors")

    library = ModelLibrary((tmp_path,))

    assert {"small": ("pochade",), "sd15": ()} == {
        lora.name: library.models_for_lora(lora.name) for lora in library.loras()
    }


def test_looking_at_models_imports_neither_torch_nor_diffusers() -> None:
    """The supervisor reads the catalogue; the libraries live in the worker alone."""
    program = (
        "import sys\n"
        "from velatura_daemon.models.catalogue import build_catalogue\n"
        "from velatura_daemon.models.library import ModelLibrary\n"
        "import velatura_daemon.diffusion.engine\n"
        "build_catalogue(ModelLibrary(()))\n"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])\n"
    )

    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert "[]\n" == output


def test_two_files_that_define_one_id_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file cannot silently take the place of another."""
    package = tmp_path / "doubled_samplers"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("one", "two"):
        (package / f"{name}.py").write_text(
            "from velatura_daemon.samplers.sampler import Sampler\nSAMPLER = Sampler('same', 'Same', dict)\n"
        )
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ValueError, match="'same' a second time"):
        discover("doubled_samplers", "SAMPLER", Sampler)


def _write_controlnet(folder: Path, *, base: str, text_width: int) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"cross_attention_dim": text_width}))
    (folder / "velatura.json").write_text(json.dumps({"control": "edges", "base": base}))
    save_file({"weight": np.zeros(1, np.float32)}, folder / "diffusion_pytorch_model.safetensors")
