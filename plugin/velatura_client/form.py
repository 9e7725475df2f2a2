"""What a panel draws for the daemon's options: fields with ranges and units. No toolkit, and no model by name."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple, TypeVar, cast

from .texts import tr

if TYPE_CHECKING:
    from velatura_protocol.catalogue import ModelDescription, OptionDescription
    from velatura_protocol.codec import Plain
    from velatura_protocol.messages import Catalogue

_C = TypeVar("_C")

#: Fractions are shown and stepped in whole percent.
_PERCENT = 100.0
#: Ranges wider than this are coarse.
_WIDE, _TENTH = 4, 0.1
#: Sizes to denoise at are offered up to this multiple of what the model was trained for; the daemon checks them.
_LARGEST_SIZE = 2


@dataclass(frozen=True)
class FormField:
    """One control of a panel. Values are shown multiplied by ``scale``; ``step`` and the range are of the value itself.

    Attributes:
        name: as in ``OptionDescription``, such as ``steps`` or ``inpaint.grow``.
        kind: ``integer``, ``number``, ``boolean``, ``choice``, ``text`` or ``seed``.
        default: what suits the model.
        decimals: how many digits a shown number has after the point.
        unit: what stands behind the shown number, may be "".
        choices: (value, label) of a ``choice``.
        special: what is shown instead of the minimum, "" = the number.
        is_advanced: belongs into a fold-out.
        group: the heading that it stands under there.
    """

    name: str
    kind: str
    label: str
    help: str = ""
    default: "Plain" = None
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 1.0
    scale: float = 1.0
    decimals: int = 0
    unit: str = ""
    choices: Tuple[Tuple[str, str], ...] = ()
    special: str = ""
    is_advanced: bool = False
    group: str = ""


def fields(catalogue: "Catalogue", model: "Optional[ModelDescription]", task: str = "") -> Sequence[FormField]:
    """The fields of ``task``'s options ("": of every task for painters) in the catalogue's order, then the sizes.

    ``model`` None: the catalogue's own defaults, and no sizes.
    """
    names = {
        name for known in catalogue.tasks if not known.diagnostic and task in ("", known.id) for name in known.options
    }
    defaults: Dict[str, Plain] = model.defaults if model is not None else {}
    drawn = [_field(option, defaults) for option in catalogue.options if option.name in names]
    return drawn + (_size_fields(model) if model is not None else [])


def default_of(form: Sequence[FormField], name: str) -> "Plain":
    """The default of the field ``name``, None when there is no such field."""
    return next((field.default for field in form if field.name == name), None)


def chosen_value(choices: object, name: str) -> Any:
    """What stands at the dotted ``name`` in ``choices``: dots lead into nested values. None = nobody has chosen."""
    value: Any = choices
    for part in name.split("."):
        value = getattr(value, part)
    return value


def value_of(choices: object, field: FormField) -> Any:
    """What stands at a field's name in ``choices``, the default where nobody has chosen."""
    value = chosen_value(choices, field.name)
    return field.default if value is None else value


def with_value(choices: _C, name: str, value: Any) -> _C:
    """``choices``, a frozen dataclass, with ``value`` at the dotted ``name``."""
    first, _, rest = name.partition(".")
    inner = with_value(getattr(choices, first), rest, value) if rest else value
    replace: Any = dataclasses.replace
    return cast(_C, replace(choices, **{first: inner}))


def fitting(field: FormField, value: Any) -> Any:
    """``value`` if the field allows it, else the nearest that it allows, else the default."""
    if field.kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return field.default
        inside = min(max(value, field.minimum), field.maximum)
        return round(inside) if field.kind == "integer" else inside
    if field.kind == "choice":
        return value if value in [allowed for allowed, _ in field.choices] else field.default
    return value


def _field(option: "OptionDescription", defaults: "Dict[str, Plain]") -> FormField:
    minimum, maximum = option.minimum or 0.0, option.maximum or 0.0
    is_fraction = option.type == "number" and option.unit == "fraction"
    decimals = 0 if is_fraction or option.type != "number" else _decimals(minimum, maximum, option.step)
    unit = "%" if is_fraction else option.unit
    # a unit that only says the label again is noise
    if unit.lower() == option.label.lower():
        unit = ""
    return FormField(
        name=option.name,
        kind=option.type,
        label=option.label,
        help=option.help,
        default=defaults.get(option.name, option.default),
        minimum=minimum,
        maximum=maximum,
        step=option.step or (0.1 if option.type == "number" else 1.0),
        scale=_PERCENT if is_fraction else 1.0,
        decimals=decimals,
        unit=unit,
        choices=_choices(option),
        is_advanced=option.advanced,
        group=_group(option.name),
    )


def _group(name: str) -> str:
    """Options whose names begin alike belong together; the plain ones say how the model paints."""
    prefix = name.rpartition(".")[0]
    return tr("Selection") if prefix == "inpaint" else tr("Sampling")


def _decimals(minimum: float, maximum: float, step: Optional[float]) -> int:
    """A number out of 30 is told to a tenth, one out of 2, or one that changes by less, to a hundredth."""
    return 1 if maximum - minimum > _WIDE and (step or _TENTH) >= _TENTH else 2


def _choices(option: "OptionDescription") -> Tuple[Tuple[str, str], ...]:
    if len(option.choice_labels) == len(option.choices):
        return tuple((value, option.choice_labels[index]) for index, value in enumerate(option.choices))
    return tuple((value, value or tr("automatic")) for value in option.choices)


def _size_fields(model: "ModelDescription") -> List[FormField]:
    sides = (("run_width", tr("Width"), model.native_width), ("run_height", tr("Height"), model.native_height))
    return [
        FormField(
            name=name,
            kind="integer",
            label=label,
            help=tr("The size that the model works at, before the result is fitted to the picture."),
            default=0,
            minimum=0,
            maximum=_LARGEST_SIZE * native,
            step=model.multiple,
            unit="px",
            special=tr("auto"),
            is_advanced=True,
            group=tr("Sampling"),
        )
        for name, label, native in sides
    ]
