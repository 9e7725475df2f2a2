"""Classifier and command, on four shapes of 32 pixels and a model with random weights."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from velatura_daemon.models.library import EMBEDDED_FOLDER
from velatura_daemon.training.data.recipe import read_recipe
from velatura_daemon.training.data.scenes import Composer
from velatura_daemon.training.data.sprites import load_sprites
from velatura_daemon.training.evaluation import classifier
from velatura_daemon.training.evaluation.classifier import Classifier, Network, load_classifier
from velatura_daemon.training.evaluation.command import eval_command
from velatura_daemon.training.evaluation.evaluate import choose_figures
from velatura_daemon.training.evaluation.examples import Illustrator
from velatura_daemon.training.evaluation.figures.lora import write_renders
from velatura_daemon.training.evaluation.judge import Trust, check, prepare_judge, refuse_untrusted
from velatura_daemon.training.evaluation.studio import open_studio
from velatura_protocol.errors import VelaturaError


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def illustrator(shapes_recipe: Path, shapes_sources: Path) -> Illustrator:
    recipe = read_recipe(shapes_recipe)
    return Illustrator(recipe, Composer(recipe, load_sprites(recipe, shapes_sources)))


@pytest.fixture(scope="module")
def judged(illustrator: Illustrator, work: Path) -> tuple[Any, Trust, list[str]]:
    """The classifier, how far it is trusted, and what was announced while it was trained."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "STEPS_PER_THING", 15)  # shapes are learnt sooner than pictures
        judge, trust = prepare_judge(illustrator.recipe, illustrator.composer, work, "cpu", said.append)
    return judge, trust, said


