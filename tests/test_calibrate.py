"""Calibration makes confidence mean accuracy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import TrainingError
from model.predictor import softmax
from model.quote import LabelledQuote, Quote
from training.calibrate import Calibration, choose_threshold, fit_temperature, quotes_to_fit
from training.metrics import expected_calibration_error, score

CONFIDENCES = (0.4, 0.5, 0.7, 0.9, 1.0)
DEV = [LabelledQuote(Quote(f"We waited {i} days."), "neutral", corpus="ab"[i > 2]) for i in range(5)]


def overconfident(temperature, count=4000):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, (count, 3))
    true = softmax(logits)
    truth = np.array([rng.choice(3, p=row) for row in true])
    return softmax(logits * temperature), truth


def answers(pairs):
    """Return probabilities that are as sure and as right as the pairs say, and truth, all 0."""
    rows = [
        [sure, (1 - sure) / 2, (1 - sure) / 2] if right else [(1 - sure) / 2, sure, (1 - sure) / 2]
        for sure, right in pairs
    ]
    return np.array(rows), np.zeros(len(rows), dtype=np.int64)


def threshold(pairs, certain):
    probabilities, truth = answers(pairs)
    return choose_threshold(probabilities, truth, certain)


@pytest.mark.parametrize("blown_up", [0.5, 3.0])
def test_temperature_is_found(blown_up):
    """Logits that were multiplied are divided by about as much, and the calibration error goes."""
    probabilities, truth = overconfident(blown_up)
    temperature = fit_temperature(probabilities, truth)
    assert temperature == pytest.approx(blown_up, rel=0.1)
    mended = softmax(np.log(probabilities) / temperature)
    assert expected_calibration_error(truth, mended) < 0.03 < expected_calibration_error(truth, probabilities)


def test_what_is_certain_is_right_as_often_as_asked():
    """Above the threshold the accuracy is what was asked for, and hardly more quotes than needed are given up."""
    probabilities, truth = overconfident(1.0)
    certain = probabilities.max(axis=1) >= choose_threshold(probabilities, truth, 0.9)
    assert 0.9 <= (probabilities.argmax(axis=1) == truth)[certain].mean() < 0.91
    assert 0.1 < certain.mean() < 0.9


@given(
    st.lists(st.tuples(st.sampled_from(CONFIDENCES), st.booleans()), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.75, 0.9, 1.0]),
)
def test_equal_confidences_pass_together(pairs, certain):
    """The threshold is the least confidence at which all that pass, its equals too, are right often enough; else 1."""
    enough = []
    for least in {sure for sure, _ in pairs}:
        passing = [right for sure, right in pairs if sure >= least]
        if sum(passing) / len(passing) >= certain:
            enough.append(least)
    assert threshold(pairs, certain) == min(enough, default=1.0)


def test_right_ones_do_not_hide_their_equals():
    """Ten right and ten wrong at one confidence: whichever stands first, none of them is certain."""
    pairs = [(0.7, True)] * 10 + [(0.7, False)] * 10
    for order in (pairs, pairs[::-1]):
        assert threshold(order, 0.9) == 1.0
        assert threshold([(0.9, True), *order], 0.9) == 0.9


def test_hopeless_model_is_always_uncertain():
    """Where no confidence reaches the share the threshold is 1, and nothing short of it counts as certain."""
    probabilities = softmax(np.random.default_rng(0).normal(0, 1, (200, 3)))
    truth = (probabilities.argmax(axis=1) + 1) % 3
    chosen = choose_threshold(probabilities, truth, 0.9)
    assert chosen == 1.0
    metrics = score(("a", "b", "c"), truth.tolist(), probabilities, [str(i) for i in range(200)], chosen)
    assert (metrics.coverage, metrics.certain_accuracy) == (0.0, None)


def test_rounding_does_not_lift_the_threshold_above_one():
    """The mean of windows may exceed 1 by a rounding; a manifest takes no such threshold."""
    assert choose_threshold(np.array([[np.nextafter(1.0, 2.0), 0.0]]), np.array([0]), 0.9) == 1.0


def test_named_corpora_are_fitted_on():
    """Only their dev quotes, in the order of dev; all of them where none is named."""
    assert quotes_to_fit(DEV, ["b"]) == tuple(DEV[3:])
    assert quotes_to_fit(DEV, ["b", "a", "c"]) == quotes_to_fit(DEV, []) == tuple(DEV)


def test_corpora_that_dev_lacks_are_an_error():
    """The message names the key, what was asked for, what is there and the way out."""
    unnamed = LabelledQuote(Quote("We wait."), "neutral")
    with pytest.raises(TrainingError) as caught:
        quotes_to_fit([*DEV, unnamed], ["press", "radio"])
    assert str(caught.value) == (
        "export.calibrate_on: dev has no quote of press, radio; it has a (3 quotes), b (2 quotes), unnamed (1 quotes). "
        "Name one of those, or leave the key out to calibrate on all"
    )


def test_calibration_tells_before_from_after():
    """The error at temperature 1 and as served, on the same quotes, and which corpora they are from."""
    sharp, truth = answers([(1.0, True)] * 3 + [(1.0, False)] * 2)
    soft, _ = answers([(0.7, True)] * 3 + [(0.5, False)] * 2)
    raw, served = (
        score(("a", "b", "c"), truth.tolist(), probabilities, list("vwxyz"), 0.6) for probabilities in (sharp, soft)
    )
    unnamed = LabelledQuote(Quote("We wait."), "neutral")
    fit = Calibration.of(raw, served, [*DEV[:2], *DEV[3:], unnamed], 0.9)
    assert (fit.quotes, fit.corpora, fit.certain) == (5, ("a", "b", "unnamed"), 0.9)
    assert fit.raw_ece == pytest.approx(0.4)
    assert fit.ece == pytest.approx(0.38)
    assert (fit.coverage, fit.certain_accuracy) == (0.6, 1.0)
    assert "5 quotes (a, b, unnamed), asked to be right in 90%" in fit.summary()
    assert "went from 0.400 to 0.380, 60.0% are not uncertain, and of those 1.000 are right" in fit.summary()
