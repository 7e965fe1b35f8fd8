"""Bundle and labelled quotes in, figures out: scores what is served, never the checkpoint."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.bundle import Bundle
from model.predictor import Predictor
from model.quote import LabelledQuote
from training.metrics import Evaluation, score
from training.names import fill_all
from training.swaps import swap_rate

_SEED = 0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The figures, and what pictures are drawn from: truth of shape (quotes,), probabilities (quotes, labels)."""

    evaluation: Evaluation
    truth: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]


def evaluate(bundle: Bundle, quotes: Sequence[LabelledQuote]) -> Evaluated:
    """Score a bundle on labelled quotes; every quote without a group is a group of its own."""
    labels = bundle.manifest.labels
    filled = list(fill_all(quotes, random.Random(_SEED)))
    with Predictor(bundle) as predictor:
        answers = predictor.predict(quote.quote for quote in filled)
        swaps = swap_rate(predictor, quotes, _SEED)
    truth = np.array([labels.index(quote.label) for quote in filled], dtype=np.int64)
    probabilities = np.array([list(answer.probabilities.values()) for answer in answers])
    groups = [quote.group or f"row-{i}" for i, quote in enumerate(filled)]
    metrics = score(labels, truth.tolist(), probabilities, groups, bundle.manifest.threshold)
    return Evaluated(Evaluation(bundle=bundle.digest, metrics=metrics, swaps=swaps), truth, probabilities)