@pytest.fixture(scope="module")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder of 32 x 32 pixels with random weights, and a depth ControlNet for it."""
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.controlnets.controlnet import ControlNetModel
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("random")
    folder = root / "models" / "speck"
    unet = UNet2DConditionModel(
        sample_size=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=4,
        cross_attention_dim=16,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    unet.save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    ).save_pretrained(folder / "vae")
    text = CLIPTextConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2)
    text.vocab_size = 49408
    CLIPTextModel(text).save_pretrained(folder / "text_encoder")
    tokenizer = EMBEDDED_FOLDER / "models" / "pochade" / "tokenizer"
    CLIPTokenizer.from_pretrained(tokenizer, local_files_only=True).save_pretrained(folder / "tokenizer")
    DPMSolverMultistepScheduler().save_pretrained(folder / "scheduler")
    names = {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    }
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline", **names}))
    for kind in ("edges", "depth"):
        network = root / "controlnets" / f"speck-{kind}"
        ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, 4, 4, 4)).save_pretrained(network)
        (network / "velatura.json").write_text(json.dumps({"control": kind, "base": "speck"}))
    return folder


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads on small work in several processes at once slow each other down tenfold."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(arguments: list[str]) -> Any:
    """What ``velatura train eval`` does, as a command of its own."""
    app = typer.Typer()
    app.command()(eval_command)
    return CliRunner().invoke(app, arguments, catch_exceptions=True)


def test_classifier_learns_four_shapes_in_seconds(judged: tuple[Any, Trust, list[str]]) -> None:
    """On held-out renders it is trusted, and it is not kind to pictures that show nothing."""
    _, trust, said = judged
    assert trust.things >= 0.97
    assert trust.colours >= 0.97
    assert trust.backgrounds >= 0.97
    assert trust.nonsense >= 0.5
    assert any("training" in line for line in said)


def test_classifier_is_trained_once_and_says_the_same_when_loaded(
    judged: tuple[Any, Trust, list[str]], illustrator: Illustrator, work: Path
) -> None:
    """The second time it is read from the work folder, without training, and gives the same verdicts."""
    first, trust, _ = judged
    said: list[str] = []
    recipe, composer = illustrator.recipe, illustrator.composer
    again, trust_again = prepare_judge(recipe, composer, work, "cpu", said.append)
    pictures = list(illustrator.held_out(8, seed=1).pictures)
    assert not any("training" in line for line in said)
    assert trust == trust_again
    assert np.array_equal(first.judge(pictures).things, again.judge(pictures).things)


def test_untaught_classifier_is_refused(illustrator: Illustrator, work: Path, judged: Any) -> None:
    """A classifier that cannot name renders is not asked about anything else; the sentence has the shares."""
    untaught = Classifier(illustrator.labels, illustrator.side, Network(illustrator.labels), "cpu")
    with pytest.raises(VelaturaError, match=r"the thing in .*%.*would mean nothing") as caught:
        refuse_untrusted(check(untaught, illustrator))
    assert "invalid_value" == caught.value.info.code
    saved = next((work / "classifier").glob("shapes-*.safetensors"))
    assert load_classifier(saved, illustrator.labels, illustrator.side, "cpu").labels == illustrator.labels


def test_command_measures_a_random_model_and_finds_nothing_in_it(
    judged: Any, random_model: Path, shapes_recipe: Path, shapes_sources: Path, work: Path, tmp_path: Path
) -> None:
    """From the folder of a model to one JSON object with every figure but LoRA, and a sheet of samples."""
    sheet = tmp_path / "sheet.png"
    arguments = [
        str(random_model),
        "--recipe",
        str(shapes_recipe),
        "--sources",
        str(shapes_sources),
        "--work",
        str(work),
    ]
    figures = "prompts,chinese,two,inpaint,edges,depth,vae,speed"
    result = run([*arguments, "--pictures", "4", "--figures", figures, "--sheet", str(sheet), "--json"])
    assert result.exception is None, result.exception
    report = json.loads(result.stdout)
    rows = {row["id"]: row for row in report["figures"]}
    assert "speck" == report["model"]
    assert {} == report["not_measured"]
    assert report["classifier"]["things"] >= 0.97
    assert {"object_top1", "chinese_top1", "two_present", "edges_f1", "depth_iou", "vae_psnr", "seconds"} <= set(rows)
    assert 4 == rows["object_top1"]["count"]
    assert {"cpu": False, "gpu": False} == rows["object_top1"]["met"]
    assert 1.0 == rows["inpaint_untouched"]["value"]
    assert 4 == sum(thing["asked"] for thing in report["details"]["prompts"]["objects"].values())
    with Image.open(sheet) as picture:
        assert picture.width > 8 * 32


def test_command_prints_a_table_and_says_what_could_not_be_measured(
    judged: Any, random_model: Path, shapes_recipe: Path, shapes_sources: Path, work: Path, tmp_path: Path
) -> None:
    """Any folder will do for a model; without ControlNets beside it, their figures are left out with a reason."""
    elsewhere = shutil.copytree(random_model, tmp_path / "trained")
    arguments = [str(elsewhere), "--recipe", str(shapes_recipe), "--sources", str(shapes_sources), "--work", str(work)]
    result = run([*arguments, "--pictures", "2", "--figures", "depth,vae"])
    assert result.exception is None, result.exception
    words = " ".join(result.stdout.split())
    assert "Not measured: depth. There is no depth ControlNet" in words
    assert "dB" in words


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no-such-model"], "There is no model 'no-such-model'"),
        (["pochade", "--figures", "beauty"], "There is no figure 'beauty'. Choose among: prompts, chinese"),
        (["pochade", "--pictures", "1"], "--pictures must be 2 or more"),
        (["pochade", "--recipe", "no-such-recipe"], "There is no recipe 'no-such-recipe'"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    """What the asker can mend is said before anything is fetched or trained."""
    result = run([*arguments, "--sources", str(tmp_path), "--work", str(tmp_path)])
    assert isinstance(result.exception, VelaturaError)
    assert sentence in result.exception.info.message


def test_folder_without_a_model_is_named(tmp_path: Path) -> None:
    """An empty folder is not a model."""
    with pytest.raises(VelaturaError, match=r"has no model_index\.json"):
        open_studio(str(tmp_path), tmp_path)


def test_figures_keep_the_order_of_the_table() -> None:
    """Whatever the order in which they are asked for."""
    assert ["prompts", "vae"] == [figure.id for figure in choose_figures(("vae", "prompts"))]
    assert 9 == len(choose_figures(()))


def test_lora_renders_are_a_data_folder(illustrator: Illustrator, tmp_path: Path) -> None:
    """Twelve pictures of the unseen thing, each with an English and a Chinese caption."""
    write_renders(illustrator.recipe, illustrator.composer, "cross", tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]
    assert 12 == len(lines)
    assert all("cross" in line["text"][0] and "十字" in line["text"][1] for line in lines)
    assert all((tmp_path / line["file_name"]).is_file() for line in lines)


def test_help_needs_no_torch() -> None:
    """The command line stays quick: torch is imported only once there is something to measure."""
    program = "import sys, velatura_daemon.training.evaluation.command; print('torch' in sys.modules)"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert "False" == done.stdout.strip()
