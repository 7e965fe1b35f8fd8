"""Pairing: the marks of one paragraph, with some missing and some too many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.articles.glyphs import Family, Mark
from model.articles.pairing import DEEPEST, Pair, pairs_of


def marks(leans, family=Family.DOUBLE, *, weak=()):
    return [Mark(3 * at, 3 * at + 1, family, lean, at in weak) for at, lean in enumerate(leans)]


def shape(pairs):
    return [(pair.opening.start // 3, None if pair.closing is None else pair.closing.start // 3) for pair in pairs]


@pytest.mark.parametrize(
    ("leans", "expected"),
    [
        ([1, -1, 1, -1], [(0, 1), (2, 3)]),
        ([1, 1, -1, -1], [(0, 3), (1, 2)]),
        ([0, 0, 0, 0], [(0, 1), (2, 3)]),
        ([1, 1, -1], [(0, None), (1, 2)]),
        ([1, 1, -1, 1, -1], [(0, None), (1, 2), (3, 4)]),
        ([1, 1, 1, -1], [(0, 1), (2, 3)]),
        ([-1, 1, -1, -1], [(1, 2)]),
        ([1, 1], [(0, 1)]),
        ([0], []),
        ([0, 1, -1], [(1, 2)]),
        ([1], [(0, None)]),
    ],
)
def test_missing_and_stray_marks(leans, expected):
    """A second opening mark nests where both can be closed; else it ends the first string, or closes it if none can."""
    assert shape(pairs_of(marks(leans), 100, [], [])) == expected


@pytest.mark.parametrize(
    ("leans", "weak", "expected"),
    [
        ([1, -1, -1], {1}, [(0, 2)]),
        ([1, -1, 1, -1], {1}, [(0, 1), (2, 3)]),
        ([1, -1], {1}, [(0, 1)]),
        ([-1, -1], {0, 1}, []),
        ([1, -1, 1, -1], {0, 1}, [(2, 3)]),
        ([1, -1], {0}, [(0, 1)]),
        ([1, -1], {0, 1}, []),
    ],
)
def test_weak_single_marks(leans, weak, expected):
    """A weak closing mark closes where no better one is ahead; a weak opening one opens where a sure one will close."""
    assert shape(pairs_of(marks(leans, Family.SINGLE, weak=weak), 100, [], [])) == expected


def test_lone_single_mark_is_an_apostrophe():
    """It makes a string only if the next paragraph takes the quote up again."""
    found = marks([1], Family.SINGLE)
    assert pairs_of(found, 100, found, []) == []
    assert pairs_of(found, 100, found, found) == [Pair(found[0], 100, None, continues=True)]


def test_inner_string_of_a_quote_that_runs_on():
    """Where this paragraph and the next one begin with a mark, a string in the middle lies inside the first."""
    found = marks([1, 1, -1])
    assert shape(pairs_of(found, 100, found[:1], found[:1])) == [(0, None), (1, 2)]
    assert pairs_of(found, 100, found[:1], found[:1])[0].end == 100
    assert pairs_of(found, 100, found[:1], [])[0].end == found[1].start


def test_single_string_stays_within_its_double_one():
    """Single marks inside and outside a double string do not pair."""
    single, double = Family.SINGLE, Family.DOUBLE
    kinds = [(double, 1), (single, 1), (double, -1), (single, -1)]
    found = [Mark(3 * at, 3 * at + 1, family, lean, weak=False) for at, (family, lean) in enumerate(kinds)]
    assert shape(pairs_of(found, 100, [], [])) == [(0, 2)]


@pytest.mark.parametrize("family", [Family.CORNER, Family.SINGLE])
def test_nesting_has_an_end(family):
    """Marks deeper than any text nests them are left alone."""
    assert len(pairs_of(marks([1] * 40 + [-1] * 40, family), 1000, [], [])) == DEEPEST


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Family), st.sampled_from([-1, 0, 1]), st.booleans()), min_size=1, max_size=20),
    st.integers(0, 2),
    st.sets(st.sampled_from(Family)),
)
def test_pairs_nest(kinds, leading, next_families):
    """Whatever the marks, no two pairs share one or cross, and closing marks are of the opening one's family."""
    found = [Mark(3 * at, 3 * at + 1, *kind) for at, kind in enumerate(kinds)]
    next_lead = [Mark(200, 201, family, 1, weak=False) for family in next_families]
    pairs = pairs_of(found, 3 * len(found), found[:leading], next_lead)
    assert [pair.opening.start for pair in pairs] == sorted({pair.opening.start for pair in pairs})
    for pair in pairs:
        assert pair.opening.end <= pair.inner_end <= pair.end <= 3 * len(found)
        assert pair.closing is None or pair.closing.family is pair.opening.family
        inside = [other for other in pairs if pair.opening.start < other.opening.start < pair.end]
        assert all(other.end <= pair.inner_end for other in inside)
