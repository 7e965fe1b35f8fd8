"""Between LoadGen and a subject nothing is lost: every sample completed, every wrong answer counted."""

import threading
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from model.quote import Quote
from model.stance import Prediction
from serve.driver import Driver, Failures

QUOTES = [Quote(f"We met on day {i}.") for i in range(10)]
ALONE = [Prediction("neutral", {"neutral": i / 10}, uncertain=False, windows=1) for i in range(10)]


@dataclass
class Subject:
    """Answers as alone, but for the quotes in `odd`: an exception is raised, a prediction returned."""

    odd: dict[Quote, Exception | Prediction | None] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    name = "fake"
    threads = 3
    batch = 4
    cores = None

    def answer(self, quotes):
        self.sizes.append(len(quotes))
        found = [self.odd.get(quote, ALONE[QUOTES.index(quote)]) for quote in quotes]
        for one in found:
            if isinstance(one, Exception):
                raise one
        return [one for one in found if one is not None]


class LoadGen:
    """Remembers what was completed."""

    def __init__(self):
        self.completed = []

    def QuerySampleResponse(self, id_, data, size):  # noqa: N802, as in LoadGen
        assert (data, size) == (0, 0)
        return id_

    def QuerySamplesComplete(self, responses):  # noqa: N802
        self.completed.extend(responses)


def drive(subject, batch=1):
    loadgen = LoadGen()
    driver = Driver(loadgen, subject, QUOTES, ALONE, batch)
    with driver.working():
        driver.issue([SimpleNamespace(id=100 + i, index=i) for i in range(len(QUOTES))])
    assert sorted(loadgen.completed) == [100 + i for i in range(len(QUOTES))]
    assert driver.completed == len(QUOTES)
    return driver.failures()


@pytest.mark.parametrize(("batch", "sizes"), [(1, [1] * 10), (4, [2, 4, 4])])
def test_samples_are_answered_in_blocks(batch, sizes):
    """At most `batch` go into one call, and right answers are no failures."""
    subject = Subject()
    assert drive(subject, batch) == Failures()
    assert sorted(subject.sizes) == sizes


def test_a_probability_that_differs_in_a_bit_is_wrong():
    """The label alone would hide it; the example tells both answers."""
    other = replace(ALONE[3], probabilities={"neutral": 0.3 + 1e-16 + 1e-17 + 5e-17})
    assert other != ALONE[3]
    failures = drive(Subject({QUOTES[3]: other}))
    assert (failures.wrong, failures.count) == (1, 1)
    assert "We met on day 3." in failures.example


def test_errors_timeouts_and_short_answers_are_counted_and_completed():
    """LoadGen still gets every sample back, or it would wait for ever."""
    odd: dict[Quote, Exception | Prediction | None]
    odd = {QUOTES[1]: ValueError("broken"), QUOTES[2]: TimeoutError("late"), QUOTES[3]: None}
    failures = drive(Subject(odd))
    assert (failures.errors, failures.timeouts, failures.wrong, failures.count) == (2, 1, 0, 3)


def test_a_failing_call_fails_all_its_texts():
    """One error in a request of four leaves four texts without an answer."""
    assert drive(Subject({QUOTES[0]: ValueError("broken")}), batch=4).errors == 4


class Held(Subject):
    """Starts to answer, and goes on when it is let go."""

    def __init__(self):
        super().__init__()
        self.go, self.begun = threading.Event(), threading.Event()

    def answer(self, quotes):
        self.begun.set()
        self.go.wait(10)
        return super().answer(quotes)


def test_an_interrupt_leaves_what_waits_unanswered(monkeypatch):
    """Ctrl-C lets the three threads end their quotes and drops the others."""
    monkeypatch.setattr("serve.driver._FAREWELL", 0.05)
    subject, loadgen = Held(), LoadGen()
    driver = Driver(loadgen, subject, QUOTES, ALONE, 1)
    with pytest.raises(KeyboardInterrupt), driver.working():
        driver.issue([SimpleNamespace(id=i, index=i) for i in range(len(QUOTES))])
        subject.begun.wait(10)
        raise KeyboardInterrupt
    subject.go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("bench-"):
            thread.join()
    assert 1 <= len(loadgen.completed) <= subject.threads
