"""From checkpoint to ONNX graph: BERT and its head written node by node, so that it computes what the answer needs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto
from onnxruntime.transformers.float16 import convert_float_to_float16

from model.errors import TrainingError
from training.encoder import Encoder
from training.nodes import Nodes
from training.products import Arithmetic, Fp32, Rows
from training.quantization import Array, wide_divisors
from training.smoothing import Narrowed

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def fp32_graph(encoder: Encoder) -> bytes:
    """Return the checkpoint as a graph in fp32. Raises TrainingError for another architecture than BERT's."""
    return written_graph(encoder, Fp32())


def int8_graph(encoder: Encoder) -> bytes:
    """Return the checkpoint as a graph in int8. Raises TrainingError for another architecture than BERT's."""
    divisors = {name: divisor.numpy() for name, divisor in wide_divisors(encoder.model.config).items()}
    return written_graph(encoder, Narrowed(Rows(), divisors))


def fp16_graph(encoder: Encoder) -> bytes:
    """Return the checkpoint as a graph in fp16, with logits in fp32: for a GPU. Raises TrainingError as the others."""
    model = convert_float_to_float16(onnx.load_from_string(fp32_graph(encoder)), keep_io_types=True)
    return bytes(model.SerializeToString())


def written_graph(encoder: Encoder, arithmetic: Arithmetic) -> bytes:
    """Return the checkpoint as a graph, its products in the arithmetic given.

    Inputs of shape (batch, sequence), int64, as transformers names them; logits of shape (batch, labels), a pointer's
    of shape (batch, sequence, labels). Against the checkpoint's own forward pass: the tables of positions and token
    types are one, for as many positions as a window has; query, key and value are one product; and where the head
    reads the first token only, only that is computed of the last layer.
    """
    config = encoder.model.config
    kind = (config.model_type, config.hidden_act, getattr(config, "position_embedding_type", None) or "absolute")
    if kind != ("bert", "gelu", "absolute"):
        raise TrainingError(f"encoder of kind {kind}: only BERT's (bert, gelu, absolute) export; it may teach")
    state = {name: value.detach().cpu().numpy() for name, value in encoder.model.state_dict().items()}
    positions = min(encoder.hf_tokenizer.model_max_length, config.max_position_embeddings)
    writer = _Writer(Nodes(), arithmetic, state, config, positions)
    axes: tuple[str, ...] = ("batch", "sequence")
    inputs = dict.fromkeys(_INPUTS, (TensorProto.INT64, axes))
    if "bert.pooler.dense.weight" in state:
        writer.classify()
        axes = ("batch",)
    else:
        writer.point()
    return writer.nodes.graph(inputs, {"logits": (TensorProto.FLOAT, (*axes, config.num_labels))})


