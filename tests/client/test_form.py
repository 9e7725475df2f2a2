"""What a panel draws is told by the catalogue alone."""

import dataclasses
from dataclasses import dataclass, field

import pytest

from velatura_client.form import FormField, default_of, fields, fitting, value_of, with_value
from velatura_daemon.models.options import all_options, all_tasks
from velatura_protocol.catalogue import ModelDescription, OptionDescription, SamplerDescription, TaskDescription
from velatura_protocol.messages import Catalogue
from velatura_protocol.request import InpaintSettings

SAMPLERS = (SamplerDescription("slow", "Slow but sure"),)
MODEL = ModelDescription(
    id="m",
    label="M",
    architecture="whatever",
    native_width=384,
    native_height=256,
    multiple=16,
    defaults={"steps": 12, "sampler": "slow"},
)


@dataclass(frozen=True)
class Chosen:
    """As much of ``Choices`` as matters here."""

    steps: int | None = None
    inpaint: InpaintSettings = field(default_factory=InpaintSettings)


def catalogue(*options, tasks=None):
    names = tuple(option.name for option in options)
    return Catalogue(
        tasks=tasks or (TaskDescription(id="paint", label="Paint", options=names),),
        options=options,
        samplers=SAMPLERS,
    )


def real_catalogue():
    """The options and tasks that the daemon really has."""
    return Catalogue(tasks=all_tasks(), options=all_options(SAMPLERS), samplers=SAMPLERS)


def named(form, name):
    return next(field for field in form if field.name == name)


def test_fraction_is_shown_in_percent():
    """0..1 becomes 0..100 %; the value itself stays a fraction."""
    option = OptionDescription("strength", "number", "Strength", "help", 1.0, 0.01, 1, "fraction", step=0.05)
    drawn = fields(catalogue(option), None)[0]
    assert ("%", 100.0, 0.05, 0) == (drawn.unit, drawn.scale, drawn.step, drawn.decimals)
    assert (0.01, 1, 1.0) == (drawn.minimum, drawn.maximum, drawn.default)


@pytest.mark.parametrize(("maximum", "decimals"), [(30, 1), (2, 2)])
def test_precision_suits_the_range(maximum, decimals):
    """A wide range is told coarsely, a narrow one finely; the catalogue's own step is taken, else a tenth."""
    told = OptionDescription("g", "number", "G", "", 1, 0, maximum, step=0.5)
    silent = dataclasses.replace(told, name="h", step=None)
    assert [(0.5, decimals), (0.1, decimals)] == [
        (drawn.step, drawn.decimals) for drawn in fields(catalogue(told, silent), None)
    ]


def test_models_own_defaults_come_first():
    """What suits the model replaces the catalogue's default, and only that."""
    form = fields(real_catalogue(), MODEL)
    assert 12 == default_of(form, "steps")
    assert "slow" == default_of(form, "sampler")
    assert 0.5 == default_of(form, "inpaint.context")
    assert default_of(form, "no such field") is None


def test_choices_have_labels():
    """The daemon's where it tells them; a value without one stands for itself."""
    form = fields(real_catalogue(), MODEL)
    assert (("", "The model's own"), ("slow", "Slow but sure")) == named(form, "sampler").choices
    assert ("original", "What is there") == named(form, "inpaint.fill").choices[0]
    silent = OptionDescription("x", "choice", "X", "", choices=("", "a"))
    assert (("", "automatic"), ("a", "a")) == fields(catalogue(silent), None)[0].choices


def test_task_decides_which_fields_there_are():
    """Painting from words has neither strength nor inpaint settings; all tasks together have everything."""
    words = [field.name for field in fields(real_catalogue(), None, "txt2img")]
    everything = [field.name for field in fields(real_catalogue(), None)]
    assert "steps" in words
    assert [] == [name for name in words if name == "strength" or name.startswith("inpaint.")]
    assert {option.name for option in all_options(SAMPLERS)} == set(everything)


def test_what_is_rarely_set_is_advanced():
    """So says the catalogue; sizes are too."""
    advanced = {field.name: field.is_advanced for field in fields(real_catalogue(), MODEL)}
    assert (False, False, True, True) == tuple(
        advanced[name] for name in ("strength", "inpaint.context", "steps", "run_width")
    )


def test_diagnostic_tasks_are_not_for_painters():
    """An option that only a diagnostic task has is not drawn."""
    option = OptionDescription("x", "integer", "X", "")
    task = TaskDescription(id="measure", label="Measure", options=("x",), diagnostic=True)
    assert [] == list(fields(catalogue(option, tasks=(task,)), None))


def test_sizes_come_from_the_model():
    """Width and height step by the model's multiple, 0 leaves them to the daemon; without a model there are none."""
    form = fields(real_catalogue(), MODEL)
    width, height = named(form, "run_width"), named(form, "run_height")
    assert (16, 768, 512, 0) == (width.step, width.maximum, height.maximum, width.default)
    assert "auto" == width.special
    assert [] == [field for field in fields(real_catalogue(), None) if field.name.startswith("run_")]


def test_values_are_read_and_written_by_dotted_name():
    """What nobody chose is the default; a nested value is replaced without touching its neighbours."""
    steps = FormField("steps", "integer", "Steps", default=20)
    grow = FormField("inpaint.grow", "integer", "Grow", default=0)
    chosen = Chosen(inpaint=InpaintSettings(feather=9))
    assert 20 == value_of(chosen, steps)
    changed = with_value(with_value(chosen, "inpaint.grow", 7), "steps", 3)
    assert (3, 7) == (value_of(changed, steps), value_of(changed, grow))
    assert dataclasses.replace(chosen.inpaint, grow=7) == changed.inpaint
    assert chosen == Chosen(inpaint=InpaintSettings(feather=9))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", 200, 150),
        ("integer", -1, 1),
        ("integer", 7.6, 8),
        ("number", 7.6, 7.6),
        ("number", "many", 20),
        ("integer", True, 20),
    ],
)
def test_value_that_does_not_fit_is_mended(kind, value, expected):
    """What another version or model left is brought into the range, or replaced by the default."""
    assert expected == fitting(FormField("steps", kind, "", default=20, minimum=1, maximum=150), value)


def test_choice_that_is_gone_becomes_the_default():
    """A sampler that is no longer there."""
    field = FormField("sampler", "choice", "", default="", choices=(("", "own"), ("slow", "Slow")))
    assert ("slow", "") == (fitting(field, "slow"), fitting(field, "gone"))


def test_unit_that_repeats_the_label_is_left_out():
    """ "Steps: 20 steps" says it twice; pixels stay."""
    form = fields(real_catalogue(), MODEL)
    assert ("", "px") == (named(form, "steps").unit, named(form, "inpaint.grow").unit)


def test_precision_suits_the_step():
    """A number that changes by less than a tenth is shown to a hundredth, however wide its range is."""
    option = OptionDescription("loras.weight", "number", "Weight", "", 1.0, -4, 4, step=0.05)
    assert 2 == fields(catalogue(option), None)[0].decimals


def test_fields_are_grouped_by_name():
    """Those of the selection under one heading, what steers the painting under another, sizes with the latter."""
    groups = {field.name: field.group for field in fields(real_catalogue(), MODEL)}
    assert {"Selection"} == {group for name, group in groups.items() if name.startswith("inpaint.")}
    assert ["Sampling"] * 3 == [groups[name] for name in ("steps", "sampler", "run_width")]
