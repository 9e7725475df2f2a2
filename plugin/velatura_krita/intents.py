"""How the intents of ``velatura_client.intent`` are called in this plug-in."""

from velatura_client.intent import EXTEND, FILL, GENERATE, REFINE, REFINE_SELECTION, Intent
from velatura_client.texts import tr

#: Those that need a selection.
NEEDS_SELECTION = (FILL, REFINE_SELECTION, EXTEND)
#: Those that keep something of what is there.
REFINING = (REFINE, REFINE_SELECTION)


def label_of(intent: str) -> str:
    """What the button and the menu say."""
    labels = {
        GENERATE: tr("Generate"),
        REFINE: tr("Refine Layer"),
        FILL: tr("Fill Selection"),
        REFINE_SELECTION: tr("Refine Selection"),
        EXTEND: tr("Extend"),
    }
    return labels[intent]


def label_for(intent: Intent, layer: str) -> str:
    """What the button says when this is what it will do. ``layer``: the name of the layer that is refined."""
    if intent.name != REFINE:
        return label_of(intent.name)
    return tr("Refine {layer}", layer=layer) if layer else tr("Refine Picture")


def help_of(intent: str) -> str:
    """What it does, in a sentence."""
    helps = {
        GENERATE: tr("A new picture after the prompt, over the canvas or over the selection's bounds"),
        REFINE: tr("The active layer or the visible picture again, changed by the strength"),
        FILL: tr("Paint the selection anew, so that it suits its surroundings"),
        REFINE_SELECTION: tr("The selection again, changed by the strength"),
        EXTEND: tr("Continue the picture into where the selection reaches nothing"),
    }
    return helps[intent]


def help_for(intent: Intent, layer: str) -> str:
    """The same of what the button will do now, with what is refined. ``layer``: as for ``label_for``."""
    if intent.name not in REFINING:
        return help_of(intent.name)
    source = tr("Works on the layer {layer}.", layer=layer) if layer else tr("Works on the visible picture.")
    return f"{help_of(intent.name)}. {source}"
