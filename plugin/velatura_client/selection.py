"""What of a selection decides where is painted: one rule for selections in an editor and masks from files."""

#: Values up to this, of 255, blend like any others but do not decide the region: a single stray pixel of 1 in a corner
#: would stretch it over the whole canvas, and the model would run at a fraction of the size that the hole needs.
#: Such pixels come from resampling, from brushes that fade out, and from lossy files: 16 pixels and more beside an
#: edge, JPEG leaves 0 and WEBP up to 5 (at quality 30 to 90). A fiftieth of a repaint is not seen where it is cut off.
DIRT = 5


def deciding_value(strongest: int) -> int:
    """The least value, 1..255, of the pixels that decide the region, where the selection's greatest is ``strongest``.

    A selection that is faint everywhere is all that was selected: there everything decides.
    """
    return DIRT + 1 if strongest > DIRT else 1
