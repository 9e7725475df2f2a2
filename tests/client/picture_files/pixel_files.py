"""Small picture files, made in memory."""

import io
import zipfile

from PIL import Image


def png_of(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


def flat(colour: tuple[int, int, int, int], width: int = 4, height: int = 4) -> bytes:
    """A PNG of one colour (red, green, blue, alpha)."""
    return png_of(Image.new("RGBA", (width, height), colour))


def ora_of(stack: str, files: dict[str, bytes], *, mimetype: bytes | None = b"image/openraster") -> bytes:
    """An OpenRaster file with this stack.xml. ``mimetype`` None: without any."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype)
        archive.writestr("stack.xml", stack)
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()
