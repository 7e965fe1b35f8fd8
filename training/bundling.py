"""What every bundle is made of, whatever its model was trained for: config, tokenizer, graphs, digests, versions."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

from model.bundle import FP16_GRAPH, FP32_GRAPH, INT8_GRAPH, TOKENIZER
from model.errors import TrainingError
from model.files import digest, to_json
from training.encoder import Encoder
from training.graph import fp16_graph, fp32_graph, int8_graph
from training.recipe import ExportRecipe
from training.runs import Run

_CHECKPOINT_FILES = ("config.json", "tokenizer_config.json", "special_tokens_map.json")
_LIBRARIES = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers")


def graphs(encoder: Encoder, recipe: ExportRecipe) -> dict[str, bytes]:
    """Return the int8 graph, and the others that a recipe asks for. Raises TrainingError."""
    files = {INT8_GRAPH: int8_graph(encoder)}
    if recipe.fp32:
        files[FP32_GRAPH] = fp32_graph(encoder)
    if recipe.fp16:
        files[FP16_GRAPH] = fp16_graph(encoder)
    return files


def data_digest(run: Run) -> str:
    """Return the SHA-256 of what a run learned and chose from."""
    return digest(b"".join((run.folder / "splits" / f"{name}.jsonl").read_bytes() for name in ("train", "dev")))


def library_versions() -> dict[str, str]:
    """Return the versions of what makes a bundle."""
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


def checkpoint_files(checkpoint: Path, encoder: Encoder) -> dict[str, bytes]:
    """Return config and tokenizer as a bundle keeps them. Raises TrainingError."""
    found = {name: checkpoint / name for name in _CHECKPOINT_FILES if (checkpoint / name).exists()}
    if "config.json" not in found:
        raise TrainingError(f"{checkpoint}: has no config.json")
    config = json.loads(found["config.json"].read_bytes()) | {"wide_columns": encoder.model.config.wide_columns}
    # The tokenizer as the predictor opens it: the packaged one cuts and pads.
    return {name: path.read_bytes() for name, path in found.items()} | {
        "config.json": to_json(config),
        TOKENIZER: encoder.tokenizer.to_str().encode(),
    }
