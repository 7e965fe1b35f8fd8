"""Answers in parts: which quotes a part holds, when it is scored, and what the carrier is worth."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.quote import LabelledQuote, Quote
from training.breakdown import FEWEST, ROW_HEAD, Answers, Breakdown, ask, break_down, length_of, shape_of

LABELS = ("yes", "no")
WORD = st.text("abcdefgh", min_size=1, max_size=8)
SENTENCE = st.builds(
    lambda words, mark: " ".join(words).capitalize() + mark,
    st.lists(WORD, min_size=1, max_size=12),
    st.sampled_from(".!?"),
)


def labelled(text="It is so.", carrier=None, corpus="press", label="yes"):
    return LabelledQuote(Quote(text, carrier), label, corpus=corpus)


def predictor(yes, threshold=0.0):
    """Return a predictor that gives `yes` the probability that a function of the quote says."""
    manifest = SimpleNamespace(labels=LABELS, threshold=threshold)

    def predict(quotes):
        return [SimpleNamespace(probabilities={"yes": yes(quote), "no": 1 - yes(quote)}) for quote in quotes]

    return cast("Any", SimpleNamespace(bundle=SimpleNamespace(manifest=manifest), predict=predict))


def parts(quotes, yes=lambda _: 0.9):
    asked = predictor(yes)
    return break_down(asked, ask(asked, quotes))


@pytest.mark.parametrize(
    ("words", "name"),
    [(1, "1-5"), (5, "1-5"), (6, "6-15"), (15, "6-15"), (16, "16-30"), (30, "16-30"), (31, "31+"), (400, "31+")],
)
def test_lengths_are_counted_in_words(words, name):
    """The last length of a class belongs to it."""
    assert length_of(labelled(" ".join(["word"] * words))) == name


def test_length_is_that_of_what_the_model_reads():
    """Spaces and marks around the quote are no words, and its carrier is not counted."""
    assert (
        length_of(labelled("“  one  two\nthree four five , ”", "[Q], she said at the end of a long and idle day."))
        == "1-5"
    )


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a pointless visit", "fragment"),
        ("that they will come back one day and ask for it.", "fragment"),
        ("A pointless visit", "fragment"),
        ("“A pointless visit,”", "fragment"),
        ("Nobody came.", "sentence"),
        ("(Nobody came!)", "sentence"),
        ("We will wait for them until the rain stops", "sentence"),
        ("3.5 million of them stood in line, version 2.0 or not.", "sentence"),
        ("Nobody came... and nobody will.", "sentence"),
        ("Nobody came. Nobody will.", "long"),
        ("Will they come? (Nobody knows.)", "long"),
        ("they came. 40 of them left.", "long"),
        ("...", "sentence"),
    ],
)
def test_shapes_are_told_by_capitals_and_marks(text, shape):
    """Small first letters and few unmarked words make a fragment, a mark with a capital behind it ends a sentence."""
    assert shape_of(labelled(text)) == shape


@given(SENTENCE, SENTENCE)
def test_two_sentences_are_long(one, other):
    """Each alone is a sentence, and both together are long."""
    assert shape_of(labelled(one)) == shape_of(labelled(other)) == "sentence"
    assert shape_of(labelled(f"{one} {other}")) == "long"


@pytest.mark.parametrize("tail", [".", ".)", '."', ". "])
def test_marks_without_end_take_no_longer(tail):
    """The longest quote of nothing but marks is told at once: no mark is looked at from each mark before it."""
    assert shape_of(labelled("a" + (tail * 99_000)[:99_000])) == "fragment"


def test_answers_are_those_of_the_predictor():
    """Probabilities in the order of the labels, with the bundle's threshold; each quote is a group of its own."""
    answers = ask(
        predictor(lambda quote: 0.8 if quote.text == "Yes." else 0.3, 0.75), [labelled("Yes."), labelled("No.")]
    )
    assert answers.probabilities == pytest.approx(np.array([[0.8, 0.2], [0.3, 0.7]]))
    assert answers.truth.tolist() == [0, 0]
    metrics = answers.metrics()
    assert (metrics.groups, metrics.accuracy, metrics.coverage) == (2, 0.5, 0.5)


