"""Makes probabilities mean what they say, and says from which one on an answer can be relied on."""

from collections import Counter
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize_scalar

from model.errors import TrainingError
from model.predictor import softmax
from model.quote import LabelledQuote
from training.metrics import Metrics, three_places

_TINY = 1e-12
_WIDEST = 3.0  # the temperature is sought in [e^-3, e^3]


class Calibration(BaseModel):
    """How well the bundle is calibrated on the dev quotes that temperature and threshold were fitted on.

    certain: the accuracy that was asked of what is not uncertain; coverage and certain_accuracy: what came of it.
    ece: expected calibration error as served; raw_ece: at temperature 1. corpora: where the quotes are from.
    """

    model_config = ConfigDict(frozen=True)

    quotes: int
    corpora: tuple[str, ...]
    certain: float
    raw_ece: float
    ece: float
    coverage: float
    certain_accuracy: float | None

    @classmethod
    def of(cls, raw: Metrics, served: Metrics, quotes: Sequence[LabelledQuote], certain: float) -> Self:
        """Put together what was measured at temperature 1 and as served, on the same quotes."""
        return cls(
            quotes=served.quotes,
            corpora=tuple(sorted({quote.corpus or "unnamed" for quote in quotes})),
            certain=certain,
            raw_ece=raw.ece,
            ece=served.ece,
            coverage=served.coverage,
            certain_accuracy=served.certain_accuracy,
        )

    def summary(self) -> str:
        """Return what was asked and what came of it in a sentence without its full stop."""
        return (
            f"{self.quotes:,} quotes ({', '.join(self.corpora)}), asked to be right in {self.certain:.0%} of what is "
            f"not uncertain; there the calibration error went from {self.raw_ece:.3f} to {self.ece:.3f}, "
            f"{self.coverage:.1%} are not uncertain, and of those {three_places(self.certain_accuracy)} are right"
        )


def quotes_to_fit(dev: Sequence[LabelledQuote], corpora: Sequence[str]) -> tuple[LabelledQuote, ...]:
    """Return the dev quotes of the corpora, all where none is named. Raises TrainingError when none is left."""
    chosen = tuple(quote for quote in dev if not corpora or quote.corpus in corpora)
    if not chosen:
        counts = Counter(quote.corpus or "unnamed" for quote in dev)
        there = ", ".join(f"{name} ({count} quotes)" for name, count in sorted(counts.items()))
        raise TrainingError(
            f"export.calibrate_on: dev has no quote of {', '.join(corpora)}; it has {there}. "
            "Name one of those, or leave the key out to calibrate on all"
        )
    return chosen


def fit_temperature(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Return the number that logits are divided by so that the negative log likelihood is least.

    probabilities, of shape (quotes, labels), were made at temperature 1 for quotes not trained on, truth of shape
    (quotes,). Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    logits = np.log(np.maximum(probabilities, _TINY))

    def loss(log_temperature: float) -> float:
        chosen = softmax(logits / np.exp(log_temperature))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, _TINY)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-_WIDEST, _WIDEST), method="bounded").x))


def choose_threshold(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int64], certain: float) -> float:
    """Return the lowest confidence from which on predictions are right in the share `certain`, both in [0, 1].

    probabilities, of shape (quotes, labels), are those that are served. Where no confidence reaches that share it is
    1: whatever is less than wholly sure is uncertain.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    order = np.argsort(-confidence)
    confidence, right = confidence[order], right[order]
    accuracy = np.cumsum(right) / np.arange(1, len(right) + 1)
    # Of equal confidences only the last counts: a threshold lets all of them pass or none.
    last = np.append(confidence[:-1] != confidence[1:], True)
    reached = np.flatnonzero((accuracy >= certain) & last)
    # The mean of several windows can exceed 1 by a rounding.
    return min(float(confidence[reached[-1]]), 1.0) if len(reached) else 1.0
