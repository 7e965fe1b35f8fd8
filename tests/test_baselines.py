"""Baselines learn what can be learned from words, and answer in the shape of a model."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from model.errors import DataError
from model.quote import LabelledQuote, Quote
from model.stance import STANCES
from training.baselines import BASELINES, frozen, lexicon, tfidf

PHRASES = {
    "conciliatory": ("We welcome the offer of", "We thank our friends for", "We are glad to support", "We agree to"),
    "hostile": ("We condemn the attack by", "We will never forgive", "We reject with contempt", "They shall pay for"),
    "neutral": ("The report was filed after", "There are four pages on", "The meeting follows", "It rained during"),
}
OBJECTS = ("the neighbours", "the delegation", "the new treaty", "the ministry")
TRAIN = tuple(
    LabelledQuote(Quote(f"{phrase} {thing}."), label, group=thing)
    for label, phrases in PHRASES.items()
    for phrase in phrases
    for thing in OBJECTS
)
ASKED = tuple(Quote(f"{phrases[0]} the mayor.") for phrases in PHRASES.values())


@pytest.mark.parametrize("name", ["tfidf", "frozen"])
def test_words_are_learned(name):
    """Known phrases about something new: one row a quote, one column a label, in the order asked for."""
    answers = BASELINES[name](TRAIN, ASKED, STANCES)
    assert answers.shape == (3, 3)
    assert np.allclose(answers.sum(axis=1), 1)
    assert [STANCES[place] for place in answers.argmax(axis=1)] == list(PHRASES)
    turned = BASELINES[name](TRAIN, ASKED, STANCES[::-1])
    assert np.allclose(turned, answers[:, ::-1])


def test_lexicon_reads_sentiment():
    """Praise is conciliatory, abuse hostile, a plain statement neutral, whatever the order of labels."""
    quotes = [Quote("A great, wonderful success."), Quote("A horrible, evil crime."), Quote("It is on page four.")]
    answers = lexicon((), quotes, STANCES[::-1])
    assert answers.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("compound", "stance"),
    [(0.05, "conciliatory"), (0.0499, "neutral"), (-0.0499, "neutral"), (-0.05, "hostile")],
)
def test_lexicon_cuts_where_its_authors_do(monkeypatch, compound, stance):
    """From .05 on sentiment is positive, from -.05 on negative."""
    polarity_scores = "training.baselines.SentimentIntensityAnalyzer.polarity_scores"
    monkeypatch.setattr(polarity_scores, lambda _self, _text: {"compound": compound})
    (answer,) = lexicon((), [Quote("Anything.")], STANCES)
    assert STANCES[answer.argmax()] == stance


def test_lexicon_knows_stances_only():
    """Other labels are an error that names them."""
    with pytest.raises(DataError, match=r"not agree, reject: leave it out"):
        lexicon((), ASKED, ("agree", "reject"))


@pytest.mark.parametrize("baseline", [tfidf, frozen, lexicon])
def test_carriers_are_not_read(baseline):
    """The same text with and without its sentence gets the same answer."""
    bare = Quote("We condemn the mayor.")
    carried = Quote("We condemn the mayor.", "He welcomed the offer, thanked the neighbours and said: [Q]")
    first, second = baseline(TRAIN, [bare, carried], STANCES)
    assert np.allclose(first, second)


def test_a_label_without_quotes_is_never_guessed():
    """Its column is there and empty."""
    two = [quote for quote in TRAIN if quote.label != "neutral"]
    answers = tfidf(two, ASKED, STANCES)
    assert answers[:, STANCES.index("neutral")].tolist() == [0, 0, 0]
    assert np.allclose(answers.sum(axis=1), 1)


def test_folds_share_no_group(monkeypatch):
    """C is chosen on groups that were not learned from; quotes without a group are groups of their own."""
    seen = []

    split = StratifiedGroupKFold.split

    def spy(self, x, y, groups):
        for learned, held_out in split(self, x, y, groups):
            seen.append(({groups[i] for i in learned}, {groups[i] for i in held_out}))
            yield learned, held_out

    monkeypatch.setattr(StratifiedGroupKFold, "split", spy)
    loose = [LabelledQuote(Quote(f"We condemn it, {i} times."), "hostile") for i in range(3)]
    tfidf((*TRAIN, *loose), ASKED, STANCES)
    assert seen
    assert all(not learned & held_out for learned, held_out in seen)
    assert len(set.union(*(held_out for _, held_out in seen))) == len(OBJECTS) + len(loose)


@pytest.mark.parametrize(
    ("train", "labels", "message"),
    [
        (TRAIN, ("hostile", "neutral"), "unknown labels: conciliatory; asked for are hostile, neutral"),
        (TRAIN[:16], STANCES, "16 quotes with 1 label"),
        ((), STANCES, "0 quotes with 0 label"),
        ((*TRAIN[:16], TRAIN[16]), STANCES, "label hostile: its quotes are in 1 groups, at least 3"),
    ],
)
def test_what_cannot_be_learned_is_an_error(train, labels, message):
    """A label that nobody asked for, a single label or none, a label in too few groups to be held out."""
    for baseline in (tfidf, frozen):
        with pytest.raises(DataError, match=message):
            baseline(train, ASKED, labels)
