"""The options of ``velatura trace``. Torch is imported when everything that was asked for has been checked."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from velatura_daemon.settings import read_settings
from velatura_protocol.errors import VelaturaError

if TYPE_CHECKING:
    from .order import PreparedOrder
    from .run_trace import RunTrace

_STAGES = {"loading": "Loading the model", "encoding": "Reading the prompt", "decoding": "Decoding"}

app = typer.Typer(name="velatura trace", add_completion=False, pretty_exceptions_enable=False)


@app.command()
def trace_command(
    prompt: Annotated[str, typer.Option(help="What the picture shall show.")],
    out: Annotated[Path, typer.Option(help="FILE.png of the sheet.")],
    negative: Annotated[str, typer.Option(help="What the picture shall not show.")] = "",
    canvas: Annotated[Path | None, typer.Option(help="Start from this picture (PNG, JPEG, ORA).")] = None,
    strength: Annotated[float | None, typer.Option(help="0..1: how much of the canvas gives way.")] = None,
    model: Annotated[str, typer.Option(help="Id of a model, or the path of a diffusers folder.")] = "",
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    guidance: Annotated[float | None, typer.Option(help="Guidance scale: how closely to follow the prompt.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same sheet.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Draw what happens while a model paints: tokens, noise, each step, and where each word looked. One sheet."""
    from .order import TraceOrder, prepare_order

    _check_out(out)
    settings = read_settings({})
    order = TraceOrder(
        prompt=prompt,
        negative_prompt=negative,
        canvas=canvas,
        strength=strength,
        model=model,
        steps=steps,
        guidance_scale=guidance,
        seed=seed,
        folders=settings.models,
    )
    prepared = prepare_order(order)
    trace = _trace(prepared, settings.devices[0], settings.threads)
    _draw(trace, out)
    if as_json:
        typer.echo(json.dumps(summary(trace, out), ensure_ascii=False))
    else:
        typer.echo(f"{trace.model}, seed {trace.seed}, {len(trace.schedule)} steps: {out}")


def summary(trace: "RunTrace", out: Path) -> dict[str, Any]:
    """What ``--json`` prints."""
    height, width = trace.picture.shape[:2]
    return {
        "file": str(out),
        "model": trace.model,
        "size_run": [width, height],
        "seed": trace.seed,
        "steps": trace.steps,
        "steps_run": len(trace.schedule),
        "guidance_scale": trace.guidance_scale,
        "strength": trace.strength,
        "sampler": trace.sampler,
        "timesteps": list(trace.schedule),
        "words": [
            {"text": one.word.text, "ids": list(one.word.ids), "attention": round(one.share, 6)}
            for one in trace.attention
        ],
        "padding": trace.read_prompt.padding,
    }


def _check_out(out: Path) -> None:
    """Before anything is loaded.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    if out.suffix.lower() != ".png" or out.is_dir():
        raise VelaturaError("invalid_value", f"--out {out}: give the name of a file that ends in .png.")
    nearest = next(folder for folder in out.absolute().parents if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise VelaturaError("invalid_value", f"--out {out}: nothing can be written to {nearest}. Choose another place.")


def _trace(prepared: "PreparedOrder", device: str, threads: int) -> "RunTrace":
    import torch

    from .tracing import trace

    if threads:
        torch.set_num_threads(threads)
    with _progress() as observer:
        return trace(prepared, device, observer)


def _draw(trace: "RunTrace", out: Path) -> None:
    """The old file or the whole new one stands there, never half of one."""
    from .sheet.drawing import draw_sheet

    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draw_sheet(trace).save(part, format="PNG", optimize=True)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise VelaturaError(
            "disk_full", f"{out} cannot be written ({error.strerror}). Free some space or choose another place."
        ) from None


class _Observer:
    """A line on standard error while the run goes on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("Starting", total=None)

    def stage(self, name: str, step: int = 0, of: int = 0) -> None:
        text = _STAGES.get(name, f"Step {step} of {of}" if of else "Painting")
        self._progress.update(self._task, description=text, completed=step, total=of or None)

    def wants_preview(self) -> bool:
        return False

    def preview(self, picture: Any, step: int, of: int) -> None: ...

    def check_cancelled(self) -> None: ...


@contextmanager
def _progress() -> Iterator[_Observer]:
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Observer(progress)
