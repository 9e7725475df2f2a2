"""Loading: folders as they are found in the wild, no network, no pickle."""

import json
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from velatura_daemon.diffusion.engine import create_engine
from velatura_daemon.engine_contract import Engine, EngineSettings
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

from .conftest import POCHADE, Easel

CopyModel = Callable[[str], Path]

#: What the repository of Stable Diffusion 1.5 says, but for the sizes of the layers.
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.6.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}
#: Names of the VAE's attention as they were when Stable Diffusion 1.5 was published.
OLD_VAE_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


@pytest.fixture(scope="module")
def old_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model laid out like the fp16 files of Stable Diffusion 1.5, old tensor names included."""
    root = tmp_path_factory.mktemp("old")
    folder = root / "models" / "stable-diffusion-v1-5"
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=64, block_out_channels=(32, 32, 32, 32), layers_per_block=1, cross_attention_dim=32,
        attention_head_dim=8, norm_num_groups=8,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    text_config = CLIPTextConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4, eos_token_id=2
    )
    for name, module in (("unet", unet), ("vae", vae), ("text_encoder", CLIPTextModel(text_config))):
        module.half().save_pretrained(folder / name, safe_serialization=True, variant="fp16")
    _rename_as_before(folder)
    _write_old_tokenizer(folder / "tokenizer")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER))
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    return root


def _rename_as_before(folder: Path) -> None:
    text_path = folder / "text_encoder" / "model.fp16.safetensors"
    text = {f"text_model.{name}": tensor for name, tensor in load_file(text_path).items()}
    text["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    save_file(text, text_path, {"format": "pt"})
    vae_path = folder / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    vae = {}
    for name, tensor in load_file(vae_path).items():
        for new, old in OLD_VAE_NAMES.items():
            name = name.replace(f"attentions.0.{new}", f"attentions.0.{old}")
        vae[name] = tensor
    save_file(vae, vae_path, {"format": "pt"})


def _write_old_tokenizer(folder: Path) -> None:
    """vocab.json and merges.txt in place of tokenizer.json."""
    folder.mkdir()
    model = json.loads((POCHADE / "tokenizer" / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges))
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({**special, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"})
    )


@pytest.fixture(scope="module")
def old_engine(old_folder: Path) -> Engine:
    return create_engine(EngineSettings(model_folders=(old_folder,), device="cpu"))


def test_a_folder_like_that_of_stable_diffusion_1_5_runs_unchanged(old_engine: Engine) -> None:
    """fp16 files under their old names, a scheduler of 2022, a safety checker that is not there: 512 px, three ways."""
    easel = Easel(old_engine)
    common: dict[str, Any] = {
        "model": "stable-diffusion-v1-5",
        "region": Rect(0, 0, 512, 512),
        "steps": 1,
        "guidance_scale": 1,
    }
    canvas = np.full((512, 512, 4), 255, np.uint8)
    mask = np.zeros((512, 512), np.uint8)
    mask[100:300, 100:300] = 255

    results = [
        easel.paint("txt2img", **common),
        easel.paint("img2img", canvas=canvas, strength=0.5, **common),
        easel.paint("inpaint", canvas=canvas, mask=mask, sampler="dpmpp_2m_karras", **common),
    ]

    assert [(512, 512)] * 3 == [(one.report.run_width, one.report.run_height) for one in results]
    assert ["PNDM", "PNDM", "DPM++ 2M Karras"] == [one.report.sampler for one in results]


def test_no_part_of_an_old_folder_is_left_with_random_weights(old_engine: Engine, old_folder: Path) -> None:
    """A tensor whose old name is not understood would be made up anew in each engine: two engines agree."""
    engines = [old_engine, create_engine(EngineSettings(model_folders=(old_folder,), device="cpu"))]

    pictures = [
        Easel(engine).paint("txt2img", model="stable-diffusion-v1-5", region=Rect(0, 0, 384, 384), steps=1)
        for engine in engines
    ]

    assert np.array_equal(pictures[0].patches[0].rgba, pictures[1].patches[0].rgba)


def test_loading_and_painting_touch_no_network(
    copied_model: CopyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every attempt to resolve a name or to connect is noted; there is none."""
    attempts: list[object] = []

    def note(*arguments: object, **_: object) -> None:
        attempts.append(arguments)
        raise OSError("no network in this test")

    copied_model("fresh")
    monkeypatch.setattr(socket, "getaddrinfo", note)
    monkeypatch.setattr(socket.socket, "connect", note)
    engine = create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu"))

    result = Easel(engine).paint("txt2img", model="fresh", steps=1)

    assert [] == attempts
    assert 1 == result.report.counters["model_loaded"]


