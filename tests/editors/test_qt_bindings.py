"""Docker and menu under PyQt5 and under PyQt6, in a stand-in for Krita: no display is needed, and no Krita.

Two bindings cannot live in one process, so each test runs a script of ``window_scripts`` in a process of its own.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from krita_harness.gated_daemon import gated_daemon
from krita_harness.processes import end_processes_with

HERE = Path(__file__).parent
PLUGIN = HERE.parents[1] / "plugin" / "velatura_krita"
DEADLINE_S = 120


@pytest.mark.parametrize("folder", [PLUGIN, HERE / "scripts", HERE / "krita_harness" / "krita_driver"])
def test_one_module_imports_qt(folder):
    """Whoever imports a binding by its name does not run in the other Krita."""
    imports = re.compile(r"^\s*(from|import) +PyQt", re.MULTILINE)
    files = list(folder.rglob("*.py"))
    assert len(files) > 5
    named = {file.name for file in files if imports.search(file.read_text(encoding="utf-8"))}
    assert named <= {"qt.py"}


@pytest.fixture(params=["PyQt5", "PyQt6"])
def run_script(request, tmp_path):
    """``run_script(name, NAME=value...)``: what ``window_scripts/<name>`` found, once nothing was complained of."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)

    def run(name, **environment):
        completed = subprocess.run(
            [sys.executable, "-X", "faulthandler", HERE / "window_scripts" / name, tmp_path],
            env={
                # what this process finds its packages by is kept, in front of it the scripts' own
                **{name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "QT_"))},
                "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH", "")])),
                "FAKE_KRITA_BINDING": request.param,
                "QT_QPA_PLATFORM": "offscreen",
                "LANG": "C.UTF-8",
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
                "XDG_RUNTIME_DIR": str(state),
                "VELATURA_STATE": str(state),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert (0, "") == (completed.returncode, completed.stderr)
        found = json.loads(completed.stdout)
        assert [] == found["complaints"]
        assert request.param == found["binding"]
        return found["values"]

    yield run
    end_processes_with(f"VELATURA_STATE={state}")


def test_panel(run_script):
    """Typing, the big button, the daemon's options, LoRAs, progress, queue, history and waiting results."""
    found = run_script("panel.py")
    assert "a fox\nin snow" == found["typed"]
    assert (True, 1) == (found["undone"], found["began"])
    assert "No picture is open. Open or create one first." == found["without a picture"]
    assert ["Generate", "Fill Selection"] == found["button"]
    assert {"strength", "steps", "guidance_scale", "sampler", "count", "inpaint.context"} <= set(found["fields"])
    assert (True, True) == (found["rolled"], found["unlocked"])
    assert 0.375 == found["bar"]
    assert (["depth", "edges"], True, 7) == (found["controls"], found["layers"], found["steps"])
    assert [["ink", "chalk"], []] == found["loras offered"]
    assert [["ink", 0.4], ["chalk", 1.0]] == found["loras"]
    assert [False, "LoRAs (2)"] == found["loras seen"]
    assert ["chalk", 0] == found["loras left"]
    assert [True, True, True] == found["visible while painting"]
    assert "New layer: fox" == found["status"]
    assert 'A finished picture is waiting: "a pier"' == found["waiting"]


def test_history_by_jobs(run_script):
    """A heading of its own row for each job, the prompt as it is; keys go from picture to picture."""
    found = run_script("panel.py")
    [(long, tip), (hare, _)] = found["headings"]
    assert (" ".join(["<b>a fox</b>"] * 20), "a hare") == (long, hare)
    assert tip.startswith("<qt>&lt;b&gt;a fox")
    assert [1, 2, 3, 5] == found["history"]
    assert (True, True) == (found["beneath"], found["within"])
    assert ["j/1", "j/2", "j/3", "k/0", "k/0"] == found["walked"]
    assert [-1, 3, 4, 1] == found["changed"]


