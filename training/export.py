"""Checkpoint in, bundle out: calibrated on dev, compared with the checkpoint on test, and only then written."""

import platform
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict

from model.bundle import FP32_GRAPH, INT8_GRAPH, TOKENIZER, Bundle, Card, write_bundle
from model.errors import TrainingError
from model.files import digest
from model.predictor import Predictor
from model.quote import LabelledQuote
from training.calibrate import Calibration, calibrate
from training.checkpoint import answers_by_quote
from training.encoder import Encoder, open_checkpoint
from training.graph import fused_graph, quantized_graph
from training.metrics import Metrics, macro_f1, score
from training.names import fill_all
from training.recipe import Recipe
from training.report import model_card
from training.runs import Run

_CHECKPOINT_FILES = ("config.json", "tokenizer_config.json", "special_tokens_map.json")
_LIBRARIES = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers")


class Parity(BaseModel):
    """How the bundle's graph compares with the checkpoint on the test split."""

    model_config = ConfigDict(frozen=True)

    agreement: float  # share of quotes with the same label
    largest_difference: float  # of any probability of any quote
    mean_difference: float
    checkpoint_macro_f1: float
    bundle_macro_f1: float


@dataclass(frozen=True, slots=True)
class Exported:
    """The bundle that was written and what was measured on the way."""

    bundle: Bundle
    metrics: Metrics
    parity: Parity

    def summary(self) -> str:
        """Return size and parity in a sentence."""
        size = sum(file.stat().st_size for file in self.bundle.path.rglob("*") if file.is_file())
        parity = self.parity
        return (
            f"{self.bundle.path}: {size / 1e6:.1f} MB; agrees with the checkpoint on {parity.agreement:.2%} of "
            f"{self.metrics.quotes} test quotes, largest difference of a probability {parity.largest_difference:.3f}; "
            f"macro-F1 {parity.bundle_macro_f1:.4f}, checkpoint {parity.checkpoint_macro_f1:.4f}"
        )


def export(run: Run, out: Path) -> Exported:
    """Write the run's checkpoint as a bundle. Raises TrainingError when it does not agree with the checkpoint."""
    recipe = run.recipe
    encoder = open_checkpoint(run.checkpoint, recipe.max_tokens)
    fused = fused_graph(encoder)
    files = _files(run.checkpoint, encoder) | {INT8_GRAPH: quantized_graph(fused)}
    if recipe.export.fp32:
        files[FP32_GRAPH] = fused
    dev, test = (list(fill_all(run.split(name), random.Random(recipe.seed))) for name in ("dev", "test"))
    draft = Card(
        name=recipe.name,
        labels=recipe.label_set,
        max_tokens=recipe.max_tokens,
        temperature=1.0,
        threshold=0.0,
        recipe=recipe.digest,
        data=digest(b"".join((run.folder / "splits" / f"{name}.jsonl").read_bytes() for name in ("train", "dev"))),
        metrics={},
        versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
    )
    with tempfile.TemporaryDirectory() as folder:
        raw = _predicted(write_bundle(Path(folder) / "raw", draft, files), dev)
        calibration = calibrate(raw, _places(dev, recipe), recipe.export.certain)
        card = draft.model_copy(update={"temperature": calibration.temperature, "threshold": calibration.threshold})
        answers = _predicted(write_bundle(Path(folder) / "calibrated", card, files), test)
    metrics, parity = _judge(recipe, encoder, calibration, test, answers)
    card = card.model_copy(update={"metrics": {"test": metrics.model_dump(), "parity": parity.model_dump()}})
    files["README.md"] = model_card(card, recipe, metrics).encode()
    return Exported(write_bundle(out, card, files), metrics, parity)


def _judge(
    recipe: Recipe,
    encoder: Encoder,
    calibration: Calibration,
    test: Sequence[LabelledQuote],
    answers: npt.NDArray[np.float64],
) -> tuple[Metrics, Parity]:
    """Score the test split and compare with the checkpoint. Raises TrainingError below the recipe's bar."""
    truth = _places(test, recipe)
    expected = checkpoint_probabilities(encoder, recipe, test, calibration.temperature)
    difference = np.abs(answers - expected)
    parity = Parity(
        agreement=float((answers.argmax(1) == expected.argmax(1)).mean()),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        checkpoint_macro_f1=macro_f1(truth, expected.argmax(1), len(recipe.label_set)),
        bundle_macro_f1=macro_f1(truth, answers.argmax(1), len(recipe.label_set)),
    )
    if parity.agreement < recipe.export.agreement:
        raise TrainingError(
            f"int8 and checkpoint agree on {parity.agreement:.4f} of the test quotes, the recipe asks for "
            f"{recipe.export.agreement}: nothing was written. Train longer, or lower export.agreement"
        )
    groups = [quote.group or str(i) for i, quote in enumerate(test)]
    return score(recipe.label_set, truth.tolist(), answers, groups, calibration.threshold), parity


def checkpoint_probabilities(
    encoder: Encoder, recipe: Recipe, quotes: Sequence[LabelledQuote], temperature: float
) -> npt.NDArray[np.float64]:
    """Return what the fp32 checkpoint says, of shape (quotes, labels), windows averaged as the predictor does."""

    def probabilities(logits: torch.Tensor) -> torch.Tensor:
        return torch.softmax(logits.double() / temperature, -1)

    return answers_by_quote(encoder, recipe, [quote.quote for quote in quotes], probabilities)


def _predicted(bundle: Bundle, quotes: Sequence[LabelledQuote]) -> npt.NDArray[np.float64]:
    with Predictor(bundle) as predictor:
        answers = predictor.predict(quote.quote for quote in quotes)
    return np.array([list(answer.probabilities.values()) for answer in answers])


def _places(quotes: Sequence[LabelledQuote], recipe: Recipe) -> npt.NDArray[np.int64]:
    return np.array([recipe.label_set.index(quote.label) for quote in quotes], dtype=np.int64)


def _files(checkpoint: Path, encoder: Encoder) -> dict[str, bytes]:
    found = {name: checkpoint / name for name in _CHECKPOINT_FILES if (checkpoint / name).exists()}
    if "config.json" not in found:
        raise TrainingError(f"{checkpoint}: has no config.json")
    # The tokenizer as the predictor opens it: the packaged one cuts and pads.
    return {name: path.read_bytes() for name, path in found.items()} | {TOKENIZER: encoder.tokenizer.to_str().encode()}
