"""What a training run is asked for: defaults that work, over them a TOML file, over that the command line's options."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from velatura_protocol.errors import VelaturaError

from .noise_prediction import NoiseLevels

PRECISIONS = ("auto", "bf16", "fp32")
SAVE_DTYPES = ("float16", "bfloat16", "float32")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What all four kinds share.

    Attributes:
        steps: optimizer steps in all. batch_size: pictures a step.
        learning_rate: of Muon, for matrices and convolutions. adam_learning_rate: of AdamW, for the rest.
        warmup_steps: the rates rise from 0 over these. decay_share: 0..1, they fall to nothing over the last share.
        average_decay: 0..1, how slowly the moving average follows, which is what is saved and sampled.
        gradient_norm: gradients are scaled down to this length.
        precision: ``auto`` computes in bfloat16 on GPUs and CPUs that have units for it, in float32 on others. ``bf16``
            asks a CPU for it even so; ``fp32`` is float32 everywhere.
        checkpoint_every, sample_every: steps.
        save_dtype: number format of the saved weights.
    """

    steps: int = 4000
    batch_size: int = 24
    learning_rate: float = 2e-3
    adam_learning_rate: float = 1e-3
    warmup_steps: int = 100
    decay_share: float = 0.55
    average_decay: float = 0.998
    gradient_norm: float = 1.0
    seed: int = 0
    precision: str = "auto"
    checkpoint_every: int = 250
    sample_every: int = 500
    save_dtype: str = "float16"


@dataclass(frozen=True, kw_only=True)
class VaeSettings(TrainingSettings):
    """An autoencoder.

    Attributes:
        picture_side: pixels; whole pictures are learnt, since the norms of the network see the whole picture.
        block_out_channels, layers_per_block, norm_groups: its shape. Each block but the last halves the side.
        squared_weight, gradient_weight: of squared error, which wins decibels, and of the error of differences between
            neighbours, which keeps edges, beside the absolute error with weight 1.
        kl_weight: pull of the latents towards a normal distribution, which rises from 0 over ``kl_ramp_steps``:
            pulled before it has learnt to use them, the decoder forgets the latents for good.
        mirror: half of the pictures are turned left to right.
    """

    steps: int = 1850
    batch_size: int = 6
    learning_rate: float = 3e-3
    adam_learning_rate: float = 3e-3
    warmup_steps: int = 40
    decay_share: float = 0.5
    average_decay: float = 0.995
    save_dtype: str = "float16"
    picture_side: int = 128
    block_out_channels: tuple[int, ...] = (16, 32, 64, 128)
    layers_per_block: int = 1
    norm_groups: int = 8
    squared_weight: float = 2.0
    gradient_weight: float = 0.25
    kl_weight: float = 1e-5
    kl_ramp_steps: int = 400
    mirror: bool = True


@dataclass(frozen=True, kw_only=True)
class PredictorSettings(TrainingSettings):
    """What base, control and LoRA share: they all predict noise.

    Attributes:
        caption_dropout: 0..1, pictures learnt without their caption, which makes guidance possible (Ho & Salimans 2022,
            arXiv:2207.12598).
        caption_tokens: captions are cut to this in all but every ``full_length_every`` th step, which has the text
            encoder's full length, as in use. Shorter is faster.
        uniform_share, noise_centre, noise_spread: see ``NoiseLevels``.
        sample_prompts: what the sample grid shows. sample_steps, sample_guidance: how.
    """

    caption_dropout: float = 0.1
    caption_tokens: int = 48
    full_length_every: int = 6
    uniform_share: float = 0.4
    noise_centre: float = 0.1
    noise_spread: float = 1.1
    sample_prompts: tuple[str, ...] = ()
    sample_steps: int = 20
    sample_guidance: float = 4.0

    @property
    def noise_levels(self) -> NoiseLevels:
        return NoiseLevels(self.uniform_share, self.noise_centre, self.noise_spread)


