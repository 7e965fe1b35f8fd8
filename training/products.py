"""How a graph multiplies: in fp32, or in int8 with a scale for each token's activations."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import onnx

from training.nodes import Nodes
from training.quantization import (
    ACTIVATION_LEVELS,
    GELU_FLOOR,
    LEAST_REACH,
    TABLE_LEVELS,
    WEIGHT_LEVELS,
    Array,
    floor_share,
    rounded,
)

_MIDDLE = 128  # of the 8 bits without a sign: zero


class Arithmetic(Protocol):
    """Embedding lookups and products with constant weights, as nodes of a graph."""

    def lookup(self, nodes: Nodes, name: str, table: Array, ids: str) -> str:
        """Return rows of a table of shape (entries, width) by ids of shape (tokens,)."""
        ...

    def product(self, nodes: Nodes, name: str, weight: Array, values: str) -> str:
        """Return values of shape (tokens, width) times a weight of shape (columns, width), transposed."""
        ...

    def product_behind_gelu(self, nodes: Nodes, name: str, weight: Array, values: str) -> tuple[str, Array]:
        """Return the same for values that gelu made, and what is to be added to the bias, of shape (columns,)."""
        ...


class Fp32:
    """Plain products."""

    def lookup(self, nodes: Nodes, name: str, table: Array, ids: str) -> str:
        """Look up."""
        return nodes.add("Gather", nodes.constant(name, table), ids)

    def product(self, nodes: Nodes, name: str, weight: Array, values: str) -> str:
        """Multiply."""
        return nodes.add("MatMul", values, nodes.constant(name, weight.T), name=f"{name}/product")

    def product_behind_gelu(self, nodes: Nodes, name: str, weight: Array, values: str) -> tuple[str, Array]:
        """Multiply."""
        return self.product(nodes, name, weight, values), np.zeros(len(weight), np.float32)


@dataclass(frozen=True)
class Rows:
    """Int8 products as training/quantization.py describes them; levels: largest integer of a weight.

    A token's scale is its own, so what else is in the text or the batch has no say in how it is rounded.
    """

    levels: int = WEIGHT_LEVELS
    _read: dict[str, tuple[str, str]] = field(default_factory=dict)  # values that were rounded: integers and scales

    def lookup(self, nodes: Nodes, name: str, table: Array, ids: str) -> str:
        """Look up integers and scales."""
        integers, scales = rounded(table, TABLE_LEVELS)
        rows = nodes.add("Gather", nodes.constant(f"{name}.quantized", integers), ids)
        rows = nodes.add("Cast", rows, to=onnx.TensorProto.FLOAT)
        return nodes.add("Mul", rows, nodes.add("Gather", nodes.constant(f"{name}.scale", scales), ids))

    def product(self, nodes: Nodes, name: str, weight: Array, values: str) -> str:
        """Round each row of the values, multiply integers, and scale back."""
        if values not in self._read:
            most = nodes.add("Max", _row_max(nodes, nodes.add("Abs", values)), _number(nodes, LEAST_REACH))
            scales = nodes.add("Mul", most, _number(nodes, 1 / ACTIVATION_LEVELS))
            middle = onnx.numpy_helper.from_array(np.array([_MIDDLE], np.uint8))
            zeros = nodes.add("ConstantOfShape", nodes.add("Shape", scales), value=middle)
            self._read[values] = nodes.add("QuantizeLinear", values, scales, zeros, axis=0), scales
        return self._multiplied(nodes, name, weight, self._read[values], nodes.constant("middle", _MIDDLE, np.uint8))

    def product_behind_gelu(self, nodes: Nodes, name: str, weight: Array, values: str) -> tuple[str, Array]:
        """Round what lies above gelu's floor; the floor's share of the product is a constant."""
        above = nodes.add("Sub", values, _number(nodes, GELU_FLOOR))
        scales = nodes.add("Mul", _row_max(nodes, above), _number(nodes, 1 / (2 * ACTIVATION_LEVELS + 1)))
        product = self._multiplied(nodes, name, weight, (nodes.add("QuantizeLinear", above, scales, axis=0), scales))
        integers, scale = rounded(weight, self.levels)
        return product, floor_share(integers * scale)

    def _multiplied(self, nodes: Nodes, name: str, weight: Array, read: tuple[str, str], *zero: str) -> str:
        integers, scale = rounded(weight, self.levels)
        product = nodes.add(
            "MatMulIntegerToFloat",
            read[0],
            nodes.constant(f"{name}.quantized", integers.T),
            _number(nodes, 1.0),
            nodes.constant(f"{name}.scale", scale[:, 0]),
            *zero,
            name=f"{name}/product",
        )
        return nodes.add("Mul", product, nodes.add("Unsqueeze", read[1], nodes.constant("last", -1, np.int64)))


def _row_max(nodes: Nodes, values: str) -> str:
    return nodes.add("ReduceMax", values, nodes.constant("lasts", [-1], np.int64), keepdims=0)


def _number(nodes: Nodes, value: float) -> str:
    return nodes.constant(f"number {value:.9g}", value, np.float32)
