"""Captions as token ids, drawn for a batch; and a token table that holds only the rows that captions use."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from .pictures import Picture


class Captions:
    """The captions of pictures, tokenized."""

    def __init__(self, tokenizer: Any, pictures: Sequence[Picture], full_length: int) -> None:
        self._full_length = full_length
        texts = [caption for picture in pictures for caption in picture.captions]
        self._ids = _tokenized(tokenizer, texts, full_length)
        self._empty = _tokenized(tokenizer, [""], full_length)[0]
        counts = torch.tensor([len(picture.captions) for picture in pictures])
        self._counts, self._starts = counts, counts.cumsum(0) - counts

    @property
    def used_tokens(self) -> torch.Tensor:
        """(n,) int64: ids that occur, in order."""
        return torch.unique(torch.cat([self._ids.flatten(), self._empty]))

    def draw(self, picks: torch.Tensor, *, dropout: float, length: int, random: torch.Generator) -> torch.Tensor:
        """(batch, length) int64: one caption of each picture of ``picks``, or the empty one, cut to ``length``."""
        choice = torch.rand(len(picks), generator=random) * self._counts[picks]
        ids = self._ids[self._starts[picks] + choice.long()]
        dropped = torch.rand(len(picks), generator=random) < dropout
        ids = torch.where(dropped[:, None], self._empty, ids)
        return ids[:, : min(length, self._full_length)]


class CompactTokens:
    """Trains the rows of used tokens alone: a gradient for each of 49,408 rows costs more than the rest of a step.

    While it is in place the text encoder reads positions in the compact table, which ``compact`` makes of token ids.
    """

    def __init__(self, text_encoder: Any, used: torch.Tensor) -> None:
        self._encoder = text_encoder
        self._whole: torch.nn.Embedding = text_encoder.get_input_embeddings()
        self._used = used
        rows = self._whole.weight.detach()[used].clone()
        self._compact = torch.nn.Embedding.from_pretrained(rows, freeze=False)
        self._positions = torch.zeros(self._whole.num_embeddings, dtype=torch.long)
        self._positions[used] = torch.arange(len(used))
        text_encoder.set_input_embeddings(self._compact)

    def compact(self, ids: torch.Tensor) -> torch.Tensor:
        """Token ids, all of them used ones, to what the text encoder takes now."""
        return self._positions[ids]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Inside the block the text encoder has its whole table, the trained rows in it, and takes token ids."""
        with torch.no_grad():
            self._whole.weight[self._used] = self._compact.weight.detach()
        self._encoder.set_input_embeddings(self._whole)
        try:
            yield
        finally:
            self._encoder.set_input_embeddings(self._compact)


def _tokenized(tokenizer: Any, texts: list[str], length: int) -> torch.Tensor:
    return tokenizer(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt").input_ids
