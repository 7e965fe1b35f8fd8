"""From checkpoint to ONNX graphs: exported, fused (and the fusions counted), quantised to int8."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from model.errors import TrainingError
from training.encoder import Encoder

_OPSET = 18


class _Logits(torch.nn.Module):
    """The classifier as a function of tensors."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.model, self.names = encoder.model, encoder.inputs

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        """Return logits of shape (batch, labels) for int64 tensors of shape (batch, sequence), in the names' order."""
        logits: torch.Tensor = self.model(**dict(zip(self.names, tensors, strict=True))).logits
        return logits


def fused_graph(encoder: Encoder) -> bytes:
    """Export the encoder in fp32 and fuse its operators. Raises TrainingError when a fusion did not happen."""
    with tempfile.TemporaryDirectory() as folder, _hushed():
        path = Path(folder) / "model.onnx"
        _export(encoder, path)
        config = encoder.model.config
        optimized = optimize_model(
            str(path),
            "bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
            optimization_options=FusionOptions("bert"),
        )
        _check_fusions(optimized.get_fused_operator_statistics(), config.num_hidden_layers)
        # Shapes of the graph before fusion: wrong now, and a stumbling block for the quantiser.
        del optimized.model.graph.value_info[:]
        optimized.save_model_to_file(str(path))
        return path.read_bytes()


def quantized_graph(fused: bytes) -> bytes:
    """Quantise the weights to int8.

    Activations are scaled per run, but for the second product of each feed-forward block: its input, behind the gelu,
    has outliers that a scale for the whole text would let drown the rest, so there a block of weights and a token have
    their own (MatMulNBits, 8 bits). Measured on 1,800 quotes that costs a few percent of the rate and takes the mean
    difference of a probability from .012 to .008.
    """
    model = onnx.load_from_string(fused)
    narrowing = set(_narrowing_products(model))
    products = [node.name for node in model.graph.node if node.op_type == "MatMul"]
    weight_only = MatMulNBitsQuantizer(
        model,
        bits=8,
        block_size=128,
        is_symmetric=True,
        accuracy_level=4,
        nodes_to_exclude=[name for name in products if name not in narrowing],
    )
    with tempfile.TemporaryDirectory() as folder, _hushed():
        weight_only.process()
        source, target = Path(folder) / "model.onnx", Path(folder) / "model_quantized.onnx"
        source.write_bytes(weight_only.model.model.SerializeToString())
        options = {"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT}
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8, extra_options=options)
        return target.read_bytes()


def _narrowing_products(model: onnx.ModelProto) -> Iterator[str]:
    """Yield the products with a constant that has more rows than columns: the way back from the feed-forward width."""
    shapes = {constant.name: tuple(constant.dims) for constant in model.graph.initializer}
    for node in model.graph.node:
        rows, columns = shapes.get(node.input[1], (0, 0)) if node.op_type == "MatMul" else (0, 0)
        if rows > columns:
            yield node.name


@contextmanager
def _hushed() -> Iterator[None]:
    """Silence what onnxruntime's tools tell the root logger about every step; errors are raised anyway."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)


def _export(encoder: Encoder, path: Path) -> None:
    model = encoder.model.eval().cpu()
    implementation = model.config._attn_implementation  # noqa: SLF001, transformers has no public getter
    model.set_attn_implementation("eager")
    rows = torch.ones((2, 8), dtype=torch.long)
    axes: dict[str, Any] = {name: {0: "batch", 1: "sequence"} for name in encoder.inputs}
    try:
        with warnings.catch_warnings():
            # The TorchScript exporter is deprecated, but of the graph of the new one the optimizer below fuses no
            # attention at all (torch 2.13, onnxruntime 1.32), and attention is where int8 gains most.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Logits(encoder),
                tuple(rows * (name != "token_type_ids") for name in encoder.inputs),
                path,
                input_names=list(encoder.inputs),
                output_names=["logits"],
                dynamic_axes={**axes, "logits": {0: "batch"}},
                opset_version=_OPSET,
                dynamo=False,
            )
    finally:
        model.set_attn_implementation(implementation)


def _check_fusions(counts: dict[str, int], layers: int) -> None:
    """Count the fusions: an optimizer that does not recognise a graph says nothing and leaves it slow."""
    kinds = {
        "attention": ("Attention",),
        "layer norm": ("EmbedLayerNormalization", "SkipLayerNormalization", "LayerNormalization"),
        "gelu": ("BiasGelu", "Gelu", "FastGelu"),
    }
    found = {kind: sum(counts[name] for name in names) for kind, names in kinds.items()}
    wanted = {"attention": layers, "layer norm": 2 * layers + 1, "gelu": layers}
    if found != wanted:
        raise TrainingError(f"the graph was not fused: found {found}, a model of {layers} layers has {wanted}")
