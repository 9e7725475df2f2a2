"""Small pictures for lists, without any image library."""

from .editor import Pixels

#: Pixels of a thumbnail's longer side.
THUMBNAIL_SIDE = 96


def thumbnail(pixels: Pixels) -> Pixels:
    """Every n-th pixel of every n-th row, so that neither side is longer than ``THUMBNAIL_SIDE``."""
    step = max(1, -(-max(pixels.width, pixels.height) // THUMBNAIL_SIDE))
    columns, rows = range(0, pixels.width, step), range(0, pixels.height, step)
    samples = len(pixels.channels)
    data = memoryview(pixels.data).cast("B")
    picked = bytearray(len(columns) * len(rows) * samples)
    width = len(columns) * samples
    for index, row in enumerate(rows):
        line = data[row * pixels.width * samples : (row + 1) * pixels.width * samples]
        for sample in range(samples):
            picked[index * width + sample : (index + 1) * width : samples] = line[sample :: samples * step]
    return Pixels(bytes(picked), len(columns), len(rows), pixels.channels)
