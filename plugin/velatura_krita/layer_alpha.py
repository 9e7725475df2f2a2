"""How opaque the pixels of a layer are, read in the layer's own colour model: no conversion, as this is asked often."""

from typing import Any, Dict

from velatura_protocol.images import Rect

#: Bytes of one channel.
_CHANNEL = {"U8": 1, "U16": 2, "F16": 2, "F32": 4}
_IS_BIG = bytes(255 if value >= 0x80 else 0 for value in range(256))
#: Of a number of 16 bit, the upper byte; 0 means little, not nothing, where the lower one is not 0.
_IS_SOMETHING = bytes([0, *([1] * 255)])
#: Of a half, the upper byte: sign, exponent and two bits of the fraction; 1.0 is 0x3C00.
_HALF = bytes(0 if value == 0 else 255 if 0x3C <= value < 0x80 else 128 for value in range(256))
#: Of a float, the two upper bytes: 1.0 is 0x3F80.
_FLOAT: Dict[str, bytes] = {
    "anything": bytes(0 if value == 0 else 128 for value in range(256)),
    "one": bytes(255 if 0x3F <= value < 0x80 else 0 for value in range(256)),
    "more": bytes(255 if 0x40 <= value < 0x80 else 0 for value in range(256)),
}


def layer_alpha(node: Any, rect: Rect) -> bytes:
    """One byte for each pixel: 0 = nothing is there, 255 = nothing shines through; exact for 8 bit."""
    count = rect.width * rect.height
    if node.type() == "paintlayer" and not node.childNodes() and _is_outside(node.bounds(), rect):
        return bytes(max(0, count))
    data = bytes(node.projectionPixelData(rect.x, rect.y, rect.width, rect.height)) if count > 0 else b""
    if not data or len(data) % count:
        return bytes(max(0, count))
    step, depth = len(data) // count, node.colorDepth()
    size = _CHANNEL.get(depth, 1)  # alpha is the last channel in every model, its highest byte the last
    upper = data[step - 1 :: step]
    if depth == "F32":
        return _of_floats(upper, data[step - 2 :: step])
    if depth == "F16":
        return upper.translate(_HALF)
    return upper if size == 1 else _or(upper, data[step - 2 :: step].translate(_IS_SOMETHING))


def _is_outside(bounds: Any, rect: Rect) -> bool:
    own = Rect(bounds.x(), bounds.y(), bounds.width(), bounds.height())
    return bounds.isEmpty() or own.intersection(rect).is_empty


def _of_floats(upper: bytes, next_lower: bytes) -> bytes:
    # 255 from one on: 0x3F with the next bit set, or more than 0x3F
    is_one = _and(upper.translate(_FLOAT["one"]), next_lower.translate(_IS_BIG))
    return _or(upper.translate(_FLOAT["anything"]), _or(is_one, upper.translate(_FLOAT["more"])))


def _or(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") | int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _and(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") & int.from_bytes(other, "big")).to_bytes(len(one), "big")
