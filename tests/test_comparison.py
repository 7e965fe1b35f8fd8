"""A comparison asks both sides the same quotes in turns and tells the median of the ratios."""

import pytest

from model.quote import Quote
from model.stance import Prediction
from serve import comparison
from serve.comparison import compare

QUOTES = [Quote(f"We met on day {i}.") for i in range(10)]


class Subject:
    """Lets the clock go on by `seconds` for every quote."""

    threads, batch, cores = 1, 1, 1

    def __init__(self, name, clock, seconds, label):
        self.name, self.clock, self.seconds, self.label = name, clock, seconds, label

    def answer(self, quotes):
        self.clock.now += self.seconds * len(quotes)
        self.clock.calls.append((self.name, tuple(quotes)))
        return [Prediction(self.label(quote), {}, uncertain=False, windows=1) for quote in quotes]


class Disturbed(Subject):
    """Takes other seconds a quote in every call."""

    def __init__(self, name, clock, seconds, label, every):
        super().__init__(name, clock, seconds, label)
        self.every = every

    def answer(self, quotes):
        self.seconds = next(self.every)
        return super().answer(quotes)


class Clock:
    def __init__(self):
        self.now, self.calls = 0.0, []

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(comparison, "time", clock)
    return clock


def test_rates_and_ratio(clock):
    """A subject four times as fast has ratio four; the share of equal labels is told."""
    ours = Subject("ours", clock, 0.25, lambda _: "a")
    theirs = Subject("theirs", clock, 1.0, lambda quote: "a" if quote == QUOTES[0] else "b")
    found = compare(ours, theirs, QUOTES, batch=2, rounds=2, segment=5)
    assert (found.rate, found.baseline_rate, found.ratio, found.lowest, found.highest) == (4.0, 1.0, 4.0, 4.0, 4.0)
    assert found.same_label == pytest.approx(0.1)


def test_both_get_the_same_quotes_in_turns(clock):
    """A B A B, ours a segment a call, the baseline in calls of the batch's size, the next segment with other quotes."""
    ours, theirs = (Subject(name, clock, 1.0, lambda _: "a") for name in ("ours", "theirs"))
    compare(ours, theirs, QUOTES, batch=3, rounds=2, segment=6)
    calls = clock.calls[2:]  # the first of each warms up
    assert [name for name, _ in calls] == ["ours", "theirs", "theirs"] * 2
    assert calls[0][1] == (*calls[1][1], *calls[2][1]) == tuple(QUOTES[:6])
    assert calls[3][1] == (*calls[4][1], *calls[5][1]) == (*QUOTES[6:], *QUOTES[:2])


def test_the_ratio_is_the_median_of_the_rounds(clock):
    """One disturbed round changes the lowest and the highest, not the ratio."""
    ours = Subject("ours", clock, 1.0, lambda _: "a")
    theirs = Disturbed("theirs", clock, 1.0, lambda _: "a", iter([1.0, 1.0, 9.0, 1.0]))
    found = compare(ours, theirs, QUOTES, batch=5, rounds=3, segment=5)
    assert (found.ratio, found.lowest, found.highest) == (1.0, 1.0, 9.0)
