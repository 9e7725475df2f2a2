"""The docker in real Krita, with the real daemon and an engine that waits for a file; hands are a real mouse's.

Screenshots lie in the results folder of the session: idle, running, queue, more, history, shown, menu, error.
"""

import json
import shutil

import pytest
from krita_harness.gated_daemon import gated_daemon
from PIL import Image

pytestmark = pytest.mark.krita

LAYERS = ["Background", "sky", "grass", "ink"]
#: What is called the same in every language.
NAMES = ("LoRA", "Velatura")
#: Percent of a core that the docker may cost while nothing goes on, on top of Krita's own; half of it is allowed


@pytest.fixture(scope="module")
def session(start_krita_once, tmp_path_factory):
    gate = tmp_path_factory.mktemp("gate") / "open"
    return start_krita_once(**gated_daemon(gate))


@pytest.fixture(scope="module")
def found(session):
    outcome = session.run("docker.py", timeout_s=240)
    assert outcome.error == ""
    shutil.copytree(outcome.folder, outcome.folder.with_name("first"))
    print(json.dumps({"screenshots": str(outcome.folder.with_name("first"))}))
    print(json.dumps({name: outcome.values[name] for name in ("idle cost in percent", "cost of a look in ms")}))
    return outcome.values


@pytest.fixture(scope="module")
def restarted(found, session):
    outcome = session.run("docker_again.py", timeout_s=100)
    assert outcome.error == ""
    return {"before": found["set"], **outcome.values}


def test_nothing_is_started_before_it_is_wanted(found):
    """At Krita's start the settings are greyed, and no daemon is asked for anything."""
    assert {"strength enabled": False, "began": []} == found["before the engine"]


def test_prompt_has_lines_and_undo(found):
    """Enter begins a line; Ctrl+Z takes everything back that was typed."""
    assert "" == found["undone prompt"]


def test_enter_within_an_input_method_begins_nothing(found):
    """While a candidate is being composed, Ctrl+Enter is the input method's; the committed text stands there."""
    assert {"within": {"shown": [], "ends": []}, "text": "狐狸"} == found["input method"]


def test_ctrl_enter_begins_and_everything_tells_how_it_goes(found):
    """Stage and step in the line, the bar, Cancel; the catalogue has come meanwhile. The preview lies over the canvas,
    so it does not stand in the docker too.
    """
    running = found["running"]
    assert running["status"].startswith("Painting "), running["status"]
    assert (True, False, True, True) == (
        running["progress visible"],
        running["preview visible"],
        running["can cancel"],
        running["strength enabled"],
    )
    assert [*LAYERS, "Selection Mask"] == running["layers"]


def test_time_left_is_told(found):
    """Beside the step, as soon as some steps were seen."""
    assert " left" in found["running"]["status"], found["running"]["status"]


def test_kinds_of_control_come_from_the_catalogue(found):
    """The menu offers what the model has ControlNets for."""
    assert "Edges" in found["running"]["kinds"]


def test_second_job_waits_in_the_queue_and_can_be_cancelled(found):
    """The list is there while there are two; the cancelled one ends alone."""
    assert {"ends": [["finished", "Cancelled."]], "queue visible": False} == found["second job"]


def test_result_is_a_layer_and_in_the_history(found):
    """The first job ends with its layer."""
    first = found["first"]
    assert [["finished", "New layer: a red fox"]] == first["ends"]
    assert ["Background", "sky", "grass", "ink", "a red fox", "Selection Mask"] == first["layers"]
    assert 1 == first["history"]


def test_button_says_what_it_will_do(found):
    """In every situation, within a second."""
    assert {
        "nothing selected": "Generate",
        "nothing selected, 60 %": "Refine grass",
        "selection, 60 %": "Refine Selection",
        "selection": "Fill Selection",
        "selection over nothing": "Extend",
        "selection beyond the canvas": "Extend",
    } == found["button"]


def test_results_that_are_not_put_in_at_once(found):
    """Nothing is inserted; the newest is shown over the canvas, and a click shows another one."""
    history = found["history"]
    assert history["before"] == history["finished"]
    assert (3, True, True) == (history["history"], history["shown"], history["second shown"])


def test_apply_is_one_undo_step(found):
    """A double click puts the picture in; one undo takes it out. It is marked as applied."""
    history = found["history"]
    assert len(history["before"]) + 1 == len(history["applied"])
    assert 1 == history["steps"]
    assert history["before"] == history["undone"]
    assert [False, True, True] == history["marked"]
    assert [False, False, True] == history["marked after undo"]


def test_apply_as_group_is_one_undo_step(found):
    """Both pictures of the job stand in one group of their own."""
    history = found["history"]
    assert [2] == [len(layers) for layers in history["group"] if layers]
    assert 1 == history["steps of the group"]