@dataclass(frozen=True)
class _Writer:
    """Values between layers have the shape (tokens of the batch, width)."""

    nodes: Nodes
    arithmetic: Arithmetic
    state: dict[str, Array]
    config: Any
    positions: int

    def point(self) -> None:
        """Write everything from ids to the logits of each token."""
        add, labels = self.nodes.add, self.config.num_labels
        values, _, _ = self._layers(self.config.num_hidden_layers)
        logits = add("Gemm", values, *self._head(), transB=1)
        count = self.nodes.constant("labels", [labels], np.int64)
        add("Reshape", logits, add("Concat", add("Shape", "input_ids"), count, axis=0), name="logits")

    def classify(self) -> None:
        """Write everything from ids to the logits of a text."""
        add, layers = self.nodes.add, self.config.num_hidden_layers
        values, shape, mask = self._layers(layers - 1)
        texts = add("Reshape", values, shape)
        first = add("Gather", texts, self._index(0), axis=1)
        values = self._layer(f"bert.encoder.layer.{layers - 1}", values, first, shape, mask)
        pooled = self._product("bert.pooler.dense", values)
        pooled = add("Tanh", add("Add", pooled, self._constant("bert.pooler.dense.bias")))
        add("Gemm", pooled, *self._head(), transB=1, name="logits")

    def _head(self) -> tuple[str, str]:
        return self._constant("classifier.weight"), self._constant("classifier.bias")

    def _layers(self, count: int) -> tuple[str, str, str]:
        """Write the first layers; return their values, the shape (batch, sequence, width), and the mask."""
        values, shape = self._embed()
        mask = self.nodes.add("Cast", "attention_mask", to=TensorProto.INT32)
        for i in range(count):
            values = self._layer(f"bert.encoder.layer.{i}", values, values, shape, mask)
        return values, shape, mask

    def _embed(self) -> tuple[str, str]:
        """Return the embedded tokens and the shape (batch, sequence, width)."""
        nodes, table, width = self.nodes, "bert.embeddings", self.config.hidden_size
        shape = nodes.add("Shape", "input_ids")
        flat = nodes.constant("flat", [-1], np.int64)
        words = self.arithmetic.lookup(
            nodes,
            f"{table}.word_embeddings.weight",
            self.state[f"{table}.word_embeddings.weight"],
            nodes.add("Reshape", "input_ids", flat),
        )
        types = self.state[f"{table}.token_type_embeddings.weight"][:, None]
        places = types + self.state[f"{table}.position_embeddings.weight"][None, : self.positions]
        start = nodes.add("Mul", "token_type_ids", self._index(self.positions))
        row = nodes.add("Range", self._index(0), nodes.add("Gather", shape, self._index(1)), self._index(1))
        row = nodes.add("Reshape", nodes.add("Add", start, row), flat)
        placed = nodes.add("Gather", nodes.constant(f"{table}.places", places.reshape(-1, width)), row)
        whole = nodes.add("Concat", shape, nodes.constant("width", [width], np.int64), axis=0)
        return self._normed(f"{table}.LayerNorm", words, placed), whole

    def _layer(self, name: str, values: str, asking: str, shape: str, mask: str) -> str:
        """Write one layer for the tokens that ask; all tokens are there to be attended to."""
        context = self._attend(f"{name}.attention.self", values, asking, shape, mask)
        context = self._product(f"{name}.attention.output.dense", context)
        bias = self._constant(f"{name}.attention.output.dense.bias")
        attended = self._normed(f"{name}.attention.output.LayerNorm", context, asking, bias)
        wide = self._product(f"{name}.intermediate.dense", attended)
        wide = self.nodes.add("BiasGelu", wide, self._constant(f"{name}.intermediate.dense.bias"))
        weight = self.state[f"{name}.output.dense.weight"]
        narrow, floor = self.arithmetic.product_behind_gelu(self.nodes, f"{name}.output.dense.weight", weight, wide)
        bias = self.nodes.constant(f"{name}.output.dense.bias", self.state[f"{name}.output.dense.bias"] + floor)
        return self._normed(f"{name}.output.LayerNorm", narrow, attended, bias)

    def _attend(self, name: str, values: str, asking: str, shape: str, mask: str) -> str:
        nodes, width = self.nodes, self.config.hidden_size
        apart = [f"{name}.{part}" for part in ("query", "key", "value")]
        if asking == values:
            parts = self._joint(apart, values, shape)
        else:
            first = self._product(apart[0], asking)
            parts = [nodes.add("Unsqueeze", first, self._index(1)), *self._joint(apart[1:], values, shape)]
        bias = nodes.constant(f"{name}.bias", np.concatenate([self.state[f"{part}.bias"] for part in apart]))
        heads = self.config.num_attention_heads
        context = nodes.add("MultiHeadAttention", *parts, bias, mask, num_heads=heads)
        return nodes.add("Reshape", context, nodes.constant("rows", [-1, width], np.int64))

    def _joint(self, names: list[str], values: str, shape: str) -> list[str]:
        """Return several products of the same values, computed as one, each of the shape given."""
        weight = np.concatenate([self.state[f"{name}.weight"] for name in names])
        stem = f"{names[0]}{''.join('+' + name.rsplit('.', 1)[1] for name in names[1:])}"
        product = self.arithmetic.product(self.nodes, f"{stem}.weight", weight, values)
        parts = self.nodes.split("Split", product, outputs=len(names), axis=-1, num_outputs=len(names))
        return [self.nodes.add("Reshape", part, shape) for part in parts]

    def _product(self, name: str, values: str) -> str:
        return self.arithmetic.product(self.nodes, f"{name}.weight", self.state[f"{name}.weight"], values)

    def _normed(self, name: str, values: str, skipped: str, *bias: str) -> str:
        inputs = (values, skipped, self._constant(f"{name}.weight"), self._constant(f"{name}.bias"), *bias)
        return self.nodes.add("SkipLayerNormalization", *inputs, epsilon=self.config.layer_norm_eps)

    def _constant(self, name: str) -> str:
        return self.nodes.constant(name, self.state[name])

    def _index(self, value: int) -> str:
        return self.nodes.constant(f"index {value}", value, np.int64)
