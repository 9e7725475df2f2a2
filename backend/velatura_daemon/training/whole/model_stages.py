"""The stages of a whole model, each by the function that its own command runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import commands
from ..console import RunConsole
from ..data.recipe import read_recipe
from ..data.sources import fetch_sources
from ..data.sprites import load_sprites
from ..data.writing import write_data
from ..model_folder import base_folder
from ..settings import as_plain
from ..time_budget import TimeBudget
from .evaluating import evaluation_stages
from .preset import Preset
from .stages import Stage

CONTROLS = ("edges", "depth")


@dataclass(frozen=True, kw_only=True)
class WholeOrder:
    """What was asked for.

    Attributes:
        out: absolute. Becomes ``data``, ``vae``, ``models/NAME``, ``controlnets/NAME-KIND`` and ``evaluation.json``:
            a folder that the library can be pointed to.
        recipe: name or path. sources: folder of the artwork.
        base: folder or id of the model that lends tokenizer, scheduler, text encoder and the shape of the UNet.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    out: Path
    recipe: str
    preset: Preset
    base: str
    sources: Path
    device: str
    budget: TimeBudget

    @property
    def name(self) -> str:
        """Not that of the embedded model: two of one name would be told apart by a number."""
        return f"pochade-{Path(self.recipe).stem}"

    @property
    def model(self) -> Path:
        return self.out / "models" / self.name


def model_stages(order: WholeOrder, say: Callable[[str], None]) -> list[Stage]:
    """Raises ``VelaturaError`` for a recipe, a base or figures that are not there."""
    preset = order.preset
    vae, base = order.out / "vae", str(base_folder(order.base).resolve())

    def train_vae() -> bool:
        return commands.train_vae(_training(order, vae), preset.vae)

    def train_base() -> bool:
        return commands.train_base(_training(order, order.model, base), preset.base, vae)

    return [
        _data_stage(order),
        Stage("vae", as_plain(preset.vae), train_vae),
        Stage("base", as_plain(preset.base) | {"from": order.base}, train_base),
        *(_control_stage(order, kind) for kind in CONTROLS),
        *evaluation_stages(
            model=order.model,
            recipe=order.recipe,
            sources=order.sources,
            pictures=preset.eval_pictures,
            figures=preset.eval_figures,
            out=order.out,
            say=say,
        ),
    ]


def _data_stage(order: WholeOrder) -> Stage:
    recipe, preset = read_recipe(order.recipe), order.preset

    def compose() -> bool:
        with RunConsole() as console:
            fetch_sources(recipe.sources, order.sources, order.budget.within(console.prepared))

            def composing(done: int, of: int) -> None:
                console.prepared("composing pictures", done, of)

            write_data(
                recipe,
                load_sprites(recipe, order.sources),
                order.out / "data",
                count=preset.count,
                seed=preset.data_seed,
                report=order.budget.within(composing),
            )
        return True

    return Stage("data", {"recipe": recipe.name, "count": preset.count, "seed": preset.data_seed}, compose)


def _control_stage(order: WholeOrder, kind: str) -> Stage:
    settings = order.preset.control
    out = order.out / "controlnets" / f"{order.name}-{kind}"

    def train() -> bool:
        return commands.train_control(_training(order, out, str(order.model)), settings, kind)

    return Stage(kind, as_plain(settings), train)


def _training(order: WholeOrder, out: Path, base: str = "") -> commands.Order:
    return commands.Order(
        data=order.out / "data",
        out=out,
        resume=(out / commands.RUN_FOLDER).is_dir(),
        device=order.device,
        as_json=False,
        base=base,
        budget=order.budget,
    )
