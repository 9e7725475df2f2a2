"""Texts that are put into a PNG are read by an ordinary reader, and the picture stays what it was."""

import io

import pytest
from PIL import Image

from velatura_client.png_text import with_texts


def png():
    stream = io.BytesIO()
    Image.new("RGBA", (3, 2), (10, 200, 30, 128)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("text", ["a red fox\nSteps: 20", "一只红狐狸\nSteps: 20", "Größe: 1"])
def test_text_is_read_by_others(text):
    """English, Latin-1 and Chinese, with line breaks, beside another text."""
    image = Image.open(io.BytesIO(with_texts(png(), {"parameters": text, "velatura": "{}"})))
    image.load()
    assert (text, "{}") == (image.info["parameters"], image.info["velatura"])
    assert (10, 200, 30, 128) == image.getpixel((0, 0))


def test_plain_text_is_a_text_chunk():
    """Programs that know only ``tEXt`` find the parameters too, unless they need UTF-8."""
    assert b"tEXtparameters\0a fox" in with_texts(png(), {"parameters": "a fox"})
    assert b"iTXtparameters\0" in with_texts(png(), {"parameters": "狐狸"})
