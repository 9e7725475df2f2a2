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

    assert ["txt2img", "img2img", "inpaint", "copy"] == [task.id for task in catalogue.tasks]
    assert ["copy"] == [task.id for task in catalogue.tasks if task.diagnostic]
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


def test_tasks_name_only_options_that_are_described() -> None:
    """No task shows a control that the catalogue does not describe, and no option is without a task."""
    catalogue = build_catalogue(ModelLibrary(()))
    used = {name for task in catalogue.tasks for name in task.options}

    assert {option.name for option in catalogue.options} == used


def test_the_catalogue_travels() -> None:
    """It survives the wire's plain form unchanged."""
    catalogue = build_catalogue(ModelLibrary(()))

    assert catalogue == from_plain(Catalogue, to_plain(catalogue))
