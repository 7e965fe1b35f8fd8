"""A bundle's int8 graph back into a checkpoint's weights: to train on from the model that ships."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from model.bundle import INT8_GRAPH, MANIFEST, open_bundle
from model.contained import check_contained
from model.errors import TrainingError
from training.quantization import Array, behind_gelu, floor_share, wide_divisors

_JOINT = re.compile(r"^(.*\.self)\.(\w+(?:\+\w+)*)\.weight$")
_PARTS = ("query", "key", "value")
_EMBEDDINGS = "bert.embeddings"


def is_bundle(folder: Path) -> bool:
    """Tell whether a folder holds a bundle."""
    return (folder / MANIFEST).is_file()


def restored_state(folder: Path, config: Any) -> dict[str, torch.Tensor]:
    """Return the weights of a bundle's int8 graph, by the names of the checkpoint that it was written from.

    config: the bundle's, with as many positions as its graph has. They are the checkpoint's weights after rounding; a
    checkpoint that was trained rounded comes back as it was. Raises BundleError, and TrainingError for a graph that
    was written in another way.
    """
    data = open_bundle(folder).read(INT8_GRAPH)
    try:
        check_contained(data)  # before onnx reads weights from files that the graph names
    except ValueError as error:
        raise TrainingError(f"{folder}: {error}; export it again, or train from minilm") from error
    graph = onnx.load_from_string(data).graph
    constants: dict[str, Any] = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    if f"{_EMBEDDINGS}.places" not in constants:
        raise TrainingError(
            f"{folder}: its graph was written by another version; export it again, or train from minilm"
        )
    return {name: torch.tensor(value) for name, value in _state(constants, config).items()}


def _state(constants: Mapping[str, Any], config: Any) -> dict[str, Array]:
    state = {name: constants[name] for name in constants if name.startswith(("bert.", "classifier."))}
    state = {
        name: value for name, value in state.items() if name.endswith((".weight", ".bias")) and ".self." not in name
    }
    places = constants[f"{_EMBEDDINGS}.places"].reshape(config.type_vocab_size, -1, config.hidden_size)
    # Only their sum is known: the first type takes nothing of it.
    state[f"{_EMBEDDINGS}.position_embeddings.weight"] = places[0]
    state[f"{_EMBEDDINGS}.token_type_embeddings.weight"] = (places - places[:1]).mean(1)
    for name in (name.removesuffix(".quantized") for name in constants if name.endswith(".quantized")):
        integers, scale = constants[f"{name}.quantized"], constants[f"{name}.scale"]
        weight = integers * scale if "word_embeddings" in name else integers.T * scale[:, None]
        if behind_gelu(name):
            state[name.replace("weight", "bias")] = state[name.replace("weight", "bias")] - floor_share(weight)
        for part, own in _apart(name, weight, config):
            state[part] = own.astype(np.float32)
    for name in (name for name in constants if name.endswith(".self.bias")):
        for part, bias in zip(_PARTS, np.split(constants[name], len(_PARTS)), strict=True):
            state[name.replace("bias", f"{part}.bias")] = bias
    return state


def _apart(name: str, weight: Array, config: Any) -> list[tuple[str, Array]]:
    """Return the weights of a joint product by their own names, wide columns as they were."""
    joint = _JOINT.match(name)
    if not joint:
        return [(name, weight)]
    names = [f"{joint[1]}.{part}" for part in joint[2].split("+")]
    divisors = wide_divisors(config)
    return [
        (f"{each}.weight", own / divisors[each].numpy() if each in divisors else own)
        for each, own in zip(names, np.split(weight, len(names)), strict=True)
    ]
