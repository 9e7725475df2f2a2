"""Where each word looked: the cross-attention of a UNet, read while it runs.

Attention maps as an explanation of a picture: Tang et al. 2022, "What the DAAM", arXiv:2210.04885.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from math import ceil
from typing import Any

import torch

#: Only layers at a half and a quarter of the latents' side tell objects apart: finer ones follow texture, coarser ones
#: have hardly any places to point at.
MIDDLE_FACTORS = (2, 4)
#: Name that diffusers gives to a transformer block's attention to the text.
_CROSS_ATTENTION = "attn2"


class AttentionRecord:
    """Sums what the hooks see.

    Args:
        rows, columns: size of the latents.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self._rows = rows
        self._columns = columns
        self._sums: dict[int, torch.Tensor] = {}
        self._counts: dict[int, int] = defaultdict(int)

    def maps(self) -> torch.Tensor:
        """(tokens, rows, columns) float32, each place's attention summing to 1 over the tokens.

        The mean over steps, heads, and layers of the middle resolutions; where a model has none there, of all.
        """
        factors = [factor for factor in MIDDLE_FACTORS if factor in self._sums] or list(self._sums)
        size = (self._rows, self._columns)
        layers = [
            torch.nn.functional.interpolate(self._sums[factor][None] / self._counts[factor], size, mode="bilinear")[0]
            for factor in factors
        ]
        return torch.stack(layers).mean(0)

    def see(self, layer: Any, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """A forward pre-hook of diffusers' ``Attention``; changes nothing."""
        hidden = arguments[0] if arguments else named["hidden_states"]
        text = arguments[1] if len(arguments) > 1 else named.get("encoder_hidden_states")
        if text is None:
            return
        # the last of the batch: with guidance the prediction without the prompt comes first
        with torch.no_grad():
            queries = layer.head_to_batch_dim(layer.to_q(hidden[-1:]))
            keys = layer.head_to_batch_dim(layer.to_k(text[-1:]))
            weights = layer.get_attention_scores(queries, keys).float().mean(0)
        factor, rows = self._factor(weights.shape[0])
        places = weights.T.reshape(weights.shape[1], rows, -1).cpu()
        self._sums[factor] = self._sums[factor] + places if factor in self._sums else places
        self._counts[factor] += 1

    def _factor(self, places: int) -> tuple[int, int]:
        """By how much a layer with so many places is smaller than the latents along a side, and its rows."""
        factor = 1
        while ceil(self._rows / factor) * ceil(self._columns / factor) > places:
            factor *= 2
        return factor, ceil(self._rows / factor)


@contextmanager
def recorded_attention(unet: Any, rows: int, columns: int) -> Iterator[AttentionRecord]:
    """Inside the block the attention to the prompt is recorded, outside nothing is left of it.

    What the UNet computes is the same to the last bit: the hooks look at a layer's inputs and compute beside it.
    """
    record = AttentionRecord(rows, columns)
    with ExitStack() as hooks:
        for name, layer in unet.named_modules():
            if name.rpartition(".")[2] == _CROSS_ATTENTION:
                hooks.enter_context(layer.register_forward_pre_hook(record.see, with_kwargs=True))
        yield record
