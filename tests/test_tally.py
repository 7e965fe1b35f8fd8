"""Rows are counted into groups, periods and documents; what is small, undated or failed is told."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.stance import STANCES, Stance
from training.labelled import Failed, Judged
from training.reporting.confusion import Confusion
from training.reporting.extremes import Extremes
from training.reporting.periods import Every, following, period_name, period_of
from training.reporting.quantify import Quantifier
from training.reporting.tally import Tally

QUANTIFIER = Quantifier(Confusion(np.array([[50, 5, 5], [4, 60, 9], [3, 8, 70]]), "it", 0.5))


def judged(number, stance=Stance.HOSTILE, p=0.8, *, document=None, text=None, uncertain=False, **fields):
    rest = (1 - p) / 2
    probabilities = tuple(p if each == stance else rest for each in STANCES)
    text = text or f"Quote {number}."
    return Judged(number, text, None, None, document, stance, probabilities, uncertain, fields)


def counted(rows, by=None, time=None, every=Every.MONTH):
    tally = Tally(by, time, every)
    for row in rows:
        tally.add(row)
    return tally


def test_small_groups_are_put_together():
    """The largest group first; those of fewer quotes as others, with how many they are; their sums are whole."""
    rows = [judged(i, speaker=name) for i, name in enumerate(["A"] * 5 + ["B"] * 7 + ["C"] * 2 + [None] * 3 + ["D"])]
    tally = counted(rows, by="speaker")
    lines = tally.groups(QUANTIFIER, fewest=3)
    assert [(line.name, line.quotes, line.pooled) for line in lines] == [
        ("B", 7, 0), ("A", 5, 0), ("(none)", 3, 0), ("others", 3, 2),
    ]  # fmt: skip
    assert sum(line.quotes for line in lines) == tally.whole(QUANTIFIER).quotes


def test_failed_rows_are_counted_where_they_belong():
    """By group and period, and never among the quotes."""
    rows = [judged(1, speaker="A", date="2024-03-01"), Failed(2, "bad", {"speaker": "A", "date": "2024-03-09"})]
    tally = counted(rows, by="speaker", time="date")
    for line in (tally.whole(QUANTIFIER), *tally.groups(QUANTIFIER, 1), *tally.periods(QUANTIFIER)):
        assert (line.quotes, line.errors) == (1, 1)


def test_documents_are_counted_once():
    """Rows of one document are one, rows that name none are one each."""
    rows = [judged(1, document="a"), judged(2, document="a"), judged(3, document="b"), judged(4), judged(5)]
    assert counted(rows).whole(QUANTIFIER).documents == 4


def test_uncertain_quotes_are_counted():
    """They stay in the shares and are told."""
    line = counted([judged(1, uncertain=True), judged(2), judged(3, Stance.NEUTRAL)]).whole(QUANTIFIER)
    assert (line.quotes, line.uncertain) == (3, 1)
    assert line.estimates.raw[1].value == pytest.approx(2 / 3)


def test_periods_come_in_order_and_undated_rows_are_told():
    """A row without a date that can be read is in no period."""
    days = ["2024-05-01", "2024-03-31T23:59:59Z", "2024-05-31", "yesterday", None]
    tally = counted([judged(i, date=day) for i, day in enumerate(days)], time="date")
    assert [(line.name, line.quotes, line.first) for line in tally.periods(QUANTIFIER)] == [
        ("2024-03", 1, date(2024, 3, 1)), ("2024-05", 2, date(2024, 5, 1)),
    ]  # fmt: skip
    assert tally.undated == 2


@pytest.mark.parametrize(
    ("text", "every", "name"),
    [
        ("2024-12-31", Every.WEEK, "2025-W01"),
        ("2024-12-31", Every.DAY, "2024-12-31"),
        ("20241231", Every.MONTH, "2024-12"),
        ("2024-12-31 10:00:00+02:00", Every.YEAR, "2024"),
        ("2024-12", Every.MONTH, "2024-12"),
        ("2024", Every.YEAR, "2024"),
        ("2024", Every.MONTH, None),
        ("2024-12", Every.WEEK, None),
        ("2024-13", Every.MONTH, None),
        ("0000", Every.YEAR, None),
        ("31.12.2024", Every.MONTH, None),
        ("9999-12-31", Every.DAY, None),
        ("0001-01-01T00:00:00", Every.DAY, None),
        ("", Every.DAY, None),
    ],
)
def test_dates_are_iso(text, every, name):
    """With a time or without; a month or year alone falls into nothing shorter; other texts are no dates."""
    first = period_of(text, every)
    assert (None if first is None else period_name(first, every)) == name


@given(st.dates(min_value=date(1000, 1, 7), max_value=date(9998, 12, 31)), st.sampled_from(list(Every)))
def test_periods_follow_each_other(day, every):
    """Every day lies in its period and before the next, which is a period too."""
    first = period_of(day.isoformat(), every)
    assert first is not None
    after = following(first, every)
    assert first <= day < after
    assert period_of(after.isoformat(), every) == after
    assert period_of((after - timedelta(days=1)).isoformat(), every) == first


def test_extremes_are_the_largest_and_distinct():
    """Of one text the first row stands for all; another stance never enters, however probable."""
    extremes = Extremes(Stance.HOSTILE, 3)
    rows = [judged(i, p=p, text=text) for i, (p, text) in enumerate(
        [(0.5, "a"), (0.9, "b"), (0.7, "c"), (0.9, "B"), (0.6, "d"), (0.8, "e"), (0.5, "f")], 1
    )]  # fmt: skip
    for row in [*rows, judged(99, Stance.NEUTRAL, p=0.99)]:
        extremes.offer(row)
    assert [row.number for row in extremes.rows()] == [2, 6, 3]
