"""What Pillow decodes as it is: eight bits a channel, or fewer."""

import numpy as np
from PIL import Image

from .samples import Samples


def pillow_samples(image: Image.Image) -> Samples:
    """The picture, its ICC profile not yet applied.

    Raises:
        ValueError: Pillow has it with more than eight bits, which it does not keep in all cases.
    """
    mode = image.mode
    profile = image.info.get("icc_profile")
    if mode in ("1", "L"):
        return Samples(np.asarray(image.convert("L"))[..., None], profile=profile)
    if mode in ("LA", "La"):
        pair = np.asarray(image.convert("LA"))
        return Samples(pair[..., :1], alpha=pair[..., 1], profile=profile)
    if mode in ("RGBA", "RGBa", "PA") or (mode == "P" and "transparency" in image.info):
        four = np.asarray(image.convert("RGBA"))
        return Samples(four[..., :3], alpha=four[..., 3], profile=profile)
    if mode == "CMYK":
        return Samples(np.asarray(image.convert("RGB")), inks=np.asarray(image), profile=profile)
    if mode in ("RGB", "RGBX", "P", "YCbCr", "LAB", "HSV"):
        return Samples(np.asarray(image.convert("RGB")), profile=profile)
    raise ValueError(f"pictures of the kind {mode}")
