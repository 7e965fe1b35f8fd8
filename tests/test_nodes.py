"""The graph writer: names, constants, and a check of what was written."""

import numpy as np
import onnx
import onnxruntime
import pytest

from training.nodes import Nodes

FLOATS = {"values": (onnx.TensorProto.FLOAT, ("rows", 2))}


def test_written_graph_runs():
    """Constants are kept once under their name, and nodes give names for the next."""
    nodes = Nodes()
    one = nodes.constant("one", 1, np.float32)
    assert nodes.constant("one", 1, np.float32) == one
    left, right = nodes.split("Split", "values", outputs=2, axis=1, num_outputs=2)
    nodes.add("Concat", nodes.add("Add", left, one), right, axis=1, name="out")
    graph = nodes.graph(FLOATS, {"out": (onnx.TensorProto.FLOAT, ("rows", 2))})
    assert len(onnx.load_from_string(graph).graph.initializer) == 1
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    assert session.run(None, {"values": np.array([[1, 2]], np.float32)})[0].tolist() == [[2, 2]]


def test_unknown_names_are_refused():
    """ONNX's checker reads the graph before it is given out."""
    nodes = Nodes()
    nodes.add("Add", "values", "nothing", name="out")
    with pytest.raises(onnx.checker.ValidationError, match="nothing"):
        nodes.graph(FLOATS, {"out": (onnx.TensorProto.FLOAT, ("rows", 2))})
