"""A checkpoint behind `transformers`' own text-classification pipeline: what the benchmark measures beside ours."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, pipeline

from model.cores import usable_cores
from model.errors import TrainingError
from model.quote import Quote, render
from model.stance import Prediction


class TransformersPipeline:
    """`pipeline("text-classification")` on the CPU, with its defaults, as many torch threads as usable cores.

    It cuts what is longer than its model reads. Raises TrainingError for a folder that holds no checkpoint.
    """

    threads = 1  # torch spreads each call over the cores by itself
    batch = 32

    def __init__(self, checkpoint: Path) -> None:
        if not (checkpoint / "config.json").is_file():
            raise TrainingError(f"{checkpoint}: no checkpoint there: name a folder like runs/minilm/checkpoint")
        self.name = f"transformers {transformers.__version__} (torch {torch.__version__}) of {checkpoint}"
        self.cores = usable_cores()
        torch.set_num_threads(self.cores)
        most = AutoConfig.from_pretrained(checkpoint).max_position_embeddings
        self._options: Mapping[str, Any] = {"top_k": None, "truncation": True, "max_length": most}
        self._pipeline: Any = pipeline("text-classification", model=str(checkpoint), device="cpu")

    def answer(self, quotes: Sequence[Quote]) -> Sequence[Prediction]:
        """Answer quotes in one batch, padded to its longest."""
        inputs = [_pair(quote) for quote in quotes]
        return [_prediction(scores) for scores in self._pipeline(inputs, batch_size=len(inputs), **self._options)]


def _pair(quote: Quote) -> dict[str, str]:
    """Return the pipeline's form of a rendered quote and, as second segment, its carrier."""
    rendering = render(quote)
    if rendering.carrier is None:
        return {"text": rendering.text}
    return {"text": rendering.text, "text_pair": rendering.carrier}


def _prediction(scores: Sequence[Mapping[str, Any]]) -> Prediction:
    probabilities = {str(score["label"]): float(score["score"]) for score in scores}
    return Prediction(max(probabilities, key=probabilities.__getitem__), probabilities, uncertain=False, windows=1)
