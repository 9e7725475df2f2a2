"""``--control KIND=FILE[,weight=..,start=..,end=..,prepared=yes|no]``."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from velatura_client.choices import Blobs
from velatura_client.editor import Pixels
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect
from velatura_protocol.request import ControlRequest

from .files.picture import Rgba, decode_control_map, decode_rgba, read_file
from .output import check_readable

_FORM = "Write it as KIND=FILE,weight=1,start=0,end=1,prepared=no."
_NUMBERS = ("weight", "start", "end")


@dataclass(frozen=True)
class ControlOption:
    """One ``--control``. ``prepared``: the file is the control map itself, not a picture to make it from.

    ``notes``: sentences on what of the file was not read as it may be meant.
    """

    kind: str
    path: Path
    picture: Rgba
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    prepared: bool = False
    notes: tuple[str, ...] = ()

    def request(self, region: Rect, canvas_width: int, canvas_height: int, blobs: Blobs) -> ControlRequest:
        """The part of the request, its pixels added to ``blobs``.

        Raises:
            VelaturaError: ``image_size_mismatch`` unless the picture has the canvas' size.
        """
        height, width = self.picture.shape[:2]
        if (width, height) != (canvas_width, canvas_height):
            raise VelaturaError(
                "image_size_mismatch",
                f"The control picture {self.path.name} has {width} x {height} pixels, the canvas {canvas_width} x "
                f"{canvas_height}. Make them the same size.",
            )
        part = np.ascontiguousarray(self.picture[region.y : region.bottom, region.x : region.right])
        pixels = Pixels(part.reshape(-1).data, region.width, region.height, "RGBA")
        image = blobs.add(pixels, meaning="control" if self.prepared else "colour")
        return ControlRequest(self.kind, image, self.prepared, self.weight, self.start, self.end)


def read_control_option(text: str) -> ControlOption:
    """Parse one ``--control`` and read its picture.

    Raises:
        VelaturaError: ``invalid_value`` with the form that it must have, or what is wrong with the picture.
    """
    kind, equals, rest = text.partition("=")
    file_name, *settings = rest.split(",")
    if not equals or not kind or not file_name:
        raise VelaturaError("invalid_value", f"--control {text!r} cannot be understood. {_FORM}")
    check_readable("--control", kind)
    numbers: dict[str, float] = {}
    prepared = False
    for setting in settings:
        name, _, value = setting.partition("=")
        if name in _NUMBERS:
            numbers[name] = _number(text, value)
        elif name == "prepared" and value in ("yes", "no"):
            prepared = value == "yes"
        else:
            raise VelaturaError("invalid_value", f"--control {text!r}: {setting!r} cannot be understood. {_FORM}")
    path = Path(file_name)
    notes: list[str] = []
    decode = decode_control_map if prepared else decode_rgba
    picture = decode(read_file(path), path.name, notes)
    return ControlOption(kind=kind, path=path, picture=picture, prepared=prepared, notes=tuple(notes), **numbers)


def _number(text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise VelaturaError("invalid_value", f"--control {text!r}: {value!r} is not a number. {_FORM}") from None
