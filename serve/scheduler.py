"""Shares the predictor's threads among requests: quote by quote, in turn, and dropped when nobody waits any more."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction


class DeadlineError(Exception):
    """A request whose time was up before its last quote was read."""


class ClosedError(Exception):
    """A request that came after the end of the scheduler, or was still waiting then."""


@dataclass(eq=False, slots=True)
class _Job:
    """A request's quotes, their answers so far, and the future of the event loop that its handler waits for."""

    quotes: Sequence[Quote]
    done: "asyncio.Future[list[Prediction]]"
    answers: dict[int, Prediction] = field(default_factory=dict)
    taken: int = 0  # quotes that workers have taken, from the first on
    over: bool = False  # answered, failed or given up: the rest is not read


class Scheduler:
    """Worker threads over one predictor.

    Requests take turns, a quote at a time: who asks one quote waits for the quotes that are being read and for one of
    every other request, and not for the thousand of the request before. On a CPU a worker takes one quote; on a GPU it
    takes what is waiting, up to the predictor's batch, and does not wait for more to come.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._turns: deque[_Job] = deque()
        self._changed = threading.Condition()
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
            self._changed.notify(len(quotes))
        try:
            async with asyncio.timeout(seconds):
                return await job.done
        except TimeoutError as error:
            raise DeadlineError from error
        finally:
            job.over = True

    @property
    def waiting(self) -> int:
        """The number of quotes that no worker has taken."""
        with self._changed:
            return sum(len(job.quotes) - job.taken for job in self._turns if not job.over)

    def close(self) -> None:
        """Let what is being read end, refuse what waits, and end the threads."""
        with self._changed:
            self._closed = True
            waiting, self._turns = list(self._turns), deque()
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()
        for job in waiting:
            _settle(job, ClosedError())

    def _work(self) -> None:
        while taken := self._take():
            try:
                answers = self._predictor.predict_batch([job.quotes[place] for job, place in taken])
            except Exception as error:  # noqa: BLE001, whatever it is, it belongs to those who asked
                for job, _ in taken:
                    _settle(job, error)
                continue
            for (job, place), answer in zip(taken, answers, strict=True):
                job.answers[place] = answer
                # A dict takes an entry and tells its length in one step each: the last of several workers sees all.
                if len(job.answers) == len(job.quotes):
                    _settle(job, [job.answers[i] for i in range(len(job.quotes))])

    def _take(self) -> list[tuple[_Job, int]]:
        """Wait for quotes and return some, with their places; none when the scheduler is closed."""
        with self._changed:
            while True:
                if taken := list(islice(self._in_turn(), self._predictor.batch)):
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


def _settle(job: _Job, outcome: list[Prediction] | Exception) -> None:
    """Tell the handler, in its event loop, unless it has gone."""

    def settle() -> None:
        if job.done.done():
            return
        if isinstance(outcome, Exception):
            job.done.set_exception(outcome)
        else:
            job.done.set_result(outcome)

    job.over = True
    with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody waits
        job.done.get_loop().call_soon_threadsafe(settle)