@dataclass(frozen=True, kw_only=True)
class BaseSettings(PredictorSettings):
    """UNet and text encoder.

    Attributes:
        fresh: the UNet begins with random weights, in the shape of ``block_out_channels``, not with the base's.
        train_text_encoder: False keeps the base's.
    """

    fresh: bool = False
    block_out_channels: tuple[int, ...] = (48, 96, 144)
    train_text_encoder: bool = True


@dataclass(frozen=True, kw_only=True)
class ControlSettings(PredictorSettings):
    """A ControlNet (Zhang et al. 2023, arXiv:2302.05543).

    Attributes:
        copied_share: rates of the encoder that is copied from the UNet, as a share of those of the new layers.
        conditioning_channels: of the small network that reads the control map.
    """

    steps: int = 1000
    decay_share: float = 0.5
    average_decay: float = 0.99
    caption_dropout: float = 0.5
    caption_tokens: int = 24
    uniform_share: float = 0.5
    noise_centre: float = 0.9
    copied_share: float = 0.4
    conditioning_channels: tuple[int, ...] = (8, 16, 32, 64)


@dataclass(frozen=True, kw_only=True)
class LoraSettings(PredictorSettings):
    """A LoRA (Hu et al. 2021, arXiv:2106.09685) on the UNet.

    Attributes:
        rank: of the two small matrices. alpha: their product counts ``alpha / rank``.
        targets: names of the layers that get one, by how they end.
    """

    steps: int = 400
    batch_size: int = 12
    learning_rate: float = 1e-3
    adam_learning_rate: float = 1e-3
    warmup_steps: int = 20
    average_decay: float = 0.98
    caption_tokens: int = 77
    rank: int = 16
    alpha: int = 16
    targets: tuple[str, ...] = ("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out")


SettingsKind = TypeVar("SettingsKind", bound=TrainingSettings)


def read_settings(kind: type[SettingsKind], path: Path | None, **options: Any) -> SettingsKind:
    """Defaults, then the TOML file, then those of ``options`` that are not None.

    Raises:
        VelaturaError: ``invalid_value`` naming a key that is not known or whose value is of the wrong kind.
    """
    content = {} if path is None else read_toml(path)
    return settings_of(kind, content | {key: value for key, value in options.items() if value is not None})


def read_toml(path: Path) -> dict[str, Any]:
    """Raises ``VelaturaError`` ``invalid_value``."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VelaturaError("invalid_value", f"The configuration {path} cannot be read: {error}.") from None


def settings_of(kind: type[SettingsKind], given: Mapping[str, Any]) -> SettingsKind:
    """Defaults, and over them what is ``given``. Raises like ``read_settings``."""
    content = dict(given)
    defaults = kind()
    known = {field.name for field in dataclasses.fields(kind)}
    for key, value in content.items():
        if key not in known:
            raise VelaturaError(
                "invalid_value",
                f"The configuration has {key!r}, which is not known. Known are: {', '.join(sorted(known))}.",
            )
        content[key] = _converted(key, value, getattr(defaults, key))
    settings = dataclasses.replace(defaults, **content)
    _check(settings)
    return settings


def as_plain(settings: TrainingSettings) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(settings).items()
    }


def _converted(key: str, value: Any, default: Any) -> Any:
    """``value`` in the type of ``default``."""
    if isinstance(default, tuple) and isinstance(value, list | tuple):
        return tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise VelaturaError("invalid_value", f"{key} must be a {type(default).__name__}, and is {value!r}.")
    return value


def _check(settings: TrainingSettings) -> None:
    for key in ("steps", "batch_size", "checkpoint_every", "sample_every"):
        if getattr(settings, key) < 1:
            raise VelaturaError("invalid_value", f"{key} must be 1 or more.")
    for key, choices in (("precision", PRECISIONS), ("save_dtype", SAVE_DTYPES)):
        if getattr(settings, key) not in choices:
            raise VelaturaError("invalid_value", f"{key} must be one of {', '.join(choices)}.")
