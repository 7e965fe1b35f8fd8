"""Checkpoint in, bundle out: calibrated on dev, compared with the checkpoint on test, and only then written."""

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict

from model.bundle import Bundle, Card, write_bundle
from model.errors import TrainingError
from model.predictor import Predictor
from model.quote import LabelledQuote
from training.breakdown import Answers, ask, break_down
from training.bundling import checkpoint_files, data_digest, graphs, library_versions
from training.calibrate import Calibration, choose_threshold, fit_temperature, quotes_to_fit
from training.card import Worth, bundle_card
from training.checkpoint import answers_by_quote
from training.encoder import Encoder, open_checkpoint
from training.metrics import Metrics, macro_f1
from training.names import fill_all
from training.recipe import Recipe
from training.reference import reference_of
from training.runs import Run
from training.smoothing import note_wide_columns


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
    """Write the run's checkpoint as a bundle.

    Raises TrainingError when it does not agree with the checkpoint, and for a head that reads the mean of the tokens.
    """
    recipe = run.recipe
    if recipe.pooling != "first":
        raise TrainingError(
            f"{run.folder}: its recipe says `pooling: {recipe.pooling}`, and only `pooling: first` exports; "
            "train with that, or let the run teach a student that has it (`detente teach`)"
        )
    encoder = open_checkpoint(run.checkpoint, recipe.max_tokens)
    note_wide_columns(encoder, recipe, [quote.quote for quote in run.split("train")])
    files = checkpoint_files(run.checkpoint, encoder) | graphs(encoder, recipe.export)
    dev, test = (list(fill_all(run.split(name), random.Random(recipe.seed))) for name in ("dev", "test"))
    draft = Card(
        name=recipe.name,
        labels=recipe.label_set,
        max_tokens=recipe.max_tokens,
        temperature=1.0,
        threshold=0.0,
        recipe=recipe.digest,
        data=data_digest(run),
        metrics={},
        versions=library_versions(),
        reference=reference_of(run.split("train"), recipe.label_set),
    )
    fitted = quotes_to_fit(dev, recipe.export.calibrate_on)
    with tempfile.TemporaryDirectory() as folder:
        raw = _asked(write_bundle(Path(folder) / "raw", draft, files), fitted)
        card = draft.model_copy(update={"temperature": fit_temperature(raw.probabilities, raw.truth)})
        served = write_bundle(Path(folder) / "served", card, files)
        warm = _asked(served, fitted)
        threshold = choose_threshold(warm.probabilities, warm.truth, recipe.export.certain)
        card = card.model_copy(update={"threshold": threshold})
        with Predictor(write_bundle(Path(folder) / "whole", card, files)) as predictor:
            answers = ask(predictor, test)
            parts = break_down(predictor, answers)
    fit = Calibration.of(raw.metrics(), replace(warm, threshold=threshold).metrics(), fitted, recipe.export.certain)
    metrics = answers.metrics()
    parity = _compared(recipe, encoder, card.temperature, answers)
    figures = {"test": metrics, "parity": parity, "calibration": fit, "parts": parts}
    card = card.model_copy(update={"metrics": {name: each.model_dump(mode="json") for name, each in figures.items()}})
    trained_on = Counter(quote.corpus or "unnamed" for quote in run.split("train"))
    files["README.md"] = bundle_card(card, recipe.encoder, trained_on, Worth(metrics, parts, fit)).encode()
    return Exported(write_bundle(out, card, files), metrics, parity)


def _compared(recipe: Recipe, encoder: Encoder, temperature: float, answers: Answers) -> Parity:
    """Compare answers with the checkpoint's. Raises TrainingError below the recipe's bar."""
    expected = checkpoint_probabilities(encoder, recipe, answers.quotes, temperature)
    difference = np.abs(answers.probabilities - expected)
    labels = len(recipe.label_set)
    parity = Parity(
        agreement=float((answers.probabilities.argmax(1) == expected.argmax(1)).mean()),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        checkpoint_macro_f1=macro_f1(answers.truth, expected.argmax(1), labels),
        bundle_macro_f1=macro_f1(answers.truth, answers.probabilities.argmax(1), labels),
    )
    if parity.agreement < recipe.export.agreement:
        raise TrainingError(
            f"int8 and checkpoint agree on {parity.agreement:.4f} of the test quotes, the recipe asks for "
            f"{recipe.export.agreement}: nothing was written. Train longer, or lower export.agreement"
        )
    return parity


def checkpoint_probabilities(
    encoder: Encoder, recipe: Recipe, quotes: Sequence[LabelledQuote], temperature: float
) -> npt.NDArray[np.float64]:
    """Return what the fp32 checkpoint says, of shape (quotes, labels), windows averaged as the predictor does."""

    def probabilities(logits: torch.Tensor) -> torch.Tensor:
        return torch.softmax(logits.double() / temperature, -1)

    return answers_by_quote(encoder, recipe, [quote.quote for quote in quotes], probabilities)


def _asked(bundle: Bundle, quotes: Sequence[LabelledQuote]) -> Answers:
    with Predictor(bundle) as predictor:
        return ask(predictor, quotes)
