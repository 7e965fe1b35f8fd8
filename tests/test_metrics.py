"""Figures agree with their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from training.metrics import macro_f1, score

LABELS = ("a", "b", "c")


def one_hot(places, confidence=1.0):
    rest = (1 - confidence) / 2
    return np.array([[confidence if i == place else rest for i in range(3)] for place in places])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_macro_f1_is_sklearns(pairs):
    """Over the labels that occur in truth."""
    truth, guess = zip(*pairs, strict=True)
    expected = f1_score(truth, guess, labels=sorted(set(truth)), average="macro", zero_division=0)
    assert macro_f1(truth, guess, 3) == pytest.approx(expected)


def test_score_counts():
    """Confusion, per-class figures and accuracy of a small example."""
    metrics = score(LABELS, [0, 0, 1, 2], one_hot([0, 1, 1, 2]), ["g", "g", "h", "i"])
    assert metrics.confusion == ((1, 1, 0), (0, 1, 0), (0, 0, 1))
    assert metrics.accuracy == 0.75
    assert metrics.per_class["a"].precision == 1.0
    assert metrics.per_class["a"].recall == 0.5
    assert metrics.per_class["b"].f1 == pytest.approx(2 / 3)
    assert metrics.groups == 3


def test_calibration_error_of_overconfidence():
    """Always 90 % sure and right half the time: an error of .4."""
    metrics = score(LABELS, [0, 1] * 50, one_hot([0] * 100, 0.9), [str(i) for i in range(100)])
    assert metrics.ece == pytest.approx(0.4)


def test_interval_is_wider_for_fewer_groups():
    """Quotes of one story are no independent witnesses."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    guess = np.where(rng.random(300) < 0.7, truth, rng.integers(0, 3, 300))
    many = score(LABELS, truth.tolist(), one_hot(guess), [str(i) for i in range(300)])
    few = score(LABELS, truth.tolist(), one_hot(guess), [str(i // 50) for i in range(300)])
    assert many.interval[0] < many.macro_f1 < many.interval[1]
    assert many.interval[1] - many.interval[0] > 0.05
    assert few.interval != many.interval


def test_uncertain_predictions_are_set_apart():
    """Coverage is the share at or above the threshold, and its accuracy is its own."""
    probabilities = np.concatenate([one_hot([0, 0], 0.9), one_hot([1, 1], 0.5)])
    metrics = score(LABELS, [0, 0, 0, 0], probabilities, list("wxyz"), threshold=0.8)
    assert metrics.coverage == 0.5
    assert metrics.certain_accuracy == 1.0
    assert score(LABELS, [0], one_hot([0], 0.5), ["g"], threshold=0.8).certain_accuracy is None
