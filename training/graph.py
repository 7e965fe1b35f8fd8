"""From checkpoint to ONNX graphs: exported, fused (and the fusions counted), quantised to int8."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from model.errors import TrainingError
from training.encoder import Encoder

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OPSET = 18


class _Logits(torch.nn.Module):
    """The classifier as a function of tensors."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        """Return logits of shape (batch, labels) for three int64 tensors of shape (batch, sequence)."""
        logits: torch.Tensor = self.model(**dict(zip(_INPUTS, tensors, strict=True))).logits
        return logits


def fused_graph(encoder: Encoder) -> bytes:
    """Export the encoder in fp32 and fuse its operators. Raises TrainingError when a fusion did not happen."""
    with tempfile.TemporaryDirectory() as folder:
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
    """Quantise the weights to int8 a channel; activations are scaled per run."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "model.onnx", Path(folder) / "model_quantized.onnx"
        source.write_bytes(fused)
        options = {"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT}
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8, extra_options=options)
        return target.read_bytes()


def _export(encoder: Encoder, path: Path) -> None:
    model = encoder.model.eval().cpu()
    implementation = model.config._attn_implementation  # noqa: SLF001, transformers has no public getter
    model.set_attn_implementation("eager")
    rows = torch.ones((2, 8), dtype=torch.long)
    axes: dict[str, Any] = {name: {0: "batch", 1: "sequence"} for name in _INPUTS}
    try:
        with warnings.catch_warnings():
            # The TorchScript exporter is deprecated, but of the graph of the new one the optimizer below fuses no
            # attention at all (torch 2.13, onnxruntime 1.32), and attention is where int8 gains most.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Logits(model),
                (rows, rows, torch.zeros_like(rows)),
                path,
                input_names=list(_INPUTS),
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
