"""What a fine-tuned model has to beat: word and character counts, a frozen encoder, a lexicon of sentiment."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import FeatureUnion
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

from model.errors import DataError
from model.quote import LabelledQuote, Quote, render
from model.stance import STANCES
from training.encoder import new_encoder
from training.recipe import Recipe

Baseline = Callable[[Sequence[LabelledQuote], Sequence[Quote], Sequence[str]], npt.NDArray[np.float64]]
"""Learns from labelled quotes and returns, of shape (quotes, labels), the probabilities of others.

It reads the quotes' texts without carriers; slots for names have to be filled (training.names.fill_all). Raises
DataError for labels that it can't learn or does not know.
"""

_FOLDS = 3
_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # inverse, of the L2 penalty: what scikit-learn calls C
_BATCH = 64  # texts
_SENTIMENT = 0.05


def tfidf(train: Sequence[LabelledQuote], quotes: Sequence[Quote], labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Classify by a logistic regression on weighted counts of words and characters; see Baseline.

    Words alone and in pairs, and 2 to 5 characters within a word, in at least two quotes each, with logarithmic
    counts times inverse document frequency. What is in held-out folds counts for these frequencies while C is chosen,
    its labels do not.
    """
    _check_labels(train, labels)
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)),
            ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)),
        ]
    )
    known = features.fit_transform(_texts([quote.quote for quote in train]))
    return _regression(train, known, features.transform(_texts(quotes)), labels)


def frozen(train: Sequence[LabelledQuote], quotes: Sequence[Quote], labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Classify by a logistic regression on the mean of MiniLM's last hidden states, as they come; see Baseline."""
    _check_labels(train, labels)
    states = _states(_texts([*(quote.quote for quote in train), *quotes]))
    return _regression(train, states[: len(train)], states[len(train) :], labels)


def lexicon(_train: Sequence[LabelledQuote], quotes: Sequence[Quote], labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Take positive sentiment for conciliatory and negative for hostile; it learns nothing; see Baseline.

    Sentiment is VADER's compound (Hutto and Gilbert, "VADER: a parsimonious rule-based model for sentiment analysis of
    social media text", ICWSM 2014), cut where its authors cut it, at -.05 and .05. Probabilities are 0 and 1.
    """
    if set(labels) != set(STANCES):
        raise DataError(f"the lexicon knows {', '.join(STANCES)}, not {', '.join(labels)}: leave it out for these")
    analyser = SentimentIntensityAnalyzer()
    stances = [_stance(analyser.polarity_scores(text)["compound"]) for text in _texts(quotes)]
    return np.array([[float(label == stance) for label in labels] for stance in stances]).reshape(-1, len(labels))


BASELINES: Mapping[str, Baseline] = {"tfidf": tfidf, "frozen": frozen, "lexicon": lexicon}


def _texts(quotes: Sequence[Quote]) -> list[str]:
    return [render(quote).text for quote in quotes]


def _stance(compound: float) -> str:
    conciliatory, hostile, neutral = STANCES
    return conciliatory if compound >= _SENTIMENT else hostile if compound <= -_SENTIMENT else neutral


def _states(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the mean of the packaged encoder's last hidden states over a text's tokens, of shape (texts, width).

    What is beyond the encoder's window is not read.
    """
    encoder = new_encoder(Recipe(name="frozen"))
    body = encoder.model.base_model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    means = list[npt.NDArray[np.float64]]()
    with torch.no_grad():
        for start in range(0, len(order), _BATCH):
            batch = [texts[i] for i in order[start : start + _BATCH]]
            inputs = encoder.hf_tokenizer(batch, padding=True, truncation=True, return_tensors="pt").to(body.device)
            mask = inputs["attention_mask"][..., None]
            hidden = body(**inputs).last_hidden_state
            means.append(((hidden * mask).sum(1) / mask.sum(1)).double().cpu().numpy())
    return np.concatenate(means)[np.argsort(order)]


def _regression(
    train: Sequence[LabelledQuote], known: Any, asked: Any, labels: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Return probabilities of shape (quotes, labels) for the rows of `asked`, learned from the rows of `known`.

    C is the one with the best macro-F1 in a cross-validation whose folds share no group. Labels weigh equally, as in
    fine-tuning; one that is not in train has probability 0.
    """
    truth = [quote.label for quote in train]
    search = GridSearchCV(
        LogisticRegression(class_weight="balanced", max_iter=2000),
        {"C": _STRENGTHS},
        scoring="f1_macro",
        cv=StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0),
    )
    search.fit(known, truth, groups=_groups(train))
    answers = np.zeros((asked.shape[0], len(labels)))
    answers[:, [labels.index(label) for label in search.classes_]] = search.predict_proba(asked)
    return answers


def _groups(train: Sequence[LabelledQuote]) -> list[str]:
    return [f"group {quote.group}" if quote.group is not None else f"row {i}" for i, quote in enumerate(train)]


def _check_labels(train: Sequence[LabelledQuote], labels: Sequence[str]) -> None:
    groups: dict[str, set[str]] = defaultdict(set)
    for quote, group in zip(train, _groups(train), strict=True):
        groups[quote.label].add(group)
    foreign = sorted(set(groups) - set(labels))
    if foreign:
        raise DataError(f"unknown labels: {', '.join(foreign)}; asked for are {', '.join(labels)}")
    if len(groups) < 2:  # noqa: PLR2004
        raise DataError(f"{len(train)} quotes with {len(groups)} label: at least two are needed to tell apart")
    for label, members in groups.items():
        if len(members) < _FOLDS:
            raise DataError(f"label {label}: its quotes are in {len(members)} groups, at least {_FOLDS} are needed")
