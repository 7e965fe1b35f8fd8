"""Tests of significance agree with their definitions and with chance."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.metrics import macro_f1
from training.significance import macro_f1_difference, mcnemar

RIGHT = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40)
GUESSES = st.lists(st.tuples(*[st.integers(0, 2)] * 4), min_size=2, max_size=40)


def columns(rows):
    return zip(*rows, strict=True)


def noisy(truth, rate, seed):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < rate, truth, rng.integers(0, 3, len(truth)))


@given(RIGHT)
def test_mcnemar_is_the_binomial_tail(pairs):
    """Of the quotes that one model alone gets right, each is a fair coin; p is both tails at least as far out."""
    found = mcnemar([a for a, _ in pairs], [b for _, b in pairs])
    differing = found.first_only + found.second_only
    assert differing == sum(a != b for a, b in pairs)
    less = min(found.first_only, found.second_only)
    tail = sum(comb(differing, k) for k in range(less + 1)) / 2**differing
    assert found.p == pytest.approx(min(1, 2 * tail))


@given(RIGHT)
def test_mcnemar_does_not_care_who_is_first(pairs):
    """Exchanging the models exchanges the counts and leaves p."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    there, back = mcnemar(first, second), mcnemar(second, first)
    assert (there.first_only, there.second_only) == (back.second_only, back.first_only)
    assert there.p == pytest.approx(back.p)


def test_mcnemar_sees_only_differences():
    """Ten quotes to none: p = 2/1024, however many both get right."""
    for both in (0, 500):
        found = mcnemar([True] * (10 + both), [False] * 10 + [True] * both)
        assert (found.first_only, found.second_only) == (10, 0)
        assert found.p == pytest.approx(2 / 1024)


@given(GUESSES)
@settings(max_examples=8, deadline=None)
def test_difference_is_that_of_macro_f1(rows):
    """What is resampled is the macro-F1 that the reports show; the interval is in order and p is a probability."""
    truth, first, second, groups = columns(rows)
    groups = [*map(str, groups[:-2]), "x", "y"]
    found = macro_f1_difference(truth, first, second, groups, 3)
    assert found.difference == pytest.approx(macro_f1(truth, first, 3) - macro_f1(truth, second, 3))
    assert -1 <= found.interval[0] <= found.interval[1] <= 1
    assert 0 < found.p <= 1


def test_a_model_does_not_differ_from_itself():
    """Equal guesses: no difference, no interval, p = 1."""
    truth = np.arange(30) % 3
    guess = noisy(truth, 0.5, 0)
    found = macro_f1_difference(truth, guess, guess, [str(i) for i in range(30)], 3)
    assert (found.difference, found.interval, found.p) == (0, (0, 0), 1)


def test_exchange_turns_the_sign():
    """The same draws are made for both, so the interval is mirrored and p stays."""
    truth = np.arange(90) % 3
    first, second, groups = noisy(truth, 0.7, 1), noisy(truth, 0.6, 2), [str(i // 3) for i in range(90)]
    there = macro_f1_difference(truth, first, second, groups, 3)
    back = macro_f1_difference(truth, second, first, groups, 3)
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))
    assert back.p == there.p


def test_p_and_interval_say_the_same():
    """The interval leaves 0 out where p is below .05, and holds it where it is above."""
    truth = np.arange(300) % 3
    groups = [str(i) for i in range(300)]
    worse = noisy(truth, 0.5, 3)
    clear = macro_f1_difference(truth, noisy(truth, 0.8, 4), worse, groups, 3)
    assert clear.interval[0] > 0
    assert clear.p < 0.05
    chance = macro_f1_difference(truth, noisy(truth, 0.5, 5), worse, groups, 3)
    assert chance.interval[0] < 0 < chance.interval[1]
    assert chance.p > 0.05


def test_groups_are_drawn_whole():
    """The same guesses are a weaker proof where they come from few stories, even those of equal size."""
    truth = np.arange(300) % 3
    first, second = noisy(truth, 0.7, 6), noisy(truth, 0.6, 7)
    first[:60], second[60:120] = truth[:60], truth[60:120]  # each model knows one story
    width = []
    for size in (1, 60):
        found = macro_f1_difference(truth, first, second, [str(i // size) for i in range(300)], 3)
        width.append(found.interval[1] - found.interval[0])
    assert width[1] > 1.5 * width[0]


def test_vectors_of_other_shapes_are_errors():
    """What is no pair of vectors about the same quotes is not compared, and one group can't be drawn from."""
    with pytest.raises(ValueError, match=r"first has shape \(2,\), second \(1,\)"):
        mcnemar([True, False], [True])
    with pytest.raises(ValueError, match=r"shapes \(2,\), \(2,\), \(3,\), \(2,\)"):
        macro_f1_difference([0, 1], [0, 1], [0, 1, 1], ["a", "b"], 2)
    with pytest.raises(ValueError, match="there is 1 group"):
        macro_f1_difference([0, 1], [0, 1], [1, 1], ["a", "a"], 2)
