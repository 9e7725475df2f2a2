"""The options of ``velatura generate``."""

from pathlib import Path
from typing import Annotated

import typer

from velatura_client.choices import Choices
from velatura_client.client import Client
from velatura_protocol.request import InpaintSettings

from .control_option import read_control_option
from .destination import Destination
from .generate import Order, generate, read_lora, read_size
from .interruption import ended_in_order
from .output import check_readable, print_json
from .results import say_summary

_DEFAULT = InpaintSettings()


def generate_command(
    prompt: Annotated[str, typer.Option(help="What the picture shall show.")],
    out: Annotated[Path, typer.Option(help="FILE.png, FILE.ora (the result as a layer of its own) or a folder.")],
    negative: Annotated[str, typer.Option(help="What the picture shall not show.")] = "",
    canvas: Annotated[Path | None, typer.Option(help="Start from this picture (PNG, JPEG, ORA).")] = None,
    layer: Annotated[
        str | None, typer.Option(help="Layer of the canvas to begin with; the result goes above it.")
    ] = None,
    mask: Annotated[
        str | None, typer.Option(help="Repaint only here: a picture, 255 = repaint, or layer:NAME of the canvas.")
    ] = None,
    strength: Annotated[float | None, typer.Option(help="0..1: how much of the canvas gives way.")] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(help="KIND=FILE[,weight=1][,start=0][,end=1][,prepared=no]: what the result shall follow."),
    ] = None,
    lora: Annotated[list[str] | None, typer.Option(help="NAME[:WEIGHT].")] = None,
    model: Annotated[str, typer.Option(help="Id of a model; see velatura models list.")] = "",
    size: Annotated[
        str | None, typer.Option(help="WxH of the new picture; with --canvas the size that the model runs at.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    cfg: Annotated[float | None, typer.Option(help="Guidance scale: how closely to follow the prompt.")] = None,
    sampler: Annotated[str | None, typer.Option(help="Id of a sampler.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same picture; random if not given.")] = None,
    count: Annotated[int, typer.Option(help="How many variants to make.")] = 1,
    grow: Annotated[int, typer.Option(help="Repaint so many pixels beyond the mask.")] = _DEFAULT.grow,
    feather: Annotated[int, typer.Option(help="Pixels of soft edge, besides the mask's own.")] = _DEFAULT.feather,
    context: Annotated[
        float, typer.Option(help="Surroundings that the model sees, as a share of the mask's longer side.")
    ] = _DEFAULT.context,
    fill: Annotated[
        str, typer.Option(help="What stands in the mask at first: original, blur, neutral or noise.")
    ] = _DEFAULT.fill,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace FILE if there is one. (In a folder nothing is ever replaced.)")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Make a picture from words, from a picture (--canvas), or in a part of a picture (--mask)."""
    words = {"--prompt": [prompt], "--negative": [negative], "--model": [model], "--sampler": [sampler or ""]}
    for option, texts in {**words, "--fill": [fill], "--lora": lora or [], "--size": [size or ""]}.items():
        for text in texts:
            check_readable(option, text)
    choices = Choices(
        prompt=prompt,
        negative_prompt=negative,
        model=model,
        strength=strength,
        steps=steps,
        guidance_scale=cfg,
        sampler=sampler,
        seed=seed,
        count=count,
        inpaint=InpaintSettings(grow=grow, feather=feather, context=context, fill=fill),
        loras=tuple(read_lora(text) for text in lora or ()),
    )
    order = Order(
        choices=choices,
        destination=Destination(out, overwrite),
        canvas=canvas,
        layer=layer,
        mask=mask,
        size=None if size is None else read_size(size),
        controls=tuple(read_control_option(text) for text in control or ()),
    )
    with ended_in_order(), Client() as client:
        summary = generate(client, order)
    if as_json:
        print_json(summary)
    else:
        say_summary(summary)
