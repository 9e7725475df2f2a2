"""The whole sheet."""

from PIL import Image

from ..run_trace import RunTrace
from .card import page
from .sections import attention, denoising, forward_noising, header, tokens


def draw_sheet(trace: RunTrace) -> Image.Image:
    """RGB, 1680 pixels wide and as high as it needs."""
    return page([header(trace), tokens(trace), forward_noising(trace), denoising(trace), attention(trace)])
