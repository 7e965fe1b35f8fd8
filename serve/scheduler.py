"""Shares the predictor's threads among requests: quote by quote, in turn, and dropped when nobody waits any more."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.metrics import Metrics

_SMOOTHING = 0.05  # of the latest batch in the mean time a quote: the last twenty or so count
_FIRST_GUESS = 0.02  # seconds a quote, before any was read


class DeadlineError(Exception):
    """A request whose time was up before its last quote was read."""


class ClosedError(Exception):
    """A request that came after the end of the scheduler, or was still waiting then."""


@dataclass(eq=False, slots=True)
class _Job:
    """A request's quotes, their answers so far, and the future of the event loop that its handler waits for."""

    quotes: Sequence[Quote]
    done: "asyncio.Future[list[Prediction]]"
    since: float = field(default_factory=time.perf_counter)
    answers: dict[int, Prediction] = field(default_factory=dict)
    taken: int = 0  # quotes that workers have taken, from the first on
    over: bool = False  # answered, failed or given up: the rest is not read


class Scheduler:
    """Worker threads over one predictor.

    Requests take turns, a quote at a time: who asks one quote waits for the quotes that are being read and for one of
    every other request, and not for the thousand of the request before. On a CPU a worker takes one quote; on a GPU it
    takes what is waiting, up to the predictor's batch, and does not wait for more to come.
    """

    def __init__(self, predictor: Predictor, metrics: Metrics) -> None:
        self._predictor, self._metrics = predictor, metrics
        self._turns: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._seconds = _FIRST_GUESS
        self._closed = False
        self._workers = [
            threading.Thread(target=self._work, name=f"scheduler-{i}", daemon=True) for i in range(predictor.workers)
        ]
        for worker in self._workers:
            worker.start()

    async def predict(self, quotes: Sequence[Quote], seconds: float) -> list[Prediction]:
        """Return the answers in the order of the quotes; once cancelled, no other quote of the request is read.

        Raises DeadlineError when they are not there within the seconds given, and ClosedError after close().
        """
        if not quotes:
            return []
        job = _Job(quotes, asyncio.get_running_loop().create_future())
        with self._changed:
            if self._closed:
                raise ClosedError
            self._turns.append(job)
            self._wait(len(quotes))
            self._changed.notify(len(quotes))
        try:
            async with asyncio.timeout(seconds):
                return await job.done
        except TimeoutError as error:
            raise DeadlineError from error
        finally:
            self._end(job)

    @property
    def waiting(self) -> int:
        """The number of quotes that no worker has taken."""
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
            quotes = [job.quotes[place] for job, place in taken]
            try:
                answers = self._read(quotes)
            except Exception as error:  # noqa: BLE001, whatever it is, it belongs to those who asked
                for job, _ in taken:
                    self._end(job)
                    _settle(job, error)
                continue
            self._seconds += _SMOOTHING * ((time.perf_counter() - started) / len(taken) - self._seconds)
            for (job, place), answer in zip(taken, answers, strict=True):
                self._metrics.queued(started - job.since)
                self._metrics.predicted(len(job.quotes[place].text), answer)
                job.answers[place] = answer
                # A dict takes an entry and tells its length in one step each: the last of several workers sees all.
                if len(job.answers) == len(job.quotes):
                    job.over = True
                    _settle(job, [job.answers[i] for i in range(len(job.quotes))])

    def _read(self, quotes: Sequence[Quote]) -> list[Prediction]:
        started = time.perf_counter()
        read = [self._predictor.encode(quote) for quote in quotes]
        encoded = time.perf_counter()
        answers = self._predictor.predict_encoded(read)
        tokens = sum(len(window.ids) for windows in read for window in windows)
        self._metrics.batch(len(quotes), tokens, encoded - started, time.perf_counter() - encoded)
        return answers

    def _take(self) -> list[tuple[_Job, int]]:
        """Wait for quotes and return some, with their places; none when the scheduler is closed."""
        with self._changed:
            while True:
                if taken := list(islice(self._in_turn(), self._predictor.batch)):
                    self._wait(-len(taken))
                    return taken
                if self._closed:
                    return []
                self._changed.wait()

    def _in_turn(self) -> Iterator[tuple[_Job, int]]:
        while self._turns:
            job = self._turns.popleft()
            if job.over:
                continue
            place, job.taken = job.taken, job.taken + 1
            if job.taken < len(job.quotes):
                self._turns.append(job)
            yield job, place

    def _end(self, job: _Job) -> None:
        """Drop what no worker has taken of a job."""
        with self._changed:
            job.over = True
            self._wait(job.taken - len(job.quotes))
            job.taken = len(job.quotes)

    def _wait(self, change: int) -> None:
        if change:
            self._waiting += change
            self._metrics.waiting(change)


def _settle(job: _Job, outcome: list[Prediction] | Exception) -> None:
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
