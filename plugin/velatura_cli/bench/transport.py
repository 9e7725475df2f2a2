"""What it costs to get pixels to the worker and back, without any model: the diagnostic task ``copy``.

Beside each size stands the control: the same pixels as PNG (fastest setting) through the same socket. Its time holds
two encodings and two decodings, as a daemon that speaks PNG needs them; they are done here, because ours does not.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from velatura_client.client import Client
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.request import GenerationRequest

from .figures import machine, milliseconds, summary
from .own_daemon import own_daemon

SIDES = (512, 1024, 2048)
#: Row length, in pixels, of the pretended picture that carries PNG bytes.
_CARRIER_WIDTH = 256


def run_transport(repeats: int = 15) -> dict[str, Any]:
    """Medians in milliseconds, all cases taken in turns."""
    with own_daemon() as folder, Client(folder=folder, client_name="bench") as client:
        pictures = {side: painted(side) for side in SIDES}
        tiny = painted(1)
        _copy(client, tiny)
        fixed: list[float] = []
        status: list[float] = []
        raw: dict[int, list[float]] = {side: [] for side in SIDES}
        png: dict[int, list[float]] = {side: [] for side in SIDES}
        for _ in range(repeats):
            status.append(milliseconds(client.status))
            fixed.append(milliseconds(lambda: _copy(client, tiny)))
            for side, picture in pictures.items():
                raw[side].append(milliseconds(lambda picture=picture: _copy(client, picture)))
                png[side].append(milliseconds(lambda picture=picture: _copy_as_png(client, picture)))
    return {
        "benchmark": "transport",
        "unit": "ms",
        "machine": machine(),
        "question_and_answer": summary(status),
        "fixed_cost": summary(fixed),
        "rgba": {f"{side}x{side}": summary(values) for side, values in raw.items()},
        "png_control": {f"{side}x{side}": summary(values) for side, values in png.items()},
    }


def painted(side: int) -> NDArray[np.uint8]:
    """(side, side, 4) RGBA that compresses about as a painting does: soft shapes with a grain."""
    random = np.random.default_rng(1)
    blocks = Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8))
    shapes = np.asarray(blocks.resize((side, side), Image.Resampling.BICUBIC), np.int16)
    grain = random.normal(0, 4, (side, side, 1)).astype(np.int16)
    rgba = np.full((side, side, 4), 255, np.uint8)
    rgba[..., :3] = (shapes + grain).clip(0, 255)
    return rgba


def _copy(client: Client, picture: NDArray[np.uint8]) -> memoryview:
    height, width = picture.shape[:2]
    request = GenerationRequest(
        task="copy",
        model="",
        canvas_width=width,
        canvas_height=height,
        region=Rect(0, 0, width, height),
        canvas=ImageRef(0, width, height),
    )
    completed = client.run(request, [picture.reshape(-1).data])
    client.forget_soon(completed.result.job)
    return memoryview(completed.blobs[0])


def _copy_as_png(client: Client, picture: NDArray[np.uint8]) -> None:
    returned = _carry(client, _encode(picture))
    seen_by_daemon = _decode(returned)
    _decode(_encode(seen_by_daemon))


def _carry(client: Client, data: bytes) -> bytes:
    """The bytes through the daemon and back, dressed as the rows of a picture."""
    row = _CARRIER_WIDTH * 4
    rows = -(-len(data) // row)
    carrier = np.frombuffer(data.ljust(rows * row, b"\0"), np.uint8).reshape(rows, _CARRIER_WIDTH, 4)
    return bytes(_copy(client, carrier)[: len(data)])


def _encode(picture: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _decode(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)
