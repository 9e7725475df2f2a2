"""A preset says how long and how large a whole model is trained: one TOML file with a table for each stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from velatura_protocol.errors import VelaturaError

from ..data.recipe_reader import Table
from ..settings import BaseSettings, ControlSettings, VaeSettings, read_toml, settings_of

PRESETS = Path(__file__).parents[1] / "presets"
_TABLES = ("data", "vae", "base", "control", "evaluation")


@dataclass(frozen=True, kw_only=True)
class Preset:
    """``control``: of each ControlNet.

    Attributes:
        count: pictures to compose. data_seed: of composing.
        eval_pictures: prompts of the main figure. eval_figures: ids; empty for all.
    """

    count: int
    data_seed: int
    vae: VaeSettings
    base: BaseSettings
    control: ControlSettings
    eval_pictures: int
    eval_figures: tuple[str, ...]


def read_preset(name_or_path: str) -> Preset:
    """One that ships (``cpu``, ``gpu``) or a TOML file.

    Raises:
        VelaturaError: ``invalid_value`` naming the presets that there are, or what is wrong in the file.
    """
    path = _preset_file(name_or_path)
    content = read_toml(path)
    unknown = sorted(set(content) - set(_TABLES))
    if unknown:
        raise VelaturaError(
            "invalid_value", f"The preset {path} has {unknown[0]!r}. Its tables are: {', '.join(_TABLES)}."
        )
    table = Table(content, f"The preset {path}")
    data, evaluation = table.table("data"), table.table("evaluation")
    return Preset(
        count=data.whole("count", least=1),
        data_seed=data.whole("seed"),
        vae=settings_of(VaeSettings, _part(content, "vae")),
        base=settings_of(BaseSettings, _part(content, "base")),
        control=settings_of(ControlSettings, _part(content, "control")),
        eval_pictures=evaluation.whole("pictures", least=2),
        eval_figures=evaluation.texts("figures", optional=True),
    )


def _preset_file(name_or_path: str) -> Path:
    shipped = PRESETS / f"{name_or_path}.toml"
    if shipped.parent == PRESETS and shipped.is_file():
        return shipped
    path = Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in PRESETS.glob("*.toml")))
        raise VelaturaError(
            "invalid_value", f"There is no preset {name_or_path!r}. Give a TOML file, or one of: {names}."
        )
    return path


def _part(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = content.get(key, {})
    if not isinstance(part, dict):
        raise VelaturaError("invalid_value", f"{key} must be a table in a preset.")
    return part
