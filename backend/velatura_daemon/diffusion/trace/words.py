"""From a prompt to what the text encoder reads: tokens, their ids, and the words that they make up."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from velatura_daemon.architectures.parts import ModelParts

from ..prompt_encoding import PromptChunk, prompt_chunks

#: Where CLIP's byte pair encoding marks the last token of a word.
END_OF_WORD = "</w>"
#: What a decoder puts for bytes that are not a whole character.
_BROKEN = "\ufffd"


@dataclass(frozen=True)
class Word:
    """One word, or one Chinese or Japanese character, of the prompt.

    Attributes:
        ids: of its tokens, in order. positions: where those stand in the text embedding's sequence.
        weight: as the painter wrote it, ``(word:1.2)``; 1 = as it is.
    """

    text: str
    ids: tuple[int, ...]
    positions: tuple[int, ...]
    weight: float


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt as the text encoder gets it.

    Attributes:
        begin_id, end_id, padding_id: ids of the tokens that are put around the words and after them.
        length: tokens in all, these included. padding: how many of them are there only to fill up.
    """

    words: tuple[Word, ...]
    begin_id: int
    end_id: int
    padding_id: int
    length: int
    padding: int


def read_prompt(parts: ModelParts, prompt: str) -> ReadPrompt:
    """The same chunks that the prompt is encoded in, taken apart into words."""
    tokenizer = parts.tokenizer
    chunks = prompt_chunks(parts, prompt)
    words: list[Word] = []
    for number, chunk in enumerate(chunks):
        words += _words(tokenizer, chunk, number * len(chunk.ids))
    return ReadPrompt(
        words=tuple(words),
        begin_id=tokenizer.bos_token_id,
        end_id=tokenizer.eos_token_id,
        padding_id=tokenizer.pad_token_id,
        length=sum(len(chunk.ids) for chunk in chunks),
        padding=sum(chunk.padding for chunk in chunks),
    )


def _words(tokenizer: Any, chunk: PromptChunk, first: int) -> list[Word]:
    """The words between begin and end token. ``first``: position of the chunk's first token in the whole sequence."""
    words: list[Word] = []
    begin, last = 1, len(chunk.ids) - chunk.padding - 2
    for index in range(1, last + 1):
        ids = chunk.ids[begin : index + 1]
        text = str(tokenizer.decode(ids)).strip()
        if index == last or _ends_word(tokenizer, ids[-1], text):
            positions = tuple(range(first + begin, first + index + 1))
            words.append(Word(text, tuple(ids), positions, chunk.weights[index]))
            begin = index + 1
    return words


def _ends_word(tokenizer: Any, last_id: int, text: str) -> bool:
    """Chinese has no spaces, so a whole sentence is one word to the tokenizer: there each character counts as one."""
    if text.endswith(_BROKEN):
        return False
    piece = str(tokenizer.convert_ids_to_tokens(last_id))
    return piece.endswith(END_OF_WORD) or (bool(text) and unicodedata.east_asian_width(text[-1]) in "WF")
