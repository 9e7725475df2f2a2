"""What is asked of a trace, and the request that the engine would get for it."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from velatura_daemon.architectures.architecture import Architecture
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.discovery import discover
from velatura_daemon.models.inspection import FoundModel, inspect_model
from velatura_daemon.models.library import ModelLibrary
from velatura_daemon.planning.check import check_request
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import GenerationRequest

#: What img2img runs with where nothing is said, as in the editors.
DEFAULT_STRENGTH = 0.6
#: What an OpenRaster file keeps of itself for programs that know no layers.
_ORA_PICTURE = "mergedimage.png"


@dataclass(frozen=True, kw_only=True)
class TraceOrder:
    """The command line, read. None = as suits the model.

    Attributes:
        model: id of a model, or the path of a diffusers folder, "" = the first model that is ready.
        canvas: picture to begin from; None = from noise alone.
        strength: as in ``GenerationRequest``; only with a canvas.
        folders: where models lie, besides the embedded ones.
    """

    prompt: str
    negative_prompt: str = ""
    canvas: Path | None = None
    strength: float | None = None
    model: str = ""
    steps: int | None = None
    guidance_scale: float | None = None
    seed: int = 0
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PreparedOrder:
    """``blobs``: the pixels that the request names."""

    model: FoundModel
    request: GenerationRequest
    blobs: tuple[memoryview, ...]


def prepare_order(order: TraceOrder) -> PreparedOrder:
    """Find the model, read the canvas, and check everything as the daemon checks a job.

    Raises:
        VelaturaError: ``unknown_model``, ``model_incomplete``, ``model_unsafe``, ``invalid_value``,
            ``prompt_too_long``, ``image_too_large``.
    """
    if order.strength is not None and order.canvas is None:
        raise VelaturaError(
            "invalid_value", "--strength says how much of the canvas gives way. Give a --canvas, or leave it out."
        )
    library = ModelLibrary(order.folders)
    model = _find_model(order.model, library)
    pixels = None if order.canvas is None else read_canvas(order.canvas)
    request = _request(order, model, pixels)
    catalogue = build_catalogue(library)
    check_request(request, replace(catalogue, models=(*catalogue.models, model.description)))
    if model.error is not None:
        raise model.error
    return PreparedOrder(model, request, () if pixels is None else (memoryview(pixels.tobytes()),))


def read_canvas(path: Path) -> NDArray[np.uint8]:
    """(height, width, 4) uint8 sRGB, straight alpha, of a picture file or of what an OpenRaster file looks like.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    if not path.is_file():
        raise VelaturaError("invalid_value", f"There is no file {path}. Give the path of a picture as --canvas.")
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open(_ORA_PICTURE) as stream:
                return _pixels(Image.open(stream))
        return _pixels(Image.open(path))
    except (OSError, KeyError, ValueError, UnidentifiedImageError, Image.DecompressionBombError, zipfile.BadZipFile):
        raise VelaturaError(
            "invalid_value", f"{path} cannot be read as a picture. Give a PNG, JPEG, WebP or OpenRaster file."
        ) from None


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    with image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))


def _find_model(name: str, library: ModelLibrary) -> FoundModel:
    folder = Path(name)
    if name and (folder / "model_index.json").is_file():
        architectures = discover("velatura_daemon.architectures", "ARCHITECTURE", Architecture)
        return inspect_model(str(folder), folder, architectures)
    ready = [model.id for model in library.models() if not model.problem]
    if not name:
        return library.require(ready[0])
    if name not in [model.id for model in library.models()]:
        raise VelaturaError(
            "unknown_model",
            f"There is no model {name!r}. Choose one of: {', '.join(ready)}; or give the path of a diffusers folder.",
        )
    return library.require(name)


def _request(order: TraceOrder, model: FoundModel, pixels: NDArray[np.uint8] | None) -> GenerationRequest:
    description = model.description
    defaults = {name: value for name, value in description.defaults.items() if isinstance(value, int | float)}
    height, width = (description.native_height, description.native_width) if pixels is None else pixels.shape[:2]
    given = GenerationRequest(
        task="txt2img" if pixels is None else "img2img",
        model=description.id,
        canvas_width=width,
        canvas_height=height,
        region=Rect(0, 0, width, height),
        prompt=order.prompt,
        negative_prompt=order.negative_prompt,
        steps=int(defaults["steps"]) if order.steps is None else order.steps,
        guidance_scale=float(defaults["guidance_scale"]) if order.guidance_scale is None else order.guidance_scale,
        seed=order.seed,
    )
    if pixels is None:
        return given
    strength = DEFAULT_STRENGTH if order.strength is None else order.strength
    return replace(given, canvas=ImageRef(0, width, height, "RGBA"), strength=strength)