def test_menu_of_a_picture(found):
    """What can be done with it; copying the seed and deleting are tried."""
    history = found["history"]
    assert {"Apply", "Again with a New Seed", "Use Its Prompt", "Copy Seed", "Save as PNG...", "Delete"} <= set(
        history["menu"]
    )
    assert (True, 2) == (history["clipboard"], history["after deleting"])


def test_nothing_is_discarded_unseen(found):
    """Where no picture lies over the canvas, Discard Result says what to do."""
    size, said = found["history"]["nothing shown"]
    assert (3, "No picture is shown. Show the one to discard, then do this again.") == (size, said)


def test_docker_asks_little_while_nothing_goes_on(found):
    """The selection's bounds at each look; what costs more at every tenth, and never the pixels of layers."""
    asked = found["asked while idle"]
    looks = asked["selection_bounds"]
    assert looks > 10
    thorough = looks / 10 + 2
    assert asked["read_canvas"] <= thorough
    assert asked["read_mask"] <= thorough
    assert asked["layers"] <= 2 * thorough
    assert (0, 0) == (asked["read_layer"], asked["layer_alpha"])


def test_killed_worker_is_told_and_repeated_with_one_click(found):
    """The sentence stands in the docker with a button; the click makes the layer."""
    dies = found["worker dies"]
    assert ["failed"] == [kind for kind, _ in dies["ends"]]
    assert dies["ends"][0][1] == dies["status"]
    assert (True, ["finished"]) == (dies["repeat"], dies["repeated"])


def test_settings_survive_a_restart(restarted):
    """Prompts, strength, seed and what was folded out are as they were."""
    assert restarted["before"] == restarted["settings"]
    assert ("45", "77") == (str(restarted["settings"]["strength"]), restarted["settings"]["seed"])


@pytest.fixture(scope="module")
def painted(start_krita_once):
    outcome = start_krita_once().run("docker_real.py", timeout_s=240)
    assert outcome.error == ""
    print(json.dumps({"screenshots": str(outcome.folder)}))
    saved = {}
    for name in ("layer", "result"):
        with Image.open(outcome.folder / f"{name}.png") as image:
            saved[name] = {"size": image.size, **image.info}
    return {"saved": saved, **outcome.values}


def test_four_pictures_of_one_job(painted):
    """The model in the package paints them; they stand in one group, and in the history."""
    four = painted["four"]
    assert ["finished"] == [kind for kind, _ in four["ends"]]
    assert (6, 4) == (len(four["layers"]), four["history"])


def test_map_of_the_picture_is_a_layer(painted):
    """Opaque, named after its kind, and no picture of the history."""
    made = painted["map"]
    assert ("Edges map", 255, 4) == (made["name"], made["least alpha"], made["history"])


def test_layer_is_used_as_a_map(painted):
    """By Make Map itself, and by hand: the layer as it is, with the weight that was set; the job after it succeeds."""
    assert ["edges", "layer", True, True] == painted["control of the map"]
    assert ["edges", "layer", True, True] == painted["control"]
    assert (0.8, ["finished"]) == (painted["weight"], painted["guided"])


@pytest.mark.parametrize("name", ["layer", "result"])
def test_picture_is_saved_with_its_parameters(painted, name):
    """From the menu and from the history: a PNG of the picture's size says in two ways what made it."""
    saved = painted["saved"][name]
    assert (640, 480) == saved["size"]
    assert saved["parameters"].startswith("a red apple\nSteps: "), saved["parameters"]
    assert "txt2img" == json.loads(saved["velatura"])["request"]["task"]


def test_again_from_a_layer_gives_the_same_pixels(painted):
    """Chosen from the menu, with the control map that it was made with."""
    again = painted["again from the layer"]
    assert (["finished"], [True]) == ([kind for kind, _ in again["ends"]], again["same pixels"])


def test_docker_in_chinese(start_krita):
    """Krita's own language decides; nothing of ours is left in English, tool tips, menu and dialog included."""
    session = start_krita()
    (session.home / ".config" / "klanguageoverridesrc").write_text("[Language]\nkrita=zh_CN\n")
    outcome = session.run("docker_chinese.py", timeout_s=100)
    assert outcome.error == ""
    print(json.dumps({"screenshots": str(outcome.folder)}))
    assert "生成" in outcome.values["button"]
    for place in ("texts", "tips", "menu", "dialog"):
        # names of models and samplers are alike everywhere, and a seed's placeholder has no letters
        read = [text for text in outcome.values[place] if text not in NAMES]
        assert [] == [text for text in read if text.isascii() and any(map(str.isalpha, text))], place
