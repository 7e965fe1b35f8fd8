"""How far a run is, in a terminal and out of one; how a run is stopped."""

import io
import threading
import time

import pytest
from rich.console import Console

from model.quote import Quote
from serve.labelling.kinds import Format, Kind
from serve.labelling.localengine import overlapped
from serve.labelling.progress import Meter
from serve.labelling.scoring import Scorer, StoppedError
from serve.labelling.shards import Shard


def shard(number):
    kind = Kind(Format.JSONL)
    return Shard(0, number, 1, 1, (), kind, kind, b"")


def test_a_terminal_shows_rate_and_time_left(monkeypatch):
    """Rows of earlier sittings count as done, and not for the rate."""
    now = [0.0]
    monkeypatch.setattr("serve.labelling.progress.time.monotonic", lambda: now[0])
    shown = io.StringIO()
    with Meter(Console(file=shown, force_terminal=True, width=100)) as meter:
        meter.skip(1000)
        meter.expect(2000, 0.5)
        assert meter.pace() == ""
        now[0] = 10.0
        meter.add(500)
        assert meter.pace() == ", 50 a second, 0:50 left"
        meter.expect(1_000_000, 0.5)
        assert meter.pace() == ", 50 a second, 11:06:10 left"
        meter.expect(2000, 0.0)
        assert meter.pace() == ", 50 a second"
    assert "1,500 rows" in shown.getvalue()


def test_no_terminal_no_bar():
    """Nothing is printed into a file or a pipe."""
    shown = io.StringIO()
    with Meter(Console(file=shown)) as meter:
        meter.expect(10, 0.5)
        meter.add(10)
    assert (shown.getvalue(), meter.done, meter.expected) == ("", 10, 20)


def test_results_come_in_order_and_shards_as_needed():
    """Two at a time and one ahead: a run holds few shards however many there are."""
    cut, done = [], []

    def shards():
        for number in range(20):
            cut.append(number)
            yield shard(number)

    def stage(each):
        time.sleep(0.01 if each.number % 3 else 0.03)
        return each.number

    for number in overlapped(stage, shards(), lambda: None):
        done.append(number)
        assert len(cut) - len(done) <= 3
    assert done == list(range(20))


def test_a_fault_stops_the_others():
    """What is at work is told to give up, and what waits is never begun."""
    stopped = threading.Event()
    begun = []

    def stage(each):
        begun.append(each.number)
        if each.number == 1:
            raise OSError("gone")
        if each.number > 1:
            assert stopped.wait(10)
        return each.number

    with pytest.raises(OSError, match="gone"):
        list(overlapped(stage, map(shard, range(20)), stopped.set))
    assert max(begun) <= 4


def test_scoring_stops_in_the_middle(predictor):
    """Within a few quotes of being told to."""
    scored: list[int] = []

    def note(count):
        scored.append(count)
        if len(scored) == 5:
            scorer.stop()

    scorer = Scorer(predictor, None, note)
    with pytest.raises(StoppedError):
        scorer.score([Quote(f"No. {n}") for n in range(500)])
    assert len(scored) == 5
    with pytest.raises(StoppedError):
        scorer.score([Quote("Not begun.")])
