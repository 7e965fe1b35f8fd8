"""Writes ONNX graphs node by node: names of outputs, constants, versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

_OPSETS = (onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("com.microsoft", 1))
_IR = 10  # the one of opset 21: readable for runtimes since 2024

_CONTRIBUTED = {"BiasGelu", "MatMulIntegerToFloat", "MultiHeadAttention", "SkipLayerNormalization"}

Ends = Mapping[str, tuple[int, Sequence[str | int | None]]]
"""Inputs or outputs of a graph: by name, ONNX's element type and the axes."""


class Nodes:
    """A graph in the making."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> str:
        """Keep an array and return its name; a name that is known already stands for what it stood for."""
        if name not in self._constants:
            self._constants[name] = onnx.numpy_helper.from_array(np.array(value, dtype, order="C"), name)
        return name

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        return self.split(operator, *inputs, outputs=1, name=name, **attributes)[0]

    def split(self, operator: str, *inputs: str, outputs: int, name: str = "", **attributes: Any) -> list[str]:
        """Add a node with several outputs and return their names."""
        stem = name or f"{operator}_{len(self._nodes)}"
        names = [stem] if outputs == 1 else [f"{stem}.{i}" for i in range(outputs)]
        domain = "com.microsoft" if operator in _CONTRIBUTED else ""
        self._nodes.append(onnx.helper.make_node(operator, inputs, names, name=stem, domain=domain, **attributes))
        return names

    def graph(self, inputs: Ends, outputs: Ends) -> bytes:
        """Return the model, checked by ONNX's own checker."""
        ends = (
            [onnx.helper.make_tensor_value_info(name, kind, list(axes)) for name, (kind, axes) in each.items()]
            for each in (inputs, outputs)
        )
        graph = onnx.helper.make_graph(self._nodes, "detente", *ends, initializer=list(self._constants.values()))
        model = onnx.helper.make_model(graph, opset_imports=_OPSETS, producer_name="detente", ir_version=_IR)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())
