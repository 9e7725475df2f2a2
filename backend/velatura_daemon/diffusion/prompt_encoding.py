"""Prompt to embeddings: long prompts in chunks of the text encoder's length, weights applied.

Chunks and weights follow the AUTOMATIC1111 convention, because painters' weights are tuned to it: each chunk is encoded
for itself with its own begin and end tokens, chunks are joined along the sequence; each token's embedding is multiplied
by its weight, and the chunk is scaled so that its mean is what it was before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from velatura_daemon.architectures.parts import ModelParts

from .prompt_weighting import parse_weights

#: Means closer to zero than this are not restored: the division would blow the embedding up.
_SMALLEST_MEAN = 1e-6


@dataclass(frozen=True)
class PromptChunk:
    """``ids`` and ``weights`` of one run of the text encoder, of its full length, begin and end tokens included.

    ``padding``: how many tokens at the end, after the end token, only fill it up.
    """

    ids: list[int]
    weights: list[float]
    padding: int


def encode_prompt(parts: ModelParts, prompt: str) -> torch.Tensor:
    """(1, chunks * length, text width) in the text encoder's dtype; length is 77 for CLIP."""
    chunks = prompt_chunks(parts, prompt)
    with torch.no_grad():
        ids = torch.tensor([chunk.ids for chunk in chunks], device=parts.placement.device)
        embeddings = torch.cat([parts.text_encoder(row[None])[0] for row in ids])
        weighted = [_weigh(one, chunk.weights) for one, chunk in zip(embeddings, chunks, strict=True)]
    return torch.cat(weighted)[None]


def pad_to_same_length(embeddings: Sequence[torch.Tensor], empty: torch.Tensor) -> list[torch.Tensor]:
    """Append embeddings of the empty prompt, (1, length, width), until all have the length of the longest."""
    longest = max(one.shape[1] for one in embeddings)
    return [torch.cat([one, *[empty] * ((longest - one.shape[1]) // empty.shape[1])], dim=1) for one in embeddings]


def prompt_chunks(parts: ModelParts, prompt: str) -> list[PromptChunk]:
    """One or more: the prompt's tokens, cut into what the text encoder takes at once."""
    tokenizer = parts.tokenizer
    length = parts.text_encoder.config.max_position_embeddings
    room = length - 2
    ids: list[int] = []
    weights: list[float] = []
    for piece in parse_weights(prompt.encode("utf-8", "replace").decode()):
        piece_ids = tokenizer(piece.text, add_special_tokens=False, verbose=False).input_ids
        ids += piece_ids
        weights += [piece.weight] * len(piece_ids)
    chunks: list[PromptChunk] = []
    for start in range(0, max(len(ids), 1), room):
        chunk_ids, chunk_weights = ids[start : start + room], weights[start : start + room]
        padding = room - len(chunk_ids)
        chunks.append(
            PromptChunk(
                [tokenizer.bos_token_id, *chunk_ids, tokenizer.eos_token_id, *[tokenizer.pad_token_id] * padding],
                [1.0, *chunk_weights, 1.0, *[1.0] * padding],
                padding,
            )
        )
    return chunks


def _weigh(embedding: torch.Tensor, weights: list[float]) -> torch.Tensor:
    """``embedding``: (length, width)."""
    if all(weight == 1 for weight in weights):
        return embedding
    factors = torch.tensor(weights, device=embedding.device, dtype=torch.float32)[:, None]
    original = embedding.float()
    weighted = original * factors
    if weighted.mean().abs() > _SMALLEST_MEAN:
        weighted = weighted * (original.mean() / weighted.mean())
    return weighted.to(embedding.dtype)
