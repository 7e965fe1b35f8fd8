"""Labels that are likely wrong: those that contradict what other documents teach of the same words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from model.quote import LabelledQuote, render
from training.splits import group

_FOLDS = 5
_NEAR = 0.7  # Jaccard index of words from which quotes stay in one fold


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that is likely wrong; place: of its quote; score: 1 - its own probability; likelier: another label."""

    place: int
    score: float
    likelier: str


def doubts(quotes: Sequence[LabelledQuote]) -> list[Doubt] | None:
    """Find labels that are likely wrong, the likeliest first; None where there are too few groups of a label to tell.

    Probabilities are out of fold: a logistic regression on weighted counts of words says them of quotes that it has
    not seen, nor others of their documents, nor near-duplicates. The bundle's own would not do, since it may have
    learned from these very labels. What is wrong is then told by confident learning (Northcutt, Jiang and Chuang,
    JAIR 2021), as cleanlab has it.
    """
    labels = sorted({quote.label for quote in quotes})
    truth = np.array([labels.index(quote.label) for quote in quotes])
    groups = np.array(group(quotes, _NEAR)) if quotes else np.array([])
    fewest = min((len(set(groups[truth == i])) for i in range(len(labels))), default=0)
    if len(labels) < 2 or fewest < _FOLDS:  # noqa: PLR2004
        return None
    learner = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(C=3, class_weight="balanced", max_iter=1000),
    )
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    texts = [render(quote.quote).text for quote in quotes]
    shares = cross_val_predict(learner, texts, truth, groups=groups, cv=folds, method="predict_proba")
    places = find_label_issues(truth, shares, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1)
    return [Doubt(int(i), float(1 - shares[i, truth[i]]), labels[int(shares[i].argmax())]) for i in places]
