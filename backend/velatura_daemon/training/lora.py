"""Trains a LoRA on the UNet's attention and saves it as diffusers and ComfyUI read it."""

from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers.utils.state_dict_utils import convert_state_dict_to_kohya
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from safetensors.torch import save_file

from velatura_daemon.architectures.parts import ModelParts

from .base import caption_length
from .captions import Captions
from .model_folder import noise_schedule, use_plain_attention
from .noise_prediction import add_noise, draw_timesteps, prediction_loss
from .optimizers import Share
from .pictures import Picture
from .sampling import sample_grid
from .settings import LoraSettings

_SHOWN = 8


class LoraTask:
    """Implements ``loop.Task``."""

    def __init__(
        self,
        *,
        name: str,
        parts: ModelParts,
        pictures: Sequence[Picture],
        latents: torch.Tensor,
        settings: LoraSettings,
    ) -> None:
        """``name``: of the file. ``latents``: (pictures, channels, height, width) float32."""
        self._name, self._parts, self._settings = name, parts, settings
        torch.manual_seed(settings.seed)
        use_plain_attention(parts.unet, parts.placement.device)
        parts.unet.add_adapter(
            LoraConfig(
                r=settings.rank,
                lora_alpha=settings.alpha,
                init_lora_weights="gaussian",
                target_modules=list(settings.targets),
            )
        )
        encoder = parts.text_encoder
        self._captions = Captions(parts.tokenizer, pictures, encoder.config.max_position_embeddings)
        self._latents = latents
        self._schedule = noise_schedule(parts)
        captions = [caption for picture in pictures for caption in picture.captions]
        self._prompts = settings.sample_prompts or tuple(captions[:_SHOWN])

    def shares(self) -> Sequence[Share]:
        return [Share({name: one for name, one in self._parts.unet.named_parameters() if one.requires_grad})]

    def loss(self, step: int, random: torch.Generator) -> torch.Tensor:
        settings, device = self._settings, self._parts.placement.device
        picks = torch.randint(len(self._latents), (settings.batch_size,), generator=random)
        timesteps = draw_timesteps(
            settings.noise_levels, self._schedule.config["num_train_timesteps"], len(picks), random
        )
        noisy = add_noise(self._schedule, self._latents[picks].to(device), timesteps, random)
        ids = self._captions.draw(
            picks, dropout=settings.caption_dropout, length=caption_length(settings, step), random=random
        )
        with torch.no_grad():
            text = self._parts.text_encoder(ids.to(device)).last_hidden_state
        return prediction_loss(self._parts.unet(noisy.latents, noisy.timesteps, text).sample, noisy.target)

    def samples(self) -> Image.Image:
        side = self._latents.shape[-1] * self._parts.vae_factor
        return sample_grid(self._parts, self._prompts, self._settings, side)

    def save(self, folder: Path) -> None:
        """In kohya's names, the only ones in which diffusers and ComfyUI alike find every layer, and with alpha."""
        dtype = getattr(torch, self._settings.save_dtype)
        layers = {f"unet.{name}": tensor for name, tensor in get_peft_model_state_dict(self._parts.unet).items()}
        converted = convert_state_dict_to_kohya(layers)
        tensors = {name: tensor.to(dtype).cpu().contiguous() for name, tensor in converted.items()}
        # the conversion notes the rank as alpha, whatever the alpha was
        alphas = {name: torch.tensor(float(self._settings.alpha)) for name in tensors if name.endswith(".alpha")}
        save_file(tensors | alphas, folder / f"{self._name}.safetensors")
