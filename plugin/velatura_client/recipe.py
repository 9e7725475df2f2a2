"""What stands in a layer's name and beside its pixels: the prompt in short, and everything that made the picture."""

import json
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Dict, Mapping, Sequence, Tuple

from velatura_protocol.codec import from_plain, to_plain
from velatura_protocol.errors import ProtocolError, VelaturaError
from velatura_protocol.messages import Patch, Result
from velatura_protocol.request import GenerationRequest
from velatura_protocol.version import PACKAGE_VERSION

from .texts import tr

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


def recipe_of(result: Result, patch: Patch, *, inputs: Sequence[str] = ()) -> Dict[str, Any]:
    """A plain value: version, seed of this patch, place, the whole request and the report of what ran.

    Args:
        inputs: names of the document's attachments with the request's blobs, in their order.
    """
    recipe: Dict[str, Any] = {
        "velatura": PACKAGE_VERSION,
        "recipe": RECIPE_VERSION,
        "seed": patch.seed,
        "x": patch.x + result.request.offset[0],
        "y": patch.y + result.request.offset[1],
        "request": to_plain(result.request),
        "report": to_plain(result.report),
    }
    if inputs:
        recipe["inputs"] = list(inputs)
    return recipe


def recipe_text(result: Result, patch: Patch, *, inputs: Sequence[str] = ()) -> str:
    return json.dumps(recipe_of(result, patch, inputs=inputs), ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class KeptRequest:
    """A request as a layer's recipe holds it. ``inputs``: names of the attachments with its blobs, () = not kept."""

    request: GenerationRequest
    inputs: Tuple[str, ...]


def kept_request(text: str) -> KeptRequest:
    """What made the layer with the recipe ``text``: one picture, of the patch's own seed.

    Raises:
        VelaturaError: ``invalid_value`` for a recipe that cannot be read.
    """
    try:
        recipe: Any = json.loads(text)
        if recipe["recipe"] > RECIPE_VERSION:
            raise ValueError
        request = from_plain(GenerationRequest, recipe["request"])
        seed = int(recipe["seed"])
        if not -(1 << 63) <= seed < 1 << 63:
            raise ValueError
        return KeptRequest(
            request=replace(request, seed=seed, count=1),
            inputs=tuple(str(name) for name in recipe.get("inputs", ())),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, ProtocolError):
        raise VelaturaError(
            "invalid_value", tr("The recipe of this layer cannot be read; it may be of a newer Velatura.")
        ) from None


def parameters_text(recipe: Mapping[str, Any]) -> str:
    """Prompt, negative prompt and one line of ``Name: value`` pairs, as the Stable Diffusion WebUI writes them."""
    request, report = recipe["request"], recipe["report"]
    pairs = {
        "Steps": request["steps"],
        "Sampler": report["sampler"] or request["sampler"],
        "CFG scale": f"{request['guidance_scale']:g}",
        "Seed": recipe["seed"],
        "Size": f"{report['run_width']}x{report['run_height']}",
        "Model": request["model"],
    }
    if request["task"] != "txt2img":
        pairs["Denoising strength"] = f"{request['strength']:g}"
    pairs["Version"] = f"velatura {recipe['velatura']}"
    lines = [request["prompt"]]
    if request["negative_prompt"]:
        lines.append(f"Negative prompt: {request['negative_prompt']}")
    lines.append(", ".join(f"{name}: {value}" for name, value in pairs.items() if value != ""))
    return "\n".join(lines)
