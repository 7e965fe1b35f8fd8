"""Figures agree with their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from training.metrics import area_under, macro_f1, risk_coverage, score, three_places

LABELS = ("a", "b", "c")
SURE_AND_RIGHT = st.lists(st.tuples(st.sampled_from([0.4, 0.5, 0.7, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)


def one_hot(places, confidence=1.0):
    rest = (1 - confidence) / 2
    return np.array([[confidence if i == place else rest for i in range(3)] for place in places])


def answers(pairs):
    """Return truth, all 0, and probabilities that are as sure and as right as the pairs say."""
    rows = [one_hot([0 if right else 1], sure)[0] for sure, right in pairs]
    return np.zeros(len(rows), dtype=np.int64), np.array(rows)


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


def test_risk_coverage_by_hand():
    """Right, wrong and right, right: quotes of one confidence enter together, and each weighs the risk at its own."""
    truth, probabilities = answers([(0.9, True), (0.7, False), (0.7, True), (0.5, True)])
    curve = risk_coverage(truth, probabilities)
    assert curve == [(0.25, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.25)]
    assert area_under(curve) == pytest.approx(0.25 * 0 + 0.5 / 3 + 0.25 * 0.25)
    assert score(LABELS, truth.tolist(), probabilities, list("wxyz")).aurc == pytest.approx(area_under(curve))


def test_area_tells_a_good_order_from_a_bad_one():
    """With the same error rate it is small where the wrong are the least sure, and large where they are the surest."""
    good = risk_coverage(*answers([(0.9, True), (0.7, True), (0.5, False)]))
    bad = risk_coverage(*answers([(0.9, False), (0.7, True), (0.5, True)]))
    assert good[-1] == bad[-1]
    assert area_under(good) == pytest.approx(1 / 9)
    assert area_under(bad) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


@given(SURE_AND_RIGHT)
def test_risk_coverage_ends_at_the_error_rate(pairs):
    """Coverage rises to 1, one step a confidence; each risk is that of the quotes from there on, the last of all."""
    curve = risk_coverage(*answers(pairs))
    coverage = [share for share, _ in curve]
    assert coverage == sorted(set(coverage))
    assert curve[-1][0] == 1.0
    assert curve[-1][1] == pytest.approx(sum(not right for _, right in pairs) / len(pairs))
    confidences = sorted({sure for sure, _ in pairs}, reverse=True)
    for (share, risk), least in zip(curve, confidences, strict=True):
        answered = [right for sure, right in pairs if sure >= least]
        assert share == pytest.approx(len(answered) / len(pairs))
        assert risk == pytest.approx(1 - sum(answered) / len(answered))


@given(SURE_AND_RIGHT, st.randoms())
def test_curve_does_not_hang_on_the_order(pairs, random):
    """The quotes in any order draw the same curve, and its area lies between its least and its greatest risk."""
    curve = risk_coverage(*answers(pairs))
    mixed = list(pairs)
    random.shuffle(mixed)
    assert risk_coverage(*answers(mixed)) == curve
    risks = [risk for _, risk in curve]
    assert min(risks) - 1e-9 <= area_under(curve) <= max(risks) + 1e-9


def test_missing_figures_are_dashes():
    """A figure has three places; 0 is a figure, None is none."""
    assert [three_places(figure) for figure in (0.12345, 0.0, None)] == ["0.123", "0.000", "-"]
