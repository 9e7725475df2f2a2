"""The size that a control map is made at."""

from velatura_protocol.errors import VelaturaError
from velatura_protocol.request import GenerationRequest

#: Longest side in pixels. Models run at 512 to 1024 and reduce the map to that: finer lines would fade away, and the
#: grain of a large canvas would be taken for lines.
LONGEST_MAP_SIDE = 1024


def choose_map_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) for a region of that many pixels: its own, or reduced until ``LONGEST_MAP_SIDE`` holds it."""
    scale = min(1.0, LONGEST_MAP_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def check_map_size(request: GenerationRequest) -> None:
    """Refuse a size that no map is made at; 0 x 0 leaves the choice to the daemon.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    width, height = request.run_width, request.run_height
    if (width, height) != (0, 0) and not (min(width, height) >= 1 and max(width, height) <= LONGEST_MAP_SIDE):
        raise VelaturaError(
            "invalid_value",
            f"run_width x run_height is {width} x {height}; for a map use sides of 1 to {LONGEST_MAP_SIDE} pixels, or "
            "0 x 0 to leave the choice to the daemon.",
        )