class _Bomb:
    """A pickle that leaves a file behind when it is opened."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._trace,))


def test_a_pickle_is_never_opened(copied_model: CopyModel, tmp_path: Path) -> None:
    """In the place of the weights it is refused; beside them it is ignored."""
    trace = tmp_path / "trace"
    for name, keeps_safetensors in (("instead", False), ("beside", True)):
        unet = copied_model(name) / "unet"
        (unet / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(_Bomb(trace)))
        if not keeps_safetensors:
            (unet / "diffusion_pytorch_model.safetensors").unlink()
    easel = Easel(create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu")))

    with pytest.raises(VelaturaError) as caught:
        easel.paint("txt2img", model="instead", steps=1)
    easel.paint("txt2img", model="beside", steps=1)

    assert "model_unsafe" == caught.value.info.code
    assert not trace.exists()


def test_a_part_that_lacks_weights_is_an_incomplete_model(copied_model: CopyModel, tmp_path: Path) -> None:
    """The libraries would fill them in at random with a warning that no painter reads."""
    folder = copied_model("holed")
    easel = Easel(create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu")))
    for part in ("text_encoder/model", "unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model"):
        path = folder / f"{part}.safetensors"
        whole = path.read_bytes()
        tensors = load_file(path)
        tensors.pop(sorted(tensors)[0])
        save_file(tensors, path, {"format": "pt"})

        with pytest.raises(VelaturaError) as caught:
            easel.paint("txt2img", model="holed", steps=1)
        path.write_bytes(whole)

        assert "model_incomplete" == caught.value.info.code, part


def test_weights_that_do_not_fit_the_configuration_are_an_incomplete_model(
    copied_model: CopyModel, tmp_path: Path
) -> None:
    """The library can only see that they load after all; the sentence names the folder."""
    config = copied_model("misfit") / "unet" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "layers_per_block": 2}))
    easel = Easel(create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu")))

    with pytest.raises(VelaturaError) as caught:
        easel.paint("txt2img", model="misfit", steps=1)

    assert "model_incomplete" == caught.value.info.code
    assert "misfit" in caught.value.info.message


def test_an_unknown_scheduler_is_no_reason_to_import_it(copied_model: CopyModel, tmp_path: Path) -> None:
    """The name in the configuration is looked up among the schedulers of diffusers, and nowhere else."""
    config = copied_model("odd") / "scheduler" / "scheduler_config.json"
    easel = Easel(create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu")))
    for name in ("StableDiffusionPipeline", "os.system", "NoSuchScheduler"):
        config.write_text(json.dumps({**json.loads(config.read_text()), "_class_name": name}))

        with pytest.raises(VelaturaError) as caught:
            easel.paint("txt2img", model="odd", steps=1)

        assert "model_incomplete" == caught.value.info.code
    easel.paint("txt2img", model="odd", steps=1, sampler="euler")


def test_a_model_that_was_replaced_on_disk_is_loaded_again(copied_model: CopyModel, tmp_path: Path) -> None:
    """Training writes new weights into the folder while the daemon runs: neither weights nor caches may be stale."""
    folder = copied_model("trained")
    easel = Easel(create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu")))
    before = easel.paint("txt2img", model="trained", steps=1)
    path = folder / "text_encoder" / "model.safetensors"
    save_file({name: tensor * 1.5 for name, tensor in load_file(path).items()}, path, {"format": "pt"})

    after = easel.paint("txt2img", model="trained", steps=1)

    assert {"model_loaded": 1, "prompt_encoded": 2} == after.report.counters
    assert not np.array_equal(before.patches[0].rgba, after.patches[0].rgba)


def test_a_model_that_was_added_while_the_engine_runs_is_found(copied_model: CopyModel, tmp_path: Path) -> None:
    """The supervisor scanned again; the worker notices when it is asked for the model."""
    easel = Easel(create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu")))
    copied_model("late")

    result = easel.paint("txt2img", model="late", steps=1)

    assert "late" == result.report.model
