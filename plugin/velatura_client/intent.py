"""What the big button does, told from what is selected: one word for the painter, one method of ``Actions``.

Nothing here needs a connection: editors ask while nobody has begun a job yet.
"""

from dataclasses import dataclass
from typing import Optional

from .editor import Document
from .frame import reaches_nothing
from .refining import layer_to_refine

GENERATE = "generate"
REFINE = "refine"
FILL = "fill"
REFINE_SELECTION = "refine_selection"
EXTEND = "extend"
#: In the order of the menu.
INTENTS = (GENERATE, REFINE, FILL, REFINE_SELECTION, EXTEND)


@dataclass(frozen=True)
class Intent:
    """``name``: one of ``INTENTS``; ``layer``: key of the layer that is refined, "" = the visible picture."""

    name: str
    layer: str = ""


def likely_intent(document: Optional[Document], *, strength: Optional[float], refines_layer: bool) -> Intent:
    """What suits the document as it is now.

    Args:
        strength: 0 < strength <= 1; below 1 something of what is there shall remain. None = 1.
        refines_layer: the active layer is meant, where it can be, not the visible picture.
    """
    selection = None if document is None else document.selection_bounds()
    keeps_something = strength is not None and strength < 1
    if document is not None and keeps_something:
        layer = layer_to_refine(document, selection) if refines_layer else ""
        return Intent(REFINE if selection is None else REFINE_SELECTION, layer)
    if document is None or selection is None:
        return Intent(GENERATE)
    return Intent(EXTEND if reaches_nothing(document, selection) else FILL)
