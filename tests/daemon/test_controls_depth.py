"""The depth control: maps that are given, and depth found in a picture by an estimator of transformers."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessor

from velatura_daemon.architectures.parts import Placement
from velatura_daemon.controls.control import NoEstimators
from velatura_daemon.controls.depth import CONTROL
from velatura_daemon.diffusion.engine import create_engine
from velatura_daemon.diffusion.loaded_models import LoadedModels
from velatura_daemon.engine_contract import EngineSettings
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import ControlRequest, GenerationRequest

CPU = Placement(device="cpu", dtype=torch.float32)
SIDE = 32


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a small DPT of random weights, saved by transformers."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIDE,
        patch_size=8,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        is_hybrid=False,
    )
    network = DPTForDepthEstimation(config)
    for part in (*network.neck.parameters(), *network.head.parameters()):
        if part.ndim > 1:
            torch.nn.init.normal_(part, std=0.2)
    torch.nn.init.constant_(network.head.head[4].bias, 5.0)  # the last layer cuts off what is below 0
    network.save_pretrained(folder / "estimators" / "depth")
    processor = DPTImageProcessor(size={"height": SIDE, "width": SIDE}, keep_aspect_ratio=False)
    processor.save_pretrained(folder / "estimators" / "depth")
    return folder


@pytest.fixture
def picture() -> np.ndarray:
    """A bright disc on a dark ramp, (48, 64, 3) uint8."""
    rows, columns = np.mgrid[:48, :64]
    rgb = np.repeat((rows * 2)[..., None], 3, axis=2).astype(np.uint8)
    rgb[(rows - 24) ** 2 + (columns - 32) ** 2 < 15**2] = (220, 180, 90)
    return rgb


def models(*folders: Path) -> LoadedModels:
    return LoadedModels(ModelLibrary(folders), CPU)


def test_a_given_map_is_used_unchanged() -> None:
    """Every grey level stays what it is; of a coloured map the grey counts."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    np.testing.assert_array_equal(ramp, CONTROL.from_map(np.dstack([ramp] * 3)))
    assert [[76]] == CONTROL.from_map(np.array([[[255, 0, 0]]], np.uint8)).tolist()


def test_a_picture_alone_is_refused_without_an_estimator(picture: np.ndarray) -> None:
    """The sentence says what to give and what to put where."""
    with pytest.raises(VelaturaError) as caught:
        CONTROL.prepare(picture, NoEstimators())
    assert "invalid_value" == caught.value.info.code
    assert "white is near" in caught.value.info.message
    assert "estimators/depth" in caught.value.info.message


def test_an_estimator_of_transformers_finds_the_depth(model_folder: Path, picture: np.ndarray) -> None:
    """The map has the picture's size, uses the whole range, and is what the network itself predicts."""
    depth = CONTROL.prepare(picture, models(model_folder))

    assert ((48, 64), np.uint8) == (depth.shape, depth.dtype)
    assert (0, 255) == (depth.min(), depth.max())
    folder = model_folder / "estimators" / "depth"
    inputs = DPTImageProcessor.from_pretrained(folder)(images=picture, return_tensors="pt")
    with torch.no_grad():
        predicted = DPTForDepthEstimation.from_pretrained(folder)(**inputs).predicted_depth
    size = torch.nn.functional.interpolate(predicted[None], (48, 64), mode="bicubic")[0, 0].numpy()
    assert 0.99 < np.corrcoef(size.ravel(), depth.ravel())[0, 1]


def test_a_flat_depth_is_black(model_folder: Path, picture: np.ndarray) -> None:
    """An estimator that sees nothing nearer than the rest gives an empty map, not noise."""
    flat = models(model_folder)
    estimator: Any = None

    class Keeping:
        def estimator(self, name: str, load: Any) -> Any:
            nonlocal estimator
            estimator = flat.estimator(name, load)
            torch.nn.init.zeros_(estimator.network.head.head[4].weight)
            return estimator

    assert not CONTROL.prepare(picture, Keeping()).any()


