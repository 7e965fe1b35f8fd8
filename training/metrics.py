"""Figures about predictions, and how sure one may be of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from sklearn.metrics import confusion_matrix

_RESAMPLES = 2000
_BINS = 15


class ClassScore(BaseModel):
    """Precision, recall and F1 of one label; support is the number of quotes that bear it."""

    model_config = ConfigDict(frozen=True)

    precision: float
    recall: float
    f1: float
    support: int


class Metrics(BaseModel):
    """How well predictions fit labels.

    macro_f1 is the mean F1 of the labels that occur in the data; interval its 95 % bootstrap interval over groups.
    confusion[i][j] counts quotes labelled i and predicted j, in the order of labels. ece: expected calibration error
    over 15 bins of equal width. coverage: share of predictions that are not uncertain; certain_accuracy: theirs.
    aurc: area under the risk-coverage curve, 0 where every wrong prediction would have been given up first.
    """

    model_config = ConfigDict(frozen=True)

    quotes: int
    groups: int
    labels: tuple[str, ...]
    accuracy: float
    macro_f1: float
    interval: tuple[float, float]
    per_class: Mapping[str, ClassScore]
    confusion: tuple[tuple[int, ...], ...]
    ece: float
    coverage: float
    certain_accuracy: float | None
    aurc: float


class SwapRate(BaseModel):
    """rate: share of exchanges that changed the label; quotes: how many held a name, each exchanged 5 times."""

    model_config = ConfigDict(frozen=True)

    rate: float
    quotes: int
    exchanges: int
    changed: int


def score(
    labels: Sequence[str],
    truth: Sequence[int],
    probabilities: npt.NDArray[np.float64],
    groups: Sequence[str],
    threshold: float = 0.0,
) -> Metrics:
    """Score probabilities of shape (quotes, labels) against true places of shape (quotes,)."""
    gold, guess = np.asarray(truth), probabilities.argmax(axis=1)
    matrix = confusion_matrix(gold, guess, labels=range(len(labels)))
    certain = probabilities.max(axis=1) >= threshold
    right = gold == guess
    names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    return Metrics(
        quotes=len(gold),
        groups=len(names),
        labels=tuple(labels),
        accuracy=float(right.mean()),
        macro_f1=macro_f1(gold, guess, len(labels)),
        interval=_interval(gold, guess, numbers, len(labels)),
        per_class={label: _class_score(matrix, i) for i, label in enumerate(labels)},
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        ece=expected_calibration_error(gold, probabilities),
        coverage=float(certain.mean()),
        certain_accuracy=float(right[certain].mean()) if certain.any() else None,
        aurc=area_under(risk_coverage(gold, probabilities)),
    )


def macro_f1(truth: npt.ArrayLike, guess: npt.ArrayLike, labels: int) -> float:
    """Return the mean F1 over the labels that occur in truth, in [0, 1]."""
    matrix = confusion_matrix(truth, guess, labels=range(labels))
    return float(_macro_f1(matrix, matrix.sum(axis=1) > 0))


def expected_calibration_error(truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> float:
    """Return the mean gap between confidence and accuracy over bins of confidence (Naeini et al., AAAI 2015)."""
    return float(
        sum(count * abs(confidence - accuracy) for count, confidence, accuracy in reliability(truth, probabilities))
        / len(truth)
    )


def reliability(truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> list[tuple[int, float, float]]:
    """Return (count, mean confidence, accuracy) of each bin that is not empty."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        (int((bins == b).sum()), float(confidence[bins == b].mean()), float(right[bins == b].mean()))
        for b in np.unique(bins)
    ]


def risk_coverage(truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return (coverage, risk) at each confidence that occurs, the surest first: what is answered, what of it is wrong.

    Both are shares in [0, 1]; quotes of one confidence enter together, as no threshold can part them. The curve is
    that of El-Yaniv and Wiener ("On the Foundations of Noise-free Selective Classification", JMLR 2010).
    """
    confidence, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != truth
    _, places = np.unique(-confidence, return_inverse=True)
    answered, errors = np.bincount(places).cumsum(), np.bincount(places, weights=wrong).cumsum()
    return list(zip((answered / len(truth)).tolist(), (errors / answered).tolist(), strict=True))


def area_under(curve: Sequence[tuple[float, float]]) -> float:
    """Return the area under a risk-coverage curve, the mean risk over the quotes' own confidences as thresholds.

    Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NIPS 2017.
    """
    coverage, risk = np.array(curve).T
    return float(np.diff(coverage, prepend=0.0) @ risk)


def three_places(figure: float | None) -> str:
    """Return a figure as text, a dash where there is none."""
    return "-" if figure is None else f"{figure:.3f}"


def _class_score(matrix: npt.NDArray[np.int64], i: int) -> ClassScore:
    hit, support, guessed = matrix[i, i], matrix[i].sum(), matrix[:, i].sum()
    return ClassScore(
        precision=float(hit / guessed) if guessed else 0.0,
        recall=float(hit / support) if support else 0.0,
        f1=float(2 * hit / (support + guessed)) if support + guessed else 0.0,
        support=int(support),
    )


def _macro_f1(matrix: npt.NDArray[np.float64], present: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return macro-F1 of confusion matrices of shape (..., labels, labels) over the labels that are present."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    totals = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    f1 = np.divide(2 * hits, totals, out=np.zeros(hits.shape), where=totals > 0)
    return np.asarray(f1[..., present].mean(axis=-1))


def _interval(
    truth: npt.NDArray[np.int64], guess: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], labels: int
) -> tuple[float, float]:
    """Bootstrap macro-F1 over groups: quotes of one story are no independent witnesses."""
    count = int(groups.max()) + 1
    tables = np.zeros((count, labels, labels))
    np.add.at(tables, (groups, truth, guess), 1)
    present = tables.sum(axis=(0, 2)) > 0
    rng = np.random.default_rng(0)
    draws = rng.multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    scores = _macro_f1(np.tensordot(draws, tables, axes=1), present)
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)
