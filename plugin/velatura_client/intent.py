"""What the big button does, told from what is selected: one word for the painter, one method of ``Actions``."""

GENERATE = "generate"
REFINE = "refine"
FILL = "fill"
REFINE_SELECTION = "refine_selection"
EXTEND = "extend"
#: In the order of the menu.
INTENTS = (GENERATE, REFINE, FILL, REFINE_SELECTION, EXTEND)


def likely_intent(*, has_selection: bool, strength: float, reaches_nothing: bool) -> str:
    """One of ``INTENTS``.

    Args:
        strength: 0 < strength <= 1; below 1 something of what is there shall remain.
        reaches_nothing: the selection reaches transparent pixels or beyond the canvas.
    """
    if not has_selection:
        return GENERATE if strength >= 1 else REFINE
    if strength < 1:
        return REFINE_SELECTION
    return EXTEND if reaches_nothing else FILL
