"""The encoding stages, each found again by its content: prompts, the canvas, control maps."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from velatura_daemon.controls.control import Control, Estimators
from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import ControlRequest, GenerationRequest

from .content_cache import ContentCache, content_key
from .guidance import make_control_map
from .job_record import JobRecord
from .latents import encode_image
from .loaded_models import LoadedModel
from .prompt_encoding import encode_prompt, pad_to_same_length
from .tasks import RunSize


class Encoder:
    """Encodes through one cache, and counts in the job's record what was encoded and what was found."""

    def __init__(self, cache: ContentCache, controls: Mapping[str, Control], estimators: Estimators) -> None:
        self._cache = cache
        self._controls = controls
        self._estimators = estimators

    def conditioning(
        self, model: LoadedModel, request: GenerationRequest, record: JobRecord
    ) -> dict[str, torch.Tensor]:
        """Pipeline arguments for prompt and, with guidance, negative prompt: (1, length, text width) each."""
        positive = self._prompt(model, request.prompt, record)
        if request.guidance_scale <= 1:
            return {"prompt_embeds": positive}
        negative = self._prompt(model, request.negative_prompt, record)
        if positive.shape != negative.shape:
            empty = self._prompt(model, "", record)
            positive, negative = pad_to_same_length([positive, negative], empty)
        return {"prompt_embeds": positive, "negative_prompt_embeds": negative}

    def image(self, model: LoadedModel, rgb: NDArray[np.uint8], record: JobRecord) -> torch.Tensor:
        """(h, w, 3) uint8 sRGB at run size to (1, channels, latent height, latent width)."""
        rgb = np.ascontiguousarray(rgb)
        key = content_key("image", model.content, *rgb.shape, rgb.data)
        latents, made = self._cache.find_or_make(key, lambda: encode_image(model.parts, rgb))
        record.count("image", made)
        return latents

    def control_map(
        self, request: ControlRequest, blobs: Sequence[memoryview], size: RunSize, record: JobRecord
    ) -> NDArray[np.uint8]:
        """(h, w) uint8 at run size.

        Raises:
            VelaturaError: ``unknown_control``, and as ``Control.prepare`` says.
        """
        if request.kind not in self._controls:
            raise VelaturaError("unknown_control", f"There is no control {request.kind[:64]!r}. Choose another one.")
        image, blob = request.image, blobs[request.image.blob]
        layout = (image.width, image.height, image.channels, image.dtype, image.colour_space)
        control = self._controls[request.kind]
        # another estimator that was put into the folder finds another map
        needs = "" if request.prepared else control.estimator
        maker = self._estimators.fingerprint(needs) if needs else b""
        key = content_key("control", request.kind, request.prepared, maker, size.width, size.height, *layout, blob)
        control_map, made = self._cache.find_or_make(
            key, lambda: make_control_map(control, request, blob, size, self._estimators)
        )
        record.count("control", made, verb="prepared")
        return control_map

    def clear(self) -> None:
        self._cache.clear()

    def _prompt(self, model: LoadedModel, prompt: str, record: JobRecord) -> torch.Tensor:
        key = content_key("prompt", model.content, prompt)
        embedding, made = self._cache.find_or_make(key, lambda: encode_prompt(model.parts, prompt))
        record.count("prompt", made)
        return embedding
