"""The catalogue: what plug-ins draw their controls from."""

from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_protocol.codec import from_plain, to_plain
from velatura_protocol.messages import Catalogue
from velatura_protocol.request import ControlRequest, GenerationRequest, InpaintSettings, LoraRequest

HOLDERS = {"inpaint": InpaintSettings, "controls": ControlRequest, "loras": LoraRequest}


def test_the_tasks_samplers_and_controls_of_this_version_are_there() -> None:
    """The ids that requests and plug-ins rely on."""
    catalogue = build_catalogue(ModelLibrary(()))

    assert ["txt2img", "img2img", "inpaint", "control_map", "copy"] == [task.id for task in catalogue.tasks]
    assert ["copy"] == [task.id for task in catalogue.tasks if task.diagnostic]
    assert ["control_map", "copy"] == [task.id for task in catalogue.tasks if not task.uses_model]
    assert {"ddim", "euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras", "unipc", "lcm"} == {
        sampler.id for sampler in catalogue.samplers
    }
    assert ["depth", "edges"] == [control.id for control in catalogue.controls]


def test_every_option_is_a_field_of_the_request_with_the_default_that_it_says() -> None:
    """A plug-in that leaves an option alone sends what the catalogue promised."""
    for option in build_catalogue(ModelLibrary(())).options:
        holder, _, name = option.name.rpartition(".")
        fields = (HOLDERS[holder] if holder else GenerationRequest).__dataclass_fields__

        assert option.default == fields[name].default, option.name


def test_every_default_is_in_its_own_range() -> None:
    """Nothing that is offered is refused."""
    for option in build_catalogue(ModelLibrary(())).options:
        assert not option.choices or option.default in option.choices, option.name
        assert option.minimum is None or option.minimum <= float(str(option.default)), option.name
        assert option.maximum is None or option.maximum >= float(str(option.default)), option.name


def test_every_option_can_be_read_by_a_painter() -> None:
    """A short label, a help of one sentence, a name for each choice, a step that suits the range."""
    for option in build_catalogue(ModelLibrary(())).options:
        assert 0 < len(option.label) <= 24, option.name
        assert option.help.endswith("."), option.name
        assert ". " not in option.help, option.name
        assert len(option.choices) == len(option.choice_labels), option.name
        assert all(option.choice_labels), option.name
        if option.type in ("integer", "number"):
            assert option.minimum is not None, option.name
            assert option.maximum is not None, option.name
            assert option.step is not None, option.name
            assert 0 < option.step <= (option.maximum - option.minimum) / 4, option.name


def test_most_options_are_folded_away() -> None:
    """What a painter sets for each picture stays in sight, the model's machinery does not."""
    basic = {option.name for option in build_catalogue(ModelLibrary(())).options if not option.advanced}

    assert {
        "prompt",
        "negative_prompt",
        "strength",
        "seed",
        "count",
        "inpaint.context",
        "controls.weight",
        "loras.weight",
    } == basic


def test_a_control_that_cannot_prepare_says_why() -> None:
    """Depth without its estimator names the folder; edges, which can, has nothing to explain."""
    controls = {control.id: control for control in build_catalogue(ModelLibrary(())).controls}

    assert (False, True) == (controls["depth"].can_prepare, "estimators/depth" in controls["depth"].prepare_problem)
    assert (True, "") == (controls["edges"].can_prepare, controls["edges"].prepare_problem)


def test_tasks_name_only_options_that_are_described() -> None:
    """No task shows a control that the catalogue does not describe, and no option is without a task."""
    catalogue = build_catalogue(ModelLibrary(()))
    used = {name for task in catalogue.tasks for name in task.options}

    assert {option.name for option in catalogue.options} == used


def test_the_catalogue_travels() -> None:
    """It survives the wire's plain form unchanged."""
    catalogue = build_catalogue(ModelLibrary(()))

    assert catalogue == from_plain(Catalogue, to_plain(catalogue))