def test_an_estimator_is_loaded_once(model_folder: Path, picture: np.ndarray) -> None:
    """The second picture finds the network in memory."""
    held = models(model_folder)
    loads: list[Path] = []

    class Counting:
        def estimator(self, name: str, load: Any) -> Any:
            def counted(folder: Path, placement: Placement) -> Any:
                loads.append(folder)
                return load(folder, placement)

            return held.estimator(name, counted)

    first, second = (CONTROL.prepare(picture, Counting()) for _ in range(2))
    assert [model_folder / "estimators" / "depth"] == loads
    np.testing.assert_array_equal(first, second)


def test_a_damaged_estimator_is_named(model_folder: Path, tmp_path: Path, picture: np.ndarray) -> None:
    """Weights that are missing or cut off give a sentence with the folder, and no guessed depth."""
    source, folder = model_folder / "estimators" / "depth", tmp_path / "estimators" / "depth"
    folder.mkdir(parents=True)
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.safetensors").write_bytes(b"\0" * 20)
    with pytest.raises(VelaturaError) as caught:
        CONTROL.prepare(picture, models(tmp_path))
    assert "model_incomplete" == caught.value.info.code
    assert str(folder) in caught.value.info.message


def test_the_catalogue_says_whether_pictures_can_be_prepared(model_folder: Path) -> None:
    """Only with an estimator does the daemon offer to make the map itself; edges it can always make."""
    offered = [
        {control.id: control.can_prepare for control in build_catalogue(ModelLibrary(folders)).controls}
        for folders in ((), (model_folder,))
    ]
    assert [{"depth": False, "edges": True}, {"depth": True, "edges": True}] == offered


def test_a_depth_map_is_made_as_a_job(model_folder: Path, picture: np.ndarray) -> None:
    """The task ``control_map`` with an estimator: its map over the region, and no diffusion model in memory."""
    engine = create_engine(EngineSettings(model_folders=(model_folder,), device="cpu"))
    control = ControlRequest("depth", ImageRef(0, 64, 48, "RGB"), prepared=False)
    request = GenerationRequest("control_map", "", 64, 48, Rect(0, 0, 64, 48), controls=(control,))

    patch = engine.run(request, [memoryview(picture.tobytes())], SilentObserver()).patches[0]

    depth = CONTROL.prepare(picture, models(model_folder))
    np.testing.assert_array_equal(np.dstack([depth, depth, depth, np.full_like(depth, 255)]), patch.rgba)
    held = engine._painter._models._held.values()  # type: ignore[attr-defined]
    assert ["DepthEstimator"] == [type(loaded).__name__ for loaded, _ in held]


def test_another_estimator_makes_another_map(model_folder: Path, tmp_path: Path, picture: np.ndarray) -> None:
    """The engine finds a map again only as long as the estimator's files are the same."""
    folder = tmp_path / "estimators" / "depth"
    shutil.copytree(model_folder / "estimators" / "depth", folder)
    engine = create_engine(EngineSettings(model_folders=(tmp_path,), device="cpu"))
    control = ControlRequest("depth", ImageRef(0, 64, 48, "RGB"), prepared=False)
    request = GenerationRequest("control_map", "", 64, 48, Rect(0, 0, 64, 48), controls=(control,))

    def run() -> tuple[dict[str, int], np.ndarray]:
        done = engine.run(request, [memoryview(picture.tobytes())], SilentObserver())
        return dict(done.report.counters), done.patches[0].rgba

    (_, first), (found, second) = run(), run()
    other = DPTForDepthEstimation.from_pretrained(folder)
    torch.nn.init.normal_(other.head.head[0].weight)
    other.save_pretrained(folder)
    made, third = run()

    assert (1, 1) == (found["control_cached"], made["control_prepared"])
    assert (second == first).all()
    assert (third != first).any()


class SilentObserver:
    """An observer that nobody looks at."""

    def stage(self, name: str, step: int = 0, of: int = 0) -> None: ...

    def wants_preview(self) -> bool:
        return False

    def preview(self, picture: np.ndarray, step: int, of: int) -> None: ...

    def check_cancelled(self) -> None: ...


def test_the_description_is_read_without_heavy_libraries() -> None:
    """The supervisor reads id, label and help: neither OpenCV nor torch is loaded for that."""
    code = (
        "import sys; from velatura_daemon.controls.depth import CONTROL; "
        "print(CONTROL.id, sorted({'cv2', 'numpy', 'torch', 'transformers'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "depth []\n" == output.stdout
