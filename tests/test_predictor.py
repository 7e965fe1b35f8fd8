"""The predictor: exact, whatever is asked around a quote."""

import random
from itertools import count, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.bundle import DEFAULT_BUNDLE, Card, open_bundle, write_bundle
from model.errors import BundleError
from model.predictor import Predictor, softmax
from model.quote import Quote

QUOTES = [
    Quote("We thank them for their patience and we will be at the table on Monday."),
    Quote("They lied to us, and they will pay for it."),
    Quote("a provocation", "The ministry called it [Q] and recalled its envoy."),
    Quote("The committee meets at ten."),
    Quote("No."),
    Quote(" ".join(f"On day {i} they said one thing and did another." for i in range(60))),
    Quote("Нет войне, 和平, 👍 — said the crowd"),
]
ONE = Predictor(open_bundle(DEFAULT_BUNDLE), workers=1)
MANY = Predictor(open_bundle(DEFAULT_BUNDLE), workers=4)
ALONE = [ONE.predict_one(quote) for quote in QUOTES]


@given(st.lists(st.integers(0, len(QUOTES) - 1), max_size=25))
@settings(max_examples=40, deadline=None)
def test_answers_do_not_depend_on_company(places):
    """Any choice, order, repetition and concurrency of quotes gives bit-identical probabilities."""
    expected = [ALONE[place] for place in places]
    assert MANY.predict([QUOTES[place] for place in places]) == expected
    assert ONE.predict([QUOTES[place] for place in places]) == expected


def test_probabilities_are_probabilities():
    """They sum to one, the label is their maximum, and tone is their difference."""
    for answer in ALONE:
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert answer.label == max(answer.probabilities, key=lambda label: answer.probabilities[label])
        assert answer.tone == answer.probabilities["conciliatory"] - answer.probabilities["hostile"]


def test_long_quotes_are_read_whole():
    """A quote beyond the window is read in several; what stands at its end counts."""
    filler = "The session was opened at ten and the agenda was adopted as it had been sent out. " * 20
    ends = [MANY.predict_one(Quote(filler + end)) for end in ("They are liars and thieves.", "Lunch was at one.")]
    assert ends[0].windows > 1
    assert ends[0].probabilities["hostile"] > ends[1].probabilities["hostile"]


def test_carrier_is_read():
    """The same words with another carrier are another question."""
    alone, carried = MANY.predict([Quote("a provocation"), QUOTES[2]])
    assert alone.probabilities != carried.probabilities


def test_stream_is_lazy():
    """A stream without end is answered as it comes, a bounded number of quotes ahead."""
    taken = count()
    endless = (QUOTES[3] for _ in iter(lambda: next(taken), None))
    assert [answer.label for answer in islice(MANY.stream(endless), 10)] == [ALONE[3].label] * 10
    assert next(taken) < 1000


def test_uncertain_is_below_the_threshold():
    """Exactly the answers whose largest probability is below the bundle's threshold are uncertain."""
    threshold = MANY.bundle.manifest.threshold
    for answer in ALONE:
        assert answer.uncertain == (max(answer.probabilities.values()) < threshold)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6))
def test_softmax_survives_any_logits(logits):
    """No overflow, no NaN, and the order is kept."""
    probabilities = softmax(np.array(logits))
    assert probabilities.sum() == pytest.approx(1)
    assert logits[int(probabilities.argmax())] == pytest.approx(max(logits))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"onnx/model_quantized.onnx": b"no graph"}, "can't be used"),
        ({"tokenizer.json": b"{}"}, "can't be used"),
        ({}, "gives 3 logits for 2 labels"),
    ],
)
def test_bundles_that_do_not_work_are_errors(tmp_path, change, message):
    """Digests that fit are not enough: graph, tokenizer and labels must work together."""
    bundle = MANY.bundle
    card = Card(**{name: getattr(bundle.manifest, name) for name in Card.model_fields})
    files = {name: bundle.read(name) for name in bundle.manifest.files} | change
    card = card if change else card.model_copy(update={"labels": ("yes", "no"), "reference": None})
    with pytest.raises(BundleError, match=message):
        Predictor(write_bundle(tmp_path / "bundle", card, files))


def test_shuffled_thousand_is_the_same():
    """A large concurrent batch in random order gives every quote the answer that it gets alone."""
    places = random.Random(3).choices(range(len(QUOTES)), k=300)
    assert MANY.predict(QUOTES[place] for place in places) == [ALONE[place] for place in places]
