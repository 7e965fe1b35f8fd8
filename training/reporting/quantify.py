"""Shares of stances and mean tone with intervals: as the model counts, and corrected for its mistakes.

Counting what a classifier says is biased: where nobody is hostile it still calls some so. Adjusted counts (Forman,
"Quantifying counts and costs via classification", Data Mining and Knowledge Discovery 2008) undo it: with M[i][j] the
share of quotes labelled i that are judged j, the counted shares are q = p M, which is solved for p. That holds where
the model errs here as it did on the quotes M was counted on.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.reporting.confusion import Confusion

Floats = npt.NDArray[np.float64]

_RESAMPLES = 1000
_MOST = 1000  # units that are drawn from: more documents are put together at random, which keeps their spread
_PRIOR = 0.5  # Jeffreys's
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the bounds of its 95 % interval, which are NaN where there is but one document."""

    value: float
    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.low)


@dataclass(frozen=True, slots=True)
class Estimates:
    """raw and corrected: shares in the order of STANCES; tone: the mean of the quotes' tones, in [-1, 1].

    balance: the corrected share of conciliatory quotes less that of hostile ones, in [-1, 1].
    """

    raw: tuple[Estimate, ...]
    corrected: tuple[Estimate, ...]
    tone: Estimate
    balance: Estimate


class Quantifier:
    """Estimates for one confusion matrix, by a bootstrap over documents; seeded, so that it gives the same again.

    A resample draws one document less than there are, since drawing as many gives too small a spread (Rao and Wu,
    JASA 1988). A stance that never occurs gets a random half document in it, as Jeffreys's prior has it: its share is
    not known to be 0. The rows of the confusion matrix, counted on a sample too, are drawn from Dirichlet
    distributions.
    """

    def __init__(self, confusion: Confusion, seed: int = 0) -> None:
        self._seed = seed
        self._unmix = _inverse(confusion.counts[None])
        shape = (_RESAMPLES, *confusion.counts.shape)
        drawn = np.random.default_rng((seed, 1)).standard_gamma(confusion.counts + _PRIOR, shape)
        self._unmixes = _inverse(drawn)

    def estimate(self, counts: npt.NDArray[np.int64], tones: Floats) -> Estimates:
        """Estimate from documents: counts of stances, of shape (documents, 3), and sums of tones, (documents,)."""
        rng = np.random.default_rng(self._seed)
        units = _gathered(np.column_stack([counts, tones]).astype(np.float64), rng)
        whole = units.sum(axis=0, keepdims=True)
        values = _figures(whole[:, :-1], _mean_tones(whole), self._unmix)[0]
        if len(units) == 1:
            return _estimates([Estimate(value, math.nan, math.nan) for value in values.tolist()])
        sums = rng.multinomial(len(units) - 1, np.full(len(units), 1 / len(units)), size=_RESAMPLES) @ units
        unseen = rng.standard_gamma(_PRIOR, (_RESAMPLES, counts.shape[1])) * (whole[:, :-1] == 0)
        drawn = sums[:, :-1] + unseen * counts.sum() / len(counts)
        figures = _figures(drawn, _mean_tones(sums), self._unmixes)
        low, high = np.percentile(figures, _PERCENTILES, axis=0)
        bounds = (values.tolist(), np.minimum(low, values).tolist(), np.maximum(high, values).tolist())
        return _estimates([Estimate(*each) for each in zip(*bounds, strict=True)])


def _figures(counts: Floats, tones: Floats, unmix: Floats) -> Floats:
    """Return raw shares, corrected shares, tone and balance, of shape (resamples, 8)."""
    raw = _shares(counts)
    corrected = _shares(np.clip(np.einsum("ri,rij->rj", raw, unmix), 0, None))
    return np.column_stack([raw, corrected, tones, corrected[:, 0] - corrected[:, 1]])


def _mean_tones(sums: Floats) -> Floats:
    return np.asarray(sums[:, -1] / sums[:, :-1].sum(axis=1))


def _shares(counts: npt.NDArray[np.int64] | Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True), dtype=np.float64)


def _inverse(counts: npt.NDArray[np.int64] | Floats) -> Floats:
    return np.asarray(np.linalg.inv(_shares(counts)), dtype=np.float64)


def _gathered(units: Floats, rng: np.random.Generator) -> Floats:
    if len(units) <= _MOST:
        return units
    gathered = np.zeros((_MOST, units.shape[1]))
    np.add.at(gathered, rng.permutation(len(units)) % _MOST, units)
    return gathered


def _estimates(eight: list[Estimate]) -> Estimates:
    return Estimates(tuple(eight[:3]), tuple(eight[3:6]), eight[6], eight[7])
