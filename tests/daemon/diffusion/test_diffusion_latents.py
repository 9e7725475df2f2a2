"""Pictures to latents and back."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from velatura_daemon.architectures.parts import ModelParts, Placement
from velatura_daemon.diffusion.latents import decode_latents, draw_noise, encode_image, image_generators
from velatura_daemon.diffusion.loading import load_parts
from velatura_protocol.errors import VelaturaError

from .conftest import POCHADE


@pytest.fixture(scope="module")
def half_precision() -> ModelParts:
    return load_parts(POCHADE, Placement("cpu", torch.float16))


def test_a_picture_survives_the_way_there_and_back(apple: NDArray[np.uint8]) -> None:
    """The VAE loses detail, but neither colours nor places; and the same picture gives the same latents."""
    parts = load_parts(POCHADE, Placement("cpu", torch.float32))
    picture = np.ascontiguousarray(apple[..., :3])

    latents = encode_image(parts, picture)
    back = decode_latents(parts, latents)

    assert (1, 4, 16, 16) == tuple(latents.shape)
    assert torch.equal(latents, encode_image(parts, picture))
    assert np.abs(back.astype(float) - picture).mean() < 20


def test_noise_belongs_to_the_seed_alone() -> None:
    """Picture 2 of a batch begins as its seed alone does, and like the noise that diffusers would draw."""
    batch = draw_noise(image_generators([7, 8]), (4, 16, 16))

    assert torch.equal(batch[1:], draw_noise(image_generators([8]), (4, 16, 16)))
    assert torch.equal(batch[1:], torch.randn((1, 4, 16, 16), generator=torch.Generator("cpu").manual_seed(8)))


def test_a_vae_that_overflows_in_half_precision_decodes_in_full(
    half_precision: ModelParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of a black picture; afterwards the VAE is in half precision again."""
    decode = half_precision.vae.decode

    def overflowing(latents: torch.Tensor, **arguments: Any) -> Any:
        result = decode(latents, **arguments)
        return (result[0] * float("nan"),) if latents.dtype == torch.float16 else result

    monkeypatch.setattr(half_precision.vae, "decode", overflowing)

    picture = decode_latents(
        half_precision, torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0)).half()
    )

    assert picture.std() > 5
    assert torch.float16 == half_precision.vae.dtype


def test_latents_that_are_not_numbers_are_an_error(half_precision: ModelParts) -> None:
    """No precision helps there, and a black picture would say nothing."""
    with pytest.raises(VelaturaError) as caught:
        decode_latents(half_precision, torch.full((1, 4, 16, 16), float("nan"), dtype=torch.float16))

    assert "internal" == caught.value.info.code
