"""Paints with the product's own engine: the same requests that an editor sends, without the sockets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from velatura_daemon.diffusion.engine import create_engine
from velatura_daemon.engine_contract import Engine, EngineSettings, MadePatch
from velatura_daemon.models.library import ModelLibrary
from velatura_daemon.planning.sizes import TrainedSizes
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import ControlRequest, GenerationRequest, LoraRequest

ByteArray = NDArray[np.uint8]

#: Guidance where the model names none.
GUIDANCE_SCALE = 4.5


class Silent:
    """An ``engine_contract.Observer`` that wants to know nothing."""

    def stage(self, name: str, step: int = 0, of: int = 0) -> None: ...

    def wants_preview(self) -> bool:
        return False

    def preview(self, rgb: ByteArray, step: int, of: int) -> None: ...

    def check_cancelled(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Studio:
    """One model in one engine.

    Attributes:
        model: its id in the library. folder: where its files are.
        sizes: what it was trained for; pictures are painted at the native size.
        model_folders: where the library looked for it.
    """

    engine: Engine
    library: ModelLibrary
    model: str
    folder: Path
    sizes: TrainedSizes
    guidance_scale: float
    model_folders: tuple[Path, ...]

    def paint(
        self, prompt: str, seed: int, *, steps: int, controls: Sequence[tuple[str, ByteArray]] = (), lora: str = ""
    ) -> ByteArray:
        """(height, width, 3) uint8 at the native size.

        ``controls``: kinds and their maps, (h, w) uint8 each. Raises as ``engine_contract.Engine.run`` says.
        """
        pixels = [np.repeat(control_map[..., None], 3, axis=2) for _, control_map in controls]
        references = [
            ControlRequest(kind=kind, image=ImageRef(index, *_size(one), "RGB", meaning="control", colour_space="none"))
            for index, ((kind, _), one) in enumerate(zip(controls, pixels, strict=True))
        ]
        request = self._request("txt2img", prompt, seed, steps)
        request = replace(request, controls=tuple(references), loras=(LoraRequest(lora),) if lora else ())
        return self._run(request, pixels).rgba[..., :3]

    def inpaint(self, prompt: str, seed: int, *, steps: int, canvas: ByteArray, mask: ByteArray) -> MadePatch:
        """``canvas``: (h, w, 3) uint8 at the native size. ``mask``: (h, w) uint8, 255 = repaint."""
        opaque = np.dstack([canvas, np.full(canvas.shape[:2], 255, np.uint8)])
        request = replace(
            self._request("inpaint", prompt, seed, steps),
            canvas=ImageRef(0, *_size(opaque)),
            mask=ImageRef(1, *_size(mask), "Y", meaning="mask", colour_space="none"),
        )
        return self._run(request, [opaque, mask])

    def _request(self, task: str, prompt: str, seed: int, steps: int) -> GenerationRequest:
        width, height = self.sizes.native_width, self.sizes.native_height
        return GenerationRequest(
            task=task,
            model=self.model,
            canvas_width=width,
            canvas_height=height,
            region=Rect(0, 0, width, height),
            prompt=prompt,
            seed=seed,
            steps=steps,
            guidance_scale=self.guidance_scale,
        )

    def _run(self, request: GenerationRequest, pixels: Sequence[ByteArray]) -> MadePatch:
        blobs = [memoryview(one.tobytes()) for one in pixels]
        return self.engine.run(request, blobs, Silent()).patches[0]


def open_studio(model: str, work: Path, more_folders: tuple[Path, ...] = ()) -> Studio:
    """``model``: an id of the embedded library, or the path of a diffusers folder.

    The ControlNets and LoRAs of the folder are found when it lies as ``FOLDER/models/NAME`` beside
    ``FOLDER/controlnets`` and ``FOLDER/loras``.

    Raises:
        VelaturaError: ``unknown_model``, ``model_incomplete``, ``model_unsafe``.
    """
    folders = (*_folders_of(model, work), *more_folders)
    library = ModelLibrary(folders)
    model_id = _id_of(model, library)
    found = library.require(model_id)
    guidance = found.description.defaults.get("guidance_scale", GUIDANCE_SCALE)
    return Studio(
        engine=create_engine(EngineSettings(model_folders=folders)),
        library=library,
        model=model_id,
        folder=found.folder,
        sizes=library.sizes(model_id),
        guidance_scale=float(guidance) if isinstance(guidance, (int, float)) else GUIDANCE_SCALE,
        model_folders=folders,
    )


def _folders_of(model: str, work: Path) -> tuple[Path, ...]:
    path = Path(model)
    if not path.is_dir():
        return ()
    path = path.resolve()
    if not (path / "model_index.json").is_file():
        raise VelaturaError(
            "unknown_model", f"{path} is not a model: it has no model_index.json. Name the folder that holds one."
        )
    if path.parent.name == "models":
        return (path.parent.parent,)
    # a folder of its own for each path, because the library names a model after its folder
    folder = work / "model" / hashlib.sha256(str(path).encode()).hexdigest()[:12]
    link = folder / "models" / path.name
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(path, target_is_directory=True)
    return (folder,)


def _id_of(model: str, library: ModelLibrary) -> str:
    """Raises ``VelaturaError`` ``unknown_model`` naming the ids that there are."""
    ids = [description.id for description in library.models()]
    if Path(model).is_dir():
        path = Path(model).resolve()
        return next(one for one in reversed(ids) if library.folder(one).resolve() == path)
    if model not in ids:
        raise VelaturaError(
            "unknown_model",
            f"There is no model {model[:64]!r}. Give the path of its folder, or one of: {', '.join(ids)}.",
        )
    return model


def _size(pixels: ByteArray) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]
