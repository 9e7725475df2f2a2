"""LoRAs: on for one job, off without a trace."""

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file

from velatura_daemon.diffusion.engine import create_engine
from velatura_daemon.engine_contract import EngineSettings
from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import LoraRequest

from .conftest import POCHADE, Easel


@pytest.fixture(scope="module")
def lora_easel(tmp_path_factory: pytest.TempPathFactory) -> Easel:
    """An engine that knows the LoRAs ``noisy`` (for the embedded model), ``stranger`` (for another) and ``half``."""
    folder = tmp_path_factory.mktemp("with-loras")
    (folder / "loras").mkdir()
    torch.manual_seed(0)
    unet = UNet2DConditionModel.from_pretrained(POCHADE / "unet", torch_dtype=torch.float32, local_files_only=True)
    unet.add_adapter(LoraConfig(r=4, target_modules=["to_q", "to_k", "to_v"], init_lora_weights=False))
    tensors = {f"unet.{name}": tensor for name, tensor in get_peft_model_state_dict(unet).items()}
    save_file(tensors, folder / "loras" / "noisy.safetensors", {"format": "pt"})
    down, up = ("unet.no_such_block.attn2.to_k.lora_A.weight", "unet.no_such_block.attn2.to_k.lora_B.weight")
    whole = {down: torch.ones(4, 192), up: torch.ones(144, 4)}
    save_file(whole, folder / "loras" / "stranger.safetensors", {"format": "pt"})
    save_file({down: whole[down]}, folder / "loras" / "half.safetensors", {"format": "pt"})
    return Easel(create_engine(EngineSettings(model_folders=(folder,), device="cpu")))


def test_a_lora_changes_the_picture_by_its_weight_and_leaves_no_trace(lora_easel: Easel) -> None:
    """Other picture with it, hardly another with a hundredth of it, and afterwards the old one to the last bit."""
    plain = lora_easel.paint("txt2img").patches[0].rgba

    strong, faint = (
        lora_easel.paint("txt2img", loras=(LoraRequest("noisy", weight),)).patches[0].rgba for weight in (1.0, 0.01)
    )

    strong_change, faint_change = (np.abs(one.astype(float) - plain).mean() for one in (strong, faint))
    assert strong_change > 10 * faint_change > 0
    assert np.array_equal(plain, lora_easel.paint("txt2img").patches[0].rgba)


def test_embeddings_with_a_lora_are_kept_apart(lora_easel: Easel) -> None:
    """A LoRA may change the text encoder: what was encoded without it is not used with it."""
    lora_easel.paint("txt2img", prompt="a prompt for the LoRA test", steps=1)

    with_lora = lora_easel.paint(
        "txt2img", prompt="a prompt for the LoRA test", steps=1, loras=(LoraRequest("noisy", 0.5),)
    )

    assert 2 == with_lora.report.counters["prompt_encoded"]


def test_an_unknown_lora_is_refused(lora_easel: Easel) -> None:
    """By its own code."""
    with pytest.raises(VelaturaError) as caught:
        lora_easel.paint("txt2img", loras=(LoraRequest("nobody"),))

    assert "unknown_lora" == caught.value.info.code


@pytest.mark.parametrize("name", ["stranger", "half"])
def test_a_lora_that_touches_nothing_is_refused_and_leaves_no_trace(lora_easel: Easel, name: str) -> None:
    """Diffusers would load it without a word; a painter would wonder."""
    plain = lora_easel.paint("txt2img").patches[0].rgba

    with pytest.raises(VelaturaError) as caught:
        lora_easel.paint("txt2img", loras=(LoraRequest("noisy"), LoraRequest(name)))

    assert "invalid_value" == caught.value.info.code
    assert name in caught.value.info.message
    assert np.array_equal(plain, lora_easel.paint("txt2img").patches[0].rgba)
