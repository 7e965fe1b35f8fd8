"""Whether one model is better than another on the same quotes, or merely luckier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

_RESAMPLES = 10_000
_SEED = 0


@dataclass(frozen=True, slots=True)
class McNemar:
    """first_only: quotes that only the first model gets right; second_only: only the second; p: two-sided."""

    first_only: int
    second_only: int
    p: float


@dataclass(frozen=True, slots=True)
class Difference:
    """difference: macro-F1 of the first model less that of the second; interval: 95 %; p: two-sided, never 0."""

    difference: float
    interval: tuple[float, float]
    p: float


def mcnemar(first: npt.ArrayLike, second: npt.ArrayLike) -> McNemar:
    """Test whether two models err equally often; first and second of shape (quotes,), true where the model is right.

    McNemar's test, which Dietterich ("Approximate statistical tests for comparing supervised classification learning
    algorithms", Neural Computation 1998) recommends for models trained once; exact, by the binomial distribution. It
    takes quotes for independent, which quotes of one story are not. Raises ValueError for other shapes.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"first has shape {a.shape}, second {b.shape}: one value for each quote is needed in both")
    first_only, second_only = int((a & ~b).sum()), int((b & ~a).sum())
    differing = first_only + second_only
    p = float(stats.binomtest(first_only, differing).pvalue) if differing else 1.0
    return McNemar(first_only, second_only, p)


def macro_f1_difference(
    truth: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike, groups: Sequence[str], labels: int
) -> Difference:
    """Compare two models' guesses; truth, first and second hold places of labels, groups names, all of shape (quotes,).

    A paired bootstrap over groups: each of 10,000 resamples draws as many groups as there are, and both models are
    scored on what was drawn (Efron and Tibshirani, "An introduction to the bootstrap", 1993). The interval is of
    percentiles; p is twice the share of resamples on the other side of 0, so it is about .05 where the interval ends
    at 0. Macro-F1 is that of training.metrics. Raises ValueError for other shapes, or fewer than two groups.
    """
    gold, a, b = (np.asarray(places, dtype=np.int64) for places in (truth, first, second))
    if not gold.shape == a.shape == b.shape == (len(groups),):
        shapes = f"{gold.shape}, {a.shape}, {b.shape}, ({len(groups)},)"
        raise ValueError(f"truth, first, second and groups have shapes {shapes}: one value for each quote is needed")
    _, numbers = np.unique(np.asarray(groups), return_inverse=True)
    count = len(set(groups))
    if count < 2:  # noqa: PLR2004
        raise ValueError(f"there is {count} group: at least two are needed to draw from")
    tables = np.stack([_counts(gold, guess, numbers, labels) for guess in (a, b)], axis=1)
    present = np.unique(gold)

    def difference(drawn: npt.NDArray[np.int64]) -> float:
        scores = _f1(tables[drawn].sum(axis=0))[:, present].mean(axis=1)
        return float(scores[0] - scores[1])

    everything = np.arange(count)
    found = stats.bootstrap(
        (everything,), difference, n_resamples=_RESAMPLES, vectorized=False, method="percentile", rng=_SEED
    )
    interval = (float(found.confidence_interval.low), float(found.confidence_interval.high))
    return Difference(difference(everything), interval, _two_sided(found.bootstrap_distribution))


def _counts(
    truth: npt.NDArray[np.int64], guess: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], labels: int
) -> npt.NDArray[np.float64]:
    """Return what F1 is made of, of shape (groups, 2, labels): hits, and how often a label is true or guessed."""
    hits, totals = np.zeros((2, int(groups.max()) + 1, labels))
    right = truth == guess
    np.add.at(hits, (groups[right], truth[right]), 1)
    for places in (truth, guess):
        np.add.at(totals, (groups, places), 1)
    return np.stack([hits, totals], axis=1)


def _f1(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the F1 of each label, of shape (..., labels), from counts of shape (..., 2, labels)."""
    hits, totals = counts[..., 0, :], counts[..., 1, :]
    return np.divide(2 * hits, totals, out=np.zeros(hits.shape), where=totals > 0)


def _two_sided(resampled: npt.NDArray[np.float64]) -> float:
    """Return p; one is added to each count, since a share of resamples can't show that something never happens."""
    tail = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (len(resampled) + 1))
