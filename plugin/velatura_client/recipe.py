"""What stands in a layer's name and beside its pixels: the prompt in short, and everything that made the picture."""

import json
import unicodedata
from typing import Any, Dict

from velatura_protocol.codec import to_plain
from velatura_protocol.messages import Patch, Result
from velatura_protocol.version import PACKAGE_VERSION

#: Layer lists show about this many characters.
NAME_LENGTH = 40
RECIPE_VERSION = 1


def layer_name(prompt: str, seed: int) -> str:
    """The prompt's beginning, cut at a word; never empty, on one line, without control characters."""
    visible = "".join(character if _is_shown(character) else " " for character in prompt)
    words = " ".join(visible.split()).strip(" ,.;")
    if not words:
        return f"Velatura {seed}"
    if len(words) <= NAME_LENGTH:
        return words
    cut = words[: NAME_LENGTH - 1]
    space = cut.rfind(" ")
    # a prompt without spaces (Chinese, one long word) is cut where it stands
    return (cut[:space] if space > NAME_LENGTH // 2 else cut).rstrip(" ,.;") + "…"


def _is_shown(character: str) -> bool:
    """False for controls, line separators, lone surrogates and the code points that no file format takes."""
    is_character = ord(character) & 0xFFFE != 0xFFFE
    return is_character and unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")


def recipe_of(result: Result, patch: Patch) -> Dict[str, Any]:
    """A plain value: version, seed of this patch, place, the whole request and the report of what ran."""
    return {
        "velatura": PACKAGE_VERSION,
        "recipe": RECIPE_VERSION,
        "seed": patch.seed,
        "x": patch.x,
        "y": patch.y,
        "request": to_plain(result.request),
        "report": to_plain(result.report),
    }


def recipe_text(result: Result, patch: Patch) -> str:
    return json.dumps(recipe_of(result, patch), ensure_ascii=False, sort_keys=True)
