"""Shares threads among requests: a quote or a step at a time, in turn, and dropped when nobody waits any more."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.metrics import Metrics

_SMOOTHING = 0.05  # of the latest batch in the mean time a quote: the last twenty or so count
_FIRST_GUESS = 0.02  # seconds a quote, before any was read

_T = TypeVar("_T")
_Unit = Quote | Callable[[], object]
"""What a worker takes: a quote for the predictor, or a step that says itself what is to be done."""


class ClosedError(Exception):
    """A request that came after the end of the scheduler, or was still waiting then."""


@dataclass(eq=False, slots=True)
class _Job:
    """A request's units, their answers so far, and the future of the event loop that its handler waits for."""

    units: Sequence[_Unit]
    done: "asyncio.Future[list[Any]]"
    since: float = field(default_factory=time.perf_counter)
    answers: dict[int, object] = field(default_factory=dict)
    taken: int = 0  # units that workers have taken, from the first on
    over: bool = False  # answered, failed or given up: the rest is not read


class Scheduler:
    """Worker threads over one predictor, as many as it can use.

    Requests take turns, a quote or a step at a time: who asks one quote waits for what is being read and for one unit
    of every other request, and not for the thousand of the request before. On a CPU a worker takes one quote; on a GPU
    it takes the quotes that are waiting, up to the predictor's batch, and does not wait for more to come. Steps are
    taken one by one.
    """

    def __init__(self, predictor: Predictor, metrics: Metrics, *, workers: int | None = None) -> None:
        self._predictor, self._metrics = predictor, metrics
        self._turns: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._seconds = _FIRST_GUESS
        self._closed = False
        self._workers = [
            threading.Thread(target=self._work, name=f"scheduler-{i}", daemon=True)
            for i in range(workers or predictor.workers)
        ]
        for worker in self._workers:
            worker.start()

    async def predict(self, quotes: Sequence[Quote]) -> list[Prediction]:
        """Return the answers in the order of the quotes; once cancelled, no other quote of the request is read.

        Raises ClosedError after close().
        """
        return await self._share(quotes)

    async def run(self, steps: Sequence[Callable[[], _T]]) -> list[_T]:
        """Return what the steps return, in their order; cancelling and ClosedError are those of predict().

        A step is not interrupted: it should be short.
        """
        return await self._share(steps)

    async def _share(self, units: Sequence[_Unit]) -> list[Any]:
        if not units:
            return []
        job = _Job(units, asyncio.get_running_loop().create_future())
        with self._changed:
            if self._closed:
                raise ClosedError
            self._turns.append(job)
            self._wait(len(units))
            self._changed.notify(len(units))
        try:
            return await job.done
        finally:
            self._end(job)

    @property
    def waiting(self) -> int:
        """The number of quotes and steps that no worker has taken."""
        return self._waiting

    @property
    def rate(self) -> float:
        """How many quotes a second the workers read when all have work: by the time that the latest took."""
        return len(self._workers) / self._seconds

    def close(self) -> None:
        """Let what is being read end, refuse what waits, and end the threads."""
        with self._changed:
            self._closed = True
            waiting, self._turns = list(self._turns), deque()
            self._changed.notify_all()
        for job in waiting:
            self._end(job)
            _settle(job, ClosedError())
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        while taken := self._take():
            started = time.perf_counter()
            try:
                answers = self._read([job.units[place] for job, place in taken])
            except Exception as error:  # noqa: BLE001, whatever it is, it belongs to those who asked
                for job, _ in taken:
                    self._end(job)
                    _settle(job, error)
                continue
            for (job, place), answer in zip(taken, answers, strict=True):
                self._metrics.queued(started - job.since)
                job.answers[place] = answer
                # A dict takes an entry and tells its length in one step each: the last of several workers sees all.
                if len(job.answers) == len(job.units):
                    job.over = True
                    _settle(job, [job.answers[i] for i in range(len(job.units))])

    def _read(self, units: Sequence[_Unit]) -> Sequence[object]:
        """Run a step, which comes alone, or predict quotes."""
        step = units[0]
        if isinstance(step, Quote):
            return self._predict([quote for quote in units if isinstance(quote, Quote)])
        started = time.perf_counter()
        answer = step()
        self._metrics.stepped(time.perf_counter() - started)
        return [answer]

    def _predict(self, quotes: Sequence[Quote]) -> list[Prediction]:
        started = time.perf_counter()
        read = [self._predictor.encode(quote) for quote in quotes]
        encoded = time.perf_counter()
        answers = self._predictor.predict_encoded(read)
        ended = time.perf_counter()
        self._seconds += _SMOOTHING * ((ended - started) / len(quotes) - self._seconds)
        tokens = sum(len(window.ids) for windows in read for window in windows)
        self._metrics.batch(len(quotes), tokens, encoded - started, ended - encoded)
        for quote, answer in zip(quotes, answers, strict=True):
            self._metrics.predicted(len(quote.text), answer)
        return answers

    def _take(self) -> list[tuple[_Job, int]]:
        """Wait for units and return some, with their places; none when the scheduler is closed."""
        with self._changed:
            while True:
                if taken := self._next():
                    self._wait(-len(taken))
                    return taken
                if self._closed:
                    return []
                self._changed.wait()

    def _next(self) -> list[tuple[_Job, int]]:
        """Take a step, if one is next, or else quotes up to the batch; the steps among them keep their turn."""
        taken: list[tuple[_Job, int]] = []
        passed: list[_Job] = []
        batch = self._predictor.batch
        while self._turns and len(taken) < batch:
            job = self._turns.popleft()
            if job.over:
                continue
            is_step = not isinstance(job.units[job.taken], Quote)
            if taken and is_step:
                passed.append(job)
                continue
            taken.append((job, job.taken))
            job.taken += 1
            if job.taken < len(job.units):
                self._turns.append(job)
            if is_step:
                break
        self._turns.extendleft(reversed(passed))
        return taken

    def _end(self, job: _Job) -> None:
        """Drop what no worker has taken of a job."""
        with self._changed:
            job.over = True
            self._wait(job.taken - len(job.units))
            job.taken = len(job.units)

    def _wait(self, change: int) -> None:
        if change:
            self._waiting += change
            self._metrics.waiting(change)


def _settle(job: _Job, outcome: list[object] | Exception) -> None:
    """Tell the handler, in its event loop, unless it has gone."""

    def settle() -> None:
        if job.done.done():
            return
        if isinstance(outcome, Exception):
            job.done.set_exception(outcome)
        else:
            job.done.set_result(outcome)

    with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody waits
        job.done.get_loop().call_soon_threadsafe(settle)
