"""``velatura train``: one command for each kind of training. What they need is imported when one of them runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .data.command import data_command
from .evaluation.command import eval_command
from .whole.command import all_command

DataOption = Annotated[Path, typer.Option("--data", help="Folder of images with captions.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the result; must be new or empty.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, help="Optimizer steps in all.")]
SeedOption = Annotated[int | None, typer.Option("--seed", min=0, help="Decides everything random.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
BaseOption = Annotated[str, typer.Option("--base", help="Model to begin with: its folder, or an id of the package.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

app = typer.Typer(
    name="velatura train",
    help="Train models of your own: data, vae, base, control, lora; eval measures one; all makes a whole one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("data")(data_command)
app.command("eval")(eval_command)
app.command("all")(all_command)


@app.command()
def vae(
    data: DataOption,
    out: OutOption,
    config: ConfigOption = None,
    resume: ResumeOption = False,
    steps: StepsOption = None,
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """An autoencoder: pictures to latents and back."""
    from . import commands
    from .settings import VaeSettings

    order = commands.Order(data=data, out=out, resume=resume, device=device, as_json=as_json)
    _end(commands.train_vae(order, commands.settings_for(VaeSettings, config, steps=steps, seed=seed)))


@app.command()
def base(
    data: DataOption,
    out: OutOption,
    base_model: BaseOption = "pochade",
    vae_folder: Annotated[Path | None, typer.Option("--vae", help="Another autoencoder than the base's.")] = None,
    config: ConfigOption = None,
    resume: ResumeOption = False,
    steps: StepsOption = None,
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """A whole model: UNet and text encoder learn to draw what captions say."""
    from . import commands
    from .settings import BaseSettings

    order = commands.Order(data=data, out=out, resume=resume, device=device, as_json=as_json, base=base_model)
    _end(commands.train_base(order, commands.settings_for(BaseSettings, config, steps=steps, seed=seed), vae_folder))


@app.command()
def control(
    data: DataOption,
    out: OutOption,
    kind: Annotated[str, typer.Option("--kind", help="edges, depth, ...")] = "edges",
    base_model: BaseOption = "pochade",
    config: ConfigOption = None,
    resume: ResumeOption = False,
    steps: StepsOption = None,
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """A ControlNet: the model learns to follow edges, depth or another kind of map."""
    from . import commands
    from .settings import ControlSettings

    order = commands.Order(data=data, out=out, resume=resume, device=device, as_json=as_json, base=base_model)
    _end(commands.train_control(order, commands.settings_for(ControlSettings, config, steps=steps, seed=seed), kind))


@app.command()
def lora(
    data: DataOption,
    out: OutOption,
    name: Annotated[str, typer.Option("--name", help="Of the file, without .safetensors.")] = "lora",
    base_model: BaseOption = "pochade",
    config: ConfigOption = None,
    resume: ResumeOption = False,
    steps: StepsOption = None,
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """A LoRA: a small file that teaches a model a thing or a style from a few pictures."""
    from . import commands
    from .settings import LoraSettings

    order = commands.Order(data=data, out=out, resume=resume, device=device, as_json=as_json, base=base_model)
    _end(commands.train_lora(order, commands.settings_for(LoraSettings, config, steps=steps, seed=seed), name))


def _end(finished: bool) -> None:
    if not finished:
        from .console import EXIT_STOPPED, say

        say("Go on with --resume.")
        sys.exit(EXIT_STOPPED)
