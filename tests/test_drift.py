"""Drift: nothing for equal shares, more the further they are apart, and nothing told of too few quotes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reference import LENGTH_EDGES, Reference
from serve.drift import FLOOR, LEAST, drift_families, psi

LENGTHS = tuple([1 / 14] * 14)
REFERENCE = Reference(labels={"a": 0.25, "b": 0.75}, edges=LENGTH_EDGES, lengths=LENGTHS)

counts = st.lists(st.integers(0, 10_000), min_size=2, max_size=20).filter(any)


@st.composite
def pairs(draw):
    """Two distributions over the same bins, some of which may be empty."""
    first = draw(counts)
    second = draw(st.lists(st.integers(0, 10_000), min_size=len(first), max_size=len(first)).filter(any))
    return first, second


def indices(labels, reference, lengths=()):
    """Return what is told as drift, by what it is of."""
    families = {
        family.name: family for family in drift_families({"labels": labels, "lengths": dict(lengths)}, reference)
    }
    return {sample.labels["of"]: sample.value for sample in families["stance_drift_psi"].samples}


def test_index_by_hand():
    """A half that becomes a quarter, and a half that becomes three."""
    by_hand = 0.25 * math.log(0.5 / 0.25) + 0.25 * math.log(0.75 / 0.5)
    assert psi([0.5, 0.5], [1, 3]) == pytest.approx(by_hand)


@given(pairs())
def test_index_is_a_distance_of_shares(both):
    """Never below 0, and the same from either side."""
    first, second = both
    assert psi(first, second) >= 0
    assert psi(first, second) == pytest.approx(psi(second, first))


@given(pairs(), st.integers(1, 1000))
def test_index_is_zero_for_equal_shares_only(both, times):
    """However many quotes there are; below the floor, shares count as equal."""
    first, second = both
    assert psi(first, [times * count for count in first]) == pytest.approx(0, abs=1e-12)
    one, other = ([max(count / sum(each), FLOOR) for count in each] for each in both)
    assert (psi(first, second) < 1e-15) == np.allclose(one, other, rtol=1e-9, atol=0)


@given(pairs(), st.integers(1, 1000), st.integers(1, 1000))
def test_index_does_not_depend_on_how_many(both, times, other):
    """Counts or shares, of few or of many."""
    first, second = both
    scaled = psi([times * count for count in first], [other * count for count in second])
    assert scaled == pytest.approx(psi(first, second), abs=1e-12)


@given(pairs(), st.randoms())
def test_index_does_not_depend_on_the_order_of_bins(both, random):
    """Bins are names."""
    mixed = list(zip(*both, strict=True))
    random.shuffle(mixed)
    assert psi(*zip(*mixed, strict=True)) == pytest.approx(psi(*both), abs=1e-12)


def test_empty_bins_count_as_the_floor():
    """An index is finite, and a bin that is empty on both sides adds nothing."""
    assert psi([1, 0], [0, 1]) == pytest.approx(2 * (1 - FLOOR) * math.log(1 / FLOOR))
    assert psi([3, 1, 0], [1, 3, 0]) == psi([3, 1], [1, 3])


def test_chance_alone_is_no_drift_of_the_least_number():
    """LEAST quotes that come from the training quotes stay below what is called a change, as its docstring says."""
    rng = np.random.default_rng(0)
    by_chance = [psi(LENGTHS, rng.multinomial(LEAST, LENGTHS).tolist()) for _ in range(2000)]
    assert np.mean(by_chance) == pytest.approx(0.027, abs=0.003)
    assert 0.04 < np.quantile(by_chance, 39 / 40) < 0.055
    assert max(by_chance) < 0.1


def test_too_few_quotes_tell_nothing():
    """Neither do more of them without a reference."""
    assert indices({"a": 1, "b": LEAST - 2}, REFERENCE) == {}
    assert indices({"a": 1, "b": LEAST - 1}, REFERENCE) == {"labels": psi([0.25, 0.75], [1, LEAST - 1])}
    assert indices({"a": 1, "b": LEAST - 1}, None) == {}


def test_other_bins_are_not_compared():
    """A reference that was made with other edges tells the drift of labels only."""
    lengths = {"20.0": 1000.0}
    other = REFERENCE.model_copy(update={"edges": (10, *LENGTH_EDGES[1:])})
    assert set(indices({"a": 1000}, REFERENCE, lengths)) == {"labels", "lengths"}
    assert set(indices({"a": 1000}, other, lengths)) == {"labels"}


def test_labels_of_an_earlier_bundle_are_left_out():
    """What answered before may have had other labels; those of its answers that are still known count."""
    assert indices({"a": 250, "b": 750, "gone": 5000}, REFERENCE) == {"labels": pytest.approx(0)}
    assert indices({"a": 1, "gone": 5000}, REFERENCE) == {}


def test_shares_and_counts_have_the_same_bins():
    """What was counted and what was expected can be joined, bin by bin."""
    told = {family.name: family for family in drift_families({"labels": {"a": 3, "b": 4}}, REFERENCE)}
    observed, expected = told["stance_drift_observed"].samples, told["stance_reference_share"].samples
    assert [(each.labels, each.value) for each in observed] == [
        ({"of": "labels", "bin": "a"}, 3),
        ({"of": "labels", "bin": "b"}, 4),
    ]
    assert [each.labels for each in expected] == [each.labels for each in observed]
    assert [each.value for each in expected] == [0.25, 0.75]
