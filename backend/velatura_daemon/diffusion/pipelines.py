"""The diffusers pipelines of Stable Diffusion 1, built around shared parts.

Built as ``Class(**parts)``: ``from_pipe`` without a dtype casts the shared modules in place.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.pipelines.controlnet.pipeline_controlnet import StableDiffusionControlNetPipeline
from diffusers.pipelines.controlnet.pipeline_controlnet_img2img import StableDiffusionControlNetImg2ImgPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import StableDiffusionImg2ImgPipeline

from velatura_daemon.architectures.parts import ModelParts


class GivenNoise:
    """Makes an image-to-image pipeline start from noise that it is given, where its own would draw it.

    Drawn by us in float32 on the CPU, a seed means the same noise on every device and in every number format.

    Attributes:
        given_noise: (images, channels, latent height, latent width), standard normal; set before the pipeline runs.
    """

    scheduler: Any
    given_noise: torch.Tensor

    def prepare_latents(
        self,
        image: torch.Tensor,
        timestep: torch.Tensor,
        batch_size: int,  # noqa: ARG002 - the pipeline's signature
        num_images_per_prompt: int,  # noqa: ARG002
        dtype: torch.dtype,
        device: torch.device,
        generator: Any = None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Called by the pipeline. ``image`` holds latents of the shape of ``given_noise``."""
        image = image.to(device=device, dtype=dtype)
        return self.scheduler.add_noise(image, self.given_noise.to(device=device, dtype=dtype), timestep)


class ImageToImagePipeline(GivenNoise, StableDiffusionImg2ImgPipeline):
    pass


class ControlNetImageToImagePipeline(GivenNoise, StableDiffusionControlNetImg2ImgPipeline):
    pass


def build_pipeline(
    parts: ModelParts, scheduler: Any, *, starts_from_image: bool, controlnets: Sequence[ControlNetModel]
) -> Any:
    """The pipeline for these inputs. Takes about a millisecond; holds the parts, copies nothing."""
    components: dict[str, Any] = {
        "tokenizer": parts.tokenizer,
        "text_encoder": parts.text_encoder,
        "unet": parts.unet,
        "vae": parts.vae,
        "scheduler": scheduler,
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }
    if controlnets:
        kind = ControlNetImageToImagePipeline if starts_from_image else StableDiffusionControlNetPipeline
        pipeline = kind(**components, controlnet=controlnets[0] if len(controlnets) == 1 else list(controlnets))
    else:
        pipeline = (ImageToImagePipeline if starts_from_image else StableDiffusionPipeline)(**components)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