def test_groups_are_kept():
    """Quotes that share a group count as one."""
    quotes = tuple(LabelledQuote(Quote("It is so."), "yes", group="one story") for _ in range(3))
    assert Answers(quotes, LABELS, np.full((3, 2), 0.5), 0.0).metrics().groups == 1


def test_small_parts_are_counted_and_not_scored():
    """One quote below the border there are no figures, at it there are."""
    quotes = [labelled(corpus="few")] * (FEWEST - 1) + [labelled(corpus="many")] * FEWEST
    few, many = parts(quotes).corpus
    assert (few.name, few.quotes, few.metrics) == ("few", FEWEST - 1, None)
    assert few.cells() == ("19", "-", "-", "-", "-")
    assert many.quotes == FEWEST
    assert many.metrics is not None
    assert many.metrics.quotes == FEWEST
    assert len(few.cells()) == len(many.cells()) == len(ROW_HEAD)
    assert many.cells()[0] == "20"


def test_a_part_is_scored_on_its_own_quotes():
    """What is wrong in one corpus does not weigh on the other, even where their quotes alternate."""
    quotes = [labelled("Yes.", corpus="good"), labelled("No.", corpus="bad")] * FEWEST
    bad, good = parts(quotes, lambda quote: 0.9 if quote.text == "Yes." else 0.2).corpus
    assert bad.metrics is not None
    assert good.metrics is not None
    assert (bad.name, bad.metrics.accuracy, good.name, good.metrics.accuracy) == ("bad", 0, "good", 1)


def test_rows_stand_in_order():
    """Corpora by the alphabet, lengths and shapes from short to long; what does not occur has no row."""
    quotes = [
        labelled("word " * 40, corpus=""),
        labelled("Nobody came. Nobody will."),
        labelled("a visit", corpus="aloud"),
    ]
    found = parts(quotes)
    assert [row.name for row in found.corpus] == ["aloud", "press", "unnamed"]
    assert [row.name for row in found.length] == ["1-5", "31+"]
    assert [row.name for row in found.shape] == ["fragment", "long"]
    assert [kind for kind, _ in found.parts()] == ["corpus", "words", "shape"]


def test_quotes_with_a_carrier_are_asked_without_it():
    """The same quotes twice: the predictor that reads only carriers is right with them and wrong without."""
    quotes = [labelled(carrier="[Q], he said.")] * FEWEST + [labelled()] * 7
    with_it, without = parts(quotes, lambda quote: 0.9 if quote.carrier else 0.1).carrier
    assert (with_it.name, with_it.quotes, without.name, without.quotes) == ("with it", FEWEST, "taken away", FEWEST)
    assert with_it.metrics is not None
    assert without.metrics is not None
    assert (with_it.metrics.accuracy, without.metrics.accuracy) == (1, 0)


def test_both_carrier_rows_have_one_threshold():
    """That of the answers: an export chooses it after the bundle was asked, and the predictor's is still 0."""
    quotes = [labelled(carrier="[Q], he said.")] * FEWEST
    asked = predictor(lambda _: 0.9)
    answers = Answers(tuple(quotes), LABELS, np.tile([0.9, 0.1], (FEWEST, 1)), 0.95)
    for row in break_down(asked, answers).carrier:
        assert row.metrics is not None
        assert row.metrics.coverage == 0


def test_few_carriers_are_only_counted():
    """Too few to score are not asked a second time, and none is no row."""
    seen = []

    def yes(quote):
        seen.append(quote)
        return 0.9

    quotes = [labelled(carrier="[Q], he said.")] * 3
    (row,) = parts(quotes, yes).carrier
    assert (row.name, row.quotes, row.metrics) == ("with it", 3, None)
    assert all(quote.carrier for quote in seen)
    assert parts([labelled()]).carrier == ()


def test_breakdown_survives_its_manifest():
    """What is written as JSON is read back the same."""
    found = parts([labelled(carrier="[Q], he said.")] * FEWEST)
    assert Breakdown.model_validate_json(found.model_dump_json()) == found
