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
_ROUND = "(（"


@dataclass(frozen=True)
class WeightedText:
    """A piece of the prompt and how much it counts: 1 = as it is."""

    text: str
    weight: float


def parse_weights(prompt: str) -> tuple[WeightedText, ...]:
    """The pieces in their order; neighbours of equal weight are one piece. Never fails: what is no weight is text."""
    texts: list[str] = []
    weights: list[float] = []
    open_round: list[int] = []
    open_square: list[int] = []

    def multiply_since(start: int, factor: float) -> None:
        for index in range(start, len(weights)):
            weights[index] *= factor

    def add(text: str) -> None:
        texts.append(text)
        weights.append(1.0)

    for token in _TOKEN.finditer(prompt):
        kind, value = token.lastgroup, token[token.lastgroup or 0]
        if kind == "opened":
            (open_round if value in _ROUND else open_square).append(len(texts))
        elif kind == "weight" and open_round:
            multiply_since(open_round.pop(), float(value))
        elif kind == "closed" and value in ")）" and open_round:
            multiply_since(open_round.pop(), BRACKET_FACTOR)
        elif kind == "closed" and value in "]］" and open_square:
            multiply_since(open_square.pop(), 1 / BRACKET_FACTOR)
        else:
            add(value if kind == "escaped" else token[0])
    for start in open_round:
        multiply_since(start, BRACKET_FACTOR)
    for start in open_square:
        multiply_since(start, 1 / BRACKET_FACTOR)
    return _merged(texts, weights)


def _merged(texts: list[str], weights: list[float]) -> tuple[WeightedText, ...]:
    pieces: list[WeightedText] = []
    for text, weight in zip(texts, weights, strict=True):
        if pieces and pieces[-1].weight == weight:
            pieces[-1] = WeightedText(pieces[-1].text + text, weight)
        else:
            pieces.append(WeightedText(text, weight))
    return tuple(pieces)
