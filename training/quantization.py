"""The int8 of a bundle: how weights and activations are rounded, in arrays for the graph and in torch for training.

Weights have 7 bits and a scale a column of the product (a row of the embedding table has 8), activations 8 bits and a
scale a token. Two neighbours' products, 255 x 63 each, just fit into the 16 bits in which processors without VNNI add
them up, so that the integers are the same on every machine; with 8 bits they saturate there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

WEIGHT_LEVELS = 63
TABLE_LEVELS = 127
ACTIVATION_LEVELS = 127
"""Largest integers in magnitude."""

GELU_FLOOR = -0.17
"""Just below the least value of gelu: what comes behind it needs one sign only, and has all 255 levels above this."""

LEAST_REACH = 1e-6
"""What a row of zeros is taken to reach, so that it has a scale."""

_LEAST_SCALE = float(np.finfo(np.float32).tiny)  # below it floats lose digits: such a row of weights counts as zeros

Array = npt.NDArray[np.float32]


def rounded(weight: Array, levels: int) -> tuple[npt.NDArray[np.int8], Array]:
    """Return a weight of shape (rows, columns) as integers and a scale a row, of shape (rows, 1)."""
    scale = (np.abs(weight).max(1, keepdims=True) / np.float32(levels)).astype(np.float32)
    scale[scale < _LEAST_SCALE] = 1
    return np.clip(np.rint(weight / scale), -levels, levels).astype(np.int8), scale


def floor_share(weight: Array) -> Array:
    """Return what gelu's floor adds to a product with a weight of shape (columns, width): (columns,)."""
    return np.asarray(GELU_FLOOR * weight.astype(np.float64).sum(1), dtype=np.float32)


def behind_gelu(layer: str) -> bool:
    """Tell by its name whether a BERT layer reads what gelu made."""
    return "output.dense" in layer and "attention" not in layer


class _Round(torch.autograd.Function):
    """Rounding whose gradient is that of no rounding (Bengio, Léonard and Courville, 2013: straight through)."""

    @staticmethod
    def forward(_: Any, value: torch.Tensor) -> torch.Tensor:
        return torch.round(value)

    @staticmethod
    def backward(_: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient


def _round(value: torch.Tensor) -> torch.Tensor:
    return cast("torch.Tensor", _Round.apply(value))  # type: ignore[no-untyped-call]


def on_grid(weight: torch.Tensor, levels: int) -> torch.Tensor:
    """Return a weight of shape (rows, columns) with each row rounded to its int8 values; gradients pass through."""
    scale = weight.detach().abs().amax(1, keepdim=True) / levels
    scale = torch.where(scale < _LEAST_SCALE, 1.0, scale)
    return _round(weight / scale) * scale


def activations_on_grid(values: torch.Tensor, *, behind_gelu: bool) -> torch.Tensor:
    """Return activations of shape (..., width) rounded as the graph rounds each token's; gradients pass through."""
    if behind_gelu:
        scale = (values.detach().amax(-1, keepdim=True) - GELU_FLOOR) / (2 * ACTIVATION_LEVELS + 1)
        return _round((values - GELU_FLOOR) / scale) * scale + GELU_FLOOR
    scale = values.detach().abs().amax(-1, keepdim=True).clamp(min=LEAST_REACH) / ACTIVATION_LEVELS
    return _round(values / scale) * scale


@contextmanager
def quantized(model: torch.nn.Module) -> Iterator[None]:
    """Let a BERT classifier compute as its int8 graph does, while its own weights stay what they are."""
    changed, divisors = [*_products(model), *_tables(model)], wide_divisors(model.config)
    for name, module in changed:
        linear = isinstance(module, torch.nn.Linear)
        module.forward = _product(name, module, divisors.get(name)) if linear else _lookup(module)
    try:
        yield
    finally:
        for _, module in changed:
            del module.forward


def grid_state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return the model's state with the weights as the int8 graph has them: rounded once, they round to themselves."""
    state, divisors = dict(model.state_dict()), wide_divisors(model.config)
    for modules, levels in ((_products(model), WEIGHT_LEVELS), (_tables(model), TABLE_LEVELS)):
        for name, module in modules:
            weight, divisor = cast("torch.Tensor", module.weight).detach(), divisors.get(name)
            state[f"{name}.weight"] = (
                on_grid(weight, levels) if divisor is None else on_grid(weight * divisor, levels) / divisor
            )
    return state


def wide_divisors(config: Any) -> dict[str, torch.Tensor]:
    """Return, by layer, what each column of its activations is divided by before rounding, as a config notes it."""
    divisors: dict[str, torch.Tensor] = {}
    for name, columns in (getattr(config, "wide_columns", None) or {}).items():
        divisor = torch.ones(config.hidden_size)
        for column, factor in columns.items():
            divisor[int(column)] = factor
        divisors.update((name.removesuffix("query") + part, divisor) for part in ("query", "key", "value"))
    return divisors


def _products(model: torch.nn.Module) -> list[tuple[str, torch.nn.Module]]:
    """Name the layers whose products are int8: all but the classifier's three columns."""
    return [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.startswith("classifier")
    ]


def _tables(model: torch.nn.Module) -> list[tuple[str, torch.nn.Module]]:
    return [(name, module) for name, module in model.named_modules() if name.endswith("word_embeddings")]


def _product(name: str, layer: Any, divisor: torch.Tensor | None) -> Any:
    gelu = behind_gelu(name)

    def forward(values: torch.Tensor) -> torch.Tensor:
        weight = layer.weight
        if divisor is not None:
            values, weight = values / divisor.to(values.device), weight * divisor.to(weight.device)
        read = activations_on_grid(values, behind_gelu=gelu)
        return torch.nn.functional.linear(read, on_grid(weight, WEIGHT_LEVELS), layer.bias)

    return forward


def _lookup(table: Any) -> Any:
    def forward(ids: torch.Tensor) -> torch.Tensor:
        rows = torch.nn.functional.embedding(ids, table.weight, table.padding_idx)
        return on_grid(rows.flatten(0, -2), TABLE_LEVELS).view_as(rows)

    return forward
