"""Reads ``(word:1.2)`` and its relatives out of a prompt.

The notation of the AUTOMATIC1111 web UI, which painters know: ``(word)`` weighs 1.1, ``[word]`` 1/1.1, ``(word:1.3)``
what it says; brackets nest and multiply; ``\\(`` is a bracket that is meant. Full-width brackets and colon
（词：1.2） count like the others. A bracket that is never closed weighs everything after it.
"""

import re
from dataclasses import dataclass

#: What one pair of round brackets multiplies the weight by; one pair of square brackets divides by it.
BRACKET_FACTOR = 1.1

_TOKEN = re.compile(
    r"\\(?P<escaped>[\\()\[\]（）［］])"
    r"|(?P<opened>[(\[（［])"
    r"|[:：]\s*(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*[)）]"
    r"|(?P<closed>[)\]）］])"
    r"|(?P<text>[^\\()\[\]（）［］:：]+|[\\:：])"
)
_ROUND, _ROUND_END = "(（", ")）"


@dataclass(frozen=True)
class WeightedText:
    """A piece of the prompt and how much it counts: 1 = as it is."""

    text: str
    weight: float


def parse_weights(prompt: str) -> tuple[WeightedText, ...]:
    """The pieces in their order; neighbours of equal weight are one piece. Never fails: what is no weight is text."""
    tokens = list(_TOKEN.finditer(prompt))
    factors, closing = _match_brackets(tokens)
    round_weights, square_weights = [1.0], [1.0]
    pieces: list[WeightedText] = []
    for index, token in enumerate(tokens):
        if index in factors:
            weights = round_weights if token["opened"] in _ROUND else square_weights
            weights.append(weights[-1] * factors[index])
        elif index in closing:
            (round_weights if token[0][-1] in _ROUND_END else square_weights).pop()
        else:
            _append(pieces, token["escaped"] or token[0], round_weights[-1] * square_weights[-1])
    return tuple(pieces)


def _match_brackets(tokens: list[re.Match[str]]) -> tuple[dict[int, float], set[int]]:
    """Index of each opening bracket to what it multiplies by, and the indices of the tokens that close one."""
    factors: dict[int, float] = {}
    closing: set[int] = set()
    open_round: list[int] = []
    open_square: list[int] = []
    for index, token in enumerate(tokens):
        kind = token.lastgroup
        if kind == "opened":
            is_round = token[0] in _ROUND
            (open_round if is_round else open_square).append(index)
            factors[index] = BRACKET_FACTOR if is_round else 1 / BRACKET_FACTOR
        elif kind in ("closed", "weight"):
            opened = open_round if token[0][-1] in _ROUND_END else open_square
            if opened:
                closing.add(index)
                start = opened.pop()
                if kind == "weight":
                    factors[start] = float(token["weight"])
    return factors, closing


def _append(pieces: list[WeightedText], text: str, weight: float) -> None:
    if pieces and pieces[-1].weight == weight:
        pieces[-1] = WeightedText(pieces[-1].text + text, weight)
    else:
        pieces.append(WeightedText(text, weight))
