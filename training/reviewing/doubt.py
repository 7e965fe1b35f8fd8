"""Labels that are likely wrong: those that contradict what other documents teach of the same words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cleanlab.filter import find_label_issues
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from model.quote import LabelledQuote, render
from training.splits import group

Floats = npt.NDArray[np.float64]

_FOLDS = 5
_LEAST = 1e-4  # probability
_NEAR = 0.7  # Jaccard index of words from which quotes stay in one fold


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that is likely wrong; place: of its quote; score: 1 - its own probability; likelier: another label."""

    place: int
    score: float
    likelier: str


def doubts(quotes: Sequence[LabelledQuote], probabilities: Floats) -> list[Doubt] | None:
    """Find labels that are likely wrong, the likeliest first; None where there are too few groups of a label to tell.

    probabilities: what the bundle says, of shape (quotes, stances). What is wrong is told by confident learning
    (Northcutt, Jiang and Chuang, JAIR 2021), as cleanlab has it, from probabilities out of fold: a logistic regression
    on the words' weights and the bundle's log-odds says them of quotes of which it has seen neither the label nor their
    documents nor near-duplicates. If the bundle learned from these very labels, it may repeat their mistakes, and
    fewer are found.
    """
    labels = sorted({quote.label for quote in quotes})
    truth = np.array([labels.index(quote.label) for quote in quotes], dtype=np.int64)
    groups = np.array(group(quotes, _NEAR), dtype=np.int64) if quotes else truth
    fewest = min((len(set(groups[truth == i])) for i in range(len(labels))), default=0)
    if len(labels) < 2 or fewest < _FOLDS:  # noqa: PLR2004
        return None
    shares = _out_of_fold([render(quote.quote).text for quote in quotes], probabilities, truth, groups)
    places = find_label_issues(truth, shares, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1)
    return [Doubt(int(i), float(1 - shares[i, truth[i]]), labels[int(shares[i].argmax())]) for i in places]


def _out_of_fold(
    texts: Sequence[str], probabilities: Floats, truth: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
) -> Floats:
    """Return probabilities of the labels, of shape (texts, labels)."""
    odds = np.log(np.clip(probabilities, _LEAST, 1))
    shares = np.zeros((len(texts), int(truth.max()) + 1))
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    for learned, held_out in folds.split(odds, truth, groups):
        words = TfidfVectorizer(sublinear_tf=True)
        known = hstack([words.fit_transform([texts[i] for i in learned]), odds[learned]]).tocsr()
        asked = hstack([words.transform([texts[i] for i in held_out]), odds[held_out]]).tocsr()
        learner = LogisticRegression(class_weight="balanced", max_iter=1000).fit(known, truth[learned])
        shares[held_out] = learner.predict_proba(asked)
    return shares