def test_menu(run_script):
    """Every entry can be chosen without a picture, and says in a box what is missing where no docker does."""
    found = run_script("menu.py")
    assert {"Generate...", "Apply Result", "Cancel"} <= set(found["said"])
    assert "No picture is open. Open or create one first." == found["said"]["Generate..."]
    assert [] == found["unseen"]
    assert ["Painting 3/8"] == found["floated"][-1:]


def test_whole_job(run_script, tmp_path):
    """A click, the real daemon over ZeroMQ, a preview over the canvas, and a layer where it was selected. A second
    picture is shown over the canvas, and becomes a layer when it is applied.
    """
    found = run_script("whole_job.py", **gated_daemon(tmp_path / "gate"))
    assert [80, 160] == found["over the canvas"][1:]  # the preview's red grows with the steps
    assert found["afterwards"] == found["switched off"]
    assert ["painted", "a red fox"] == found["layers"]
    assert [120, 40, 200, 255] == found["inside"]
    assert 0 == found["outside"][3]
    assert found["afterwards"] != found["shown"]
    assert [200, 40, 120] == found["shown"]
    assert found["layers"] == found["before it is applied"]
    assert 2 == found["history"]
    assert ["New layer: a red fox", "Finished. Apply it to make it a layer."] == found["ends"][:2]


def test_chinese(run_script):
    """Where the system is Chinese, so are docker and menu; a choice made in Krita comes first."""
    found = run_script("language.py", LANGUAGE="zh_CN")
    assert found["of the system"] in ("zh-CN", "zh-Hans-CN")  # Qt 5, Qt 6
    assert "de" == found["chosen"]
    assert ("生成", "生成...") == (found["button"], found["menu"])
    assert "没有打开的图像，请先打开或新建一个。" == found["error"]


def test_tab_goes_through_everything_as_it_is_read(run_script):
    """Each part that the keyboard can reach, from top to bottom, also after the fields were drawn anew."""
    found = run_script("tabs.py")
    for situation, walked in found.items():
        assert ([], [], True) == (
            walked["out of order"],
            walked["missed"],
            walked["back is the way turned round"],
        ), situation
    fields = {"velatura_field_strength", "velatura_field_inpaint.context", "velatura_field_count", "velatura_seed"}
    assert fields <= set(found["at first"]["names"])
    assert "velatura_field_controls.weight" in found["all there"]["names"]


@pytest.fixture
def rules(run_script):
    return run_script("rules.py")


def test_rules_of_the_docker(rules):
    """A control shows its layer at once; nothing is discarded unseen; settings stand in groups; old ones are read."""
    assert ["street", "edges map", ["Visible picture", "edges map", "street"]] == rules["layers of controls"]
    nothing, said = rules["discard with nothing shown"]
    assert ([], ["No picture is shown. Show the one to discard, then do this again."]) == (nothing, said)
    assert rules["discard what is shown"]
    assert ["Sampling", "Selection", "Results"] == list(rules["headings"])
    assert {"Steps", "Sampler", "Width"} <= set(rules["headings"]["Sampling"])
    assert {"Grow", "Start from", "Correct the seam"} <= set(rules["headings"]["Selection"])
    assert {"When finished", "Preview over the canvas"} <= set(rules["headings"]["Results"])
    assert ["Cancel", "Generate"] == rules["dialog"]
    assert ["show", "show_several", "insert", "show_several", "show_several"] == [
        results for _, results in rules["kept"]
    ]
    assert {"a fox"} == {prompt for prompt, _ in rules["kept"]}


def test_docker_shows_no_preview_that_the_canvas_shows(rules):
    """It stands in the docker for a picture in the background, and where the canvas shall show none; then its place is
    kept, and nothing moves when a job begins and ends.
    """
    assert [False, True, True] == rules["previews"]["active"]
    assert [True, True] == [rules["previews"]["another"][0], rules["previews"]["another"][2]]
    assert [True, True, True] == rules["previews"]["off"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_nothing_is_cut_at_any_font(run_script, language):
    """From 9 to 18 points and from 220 pixels of width on, whatever there is in the docker."""
    found = run_script("fonts.py", LANGUAGE=language)
    assert {} == found["misfits"]
    assert [] == found["spread"]
    assert 40 < found["seen"]
