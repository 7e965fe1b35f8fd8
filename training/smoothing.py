"""Columns of activations that reach much further than the others, and what they are divided by before rounding.

A few columns, always the same ones, set the scale of every token (Dettmers et al., "LLM.int8()", 2022). Dividing them
and multiplying the weight's columns leaves the product what it was (Xiao et al., "SmoothQuant", 2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from model.encoding import Window
from model.quote import Quote
from training.checkpoint import logits_of, windows_of
from training.encoder import Encoder
from training.nodes import Nodes
from training.products import Arithmetic
from training.quantization import Array
from training.recipe import Recipe

QUOTES = 300
"""As many are enough to see which columns are wide."""

_WIDE = 2.0  # times the median column
_MOST = 4.0  # a larger divisor, and the column's weights would set the scale of their rows
_TINY = 1e-4


@dataclass(frozen=True)
class Narrowed:
    """Another arithmetic behind a division of activations; divisors: by layer, of shape (width,)."""

    inner: Arithmetic
    divisors: Mapping[str, Array]

    def lookup(self, nodes: Nodes, name: str, table: Array, ids: str) -> str:
        """Look up."""
        return self.inner.lookup(nodes, name, table, ids)

    def product(self, nodes: Nodes, name: str, weight: Array, values: str) -> str:
        """Divide the activations' columns and multiply the weight's."""
        return self.inner.product(nodes, name, *self._narrowed(nodes, name, weight, values))

    def product_behind_gelu(self, nodes: Nodes, name: str, weight: Array, values: str) -> tuple[str, Array]:
        """Do the same; gelu's floor is not divided, so only where the inner arithmetic does not use it."""
        return self.inner.product_behind_gelu(nodes, name, *self._narrowed(nodes, name, weight, values))

    def _narrowed(self, nodes: Nodes, name: str, weight: Array, values: str) -> tuple[Array, str]:
        layer = name.removesuffix(".weight").split("+")[0]  # query, key and value read the same
        if layer not in self.divisors:
            return weight, values
        divisor = self.divisors[layer]
        factor = nodes.constant(f"{layer}.narrowing", (1 / divisor).astype(np.float32))
        return (weight * divisor).astype(np.float32), nodes.add("Mul", values, factor)


def largest_activations(encoder: Encoder, windows: Sequence[Window]) -> dict[str, Array]:
    """Return, for each layer inside the encoder, the largest magnitude of each column that it reads of some windows."""
    seen: dict[str, torch.Tensor] = {}

    def remember(name: str, values: torch.Tensor) -> None:
        reach = values.detach().abs().flatten(0, -2).amax(0)
        seen[name] = torch.maximum(seen[name], reach) if name in seen else reach

    hooks = [
        layer.register_forward_pre_hook(lambda _, inputs, name=name: remember(name, inputs[0]))
        for name, layer in encoder.model.named_modules()
        if isinstance(layer, torch.nn.Linear) and ".encoder." in name
    ]
    for _ in logits_of(encoder, windows):
        pass
    for hook in hooks:
        hook.remove()
    return {name: reach.cpu().numpy() for name, reach in seen.items()}


def note_wide_columns(encoder: Encoder, recipe: Recipe, quotes: Sequence[Quote]) -> None:
    """Do as note_wide for what a predictor reads of some of the quotes."""
    read = windows_of(encoder, recipe, quotes[:: max(1, len(quotes) // QUOTES)])
    note_wide(encoder, [window for windows in read for window in windows])


def note_wide(encoder: Encoder, windows: Sequence[Window]) -> None:
    """Write into the model's config which columns attention divides, and by how much, unless it says so already.

    Only what query, key and value read: rounding that costs most. Powers of two, so that the division is exact.
    """
    config: Any = encoder.model.config
    if getattr(config, "wide_columns", None) is not None:
        return
    reaches = largest_activations(encoder, windows)
    config.wide_columns = {
        name: {str(column): float(divisor) for column, divisor in enumerate(_divisors(reach)) if divisor > 1}
        for name, reach in reaches.items()
        if name.endswith("attention.self.query")
    }


def smoothing_divisors(encoder: Encoder, reaches: Mapping[str, Array], strength: float) -> dict[str, Array]:
    """Return SmoothQuant's divisors of all columns; strength 0: activations stay, 1: their columns become equal."""
    state = encoder.model.state_dict()
    weights = {name: np.maximum(np.abs(state[f"{name}.weight"].numpy()).max(0), _TINY) for name in reaches}
    return {
        name: (np.maximum(reach, _TINY) ** strength / weights[name] ** (1 - strength)).astype(np.float32)
        for name, reach in reaches.items()
    }


def _divisors(reach: Array) -> Array:
    wide = np.clip(reach / (_WIDE * np.median(reach)), 1, _MOST)
    return np.asarray(2 ** np.rint(np.log2(wide)), dtype=np.float32)
