"""Between LoadGen and a subject: queues the samples, answers them on the subject's threads, checks every answer."""

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from model.errors import DetenteError
from model.quote import Quote
from model.stance import Prediction
from serve.subjects import Subject

_FAREWELL = 1.0  # seconds for what runs to come to rest after Ctrl-C


@dataclass(frozen=True, slots=True)
class Failures:
    """How many texts were not answered rightly: with an error, too late, wrongly; example: what the first one said."""

    errors: int = 0
    timeouts: int = 0
    wrong: int = 0
    example: str | None = None

    @property
    def count(self) -> int:
        """All of them."""
        return self.errors + self.timeouts + self.wrong


class Driver:
    """Answers LoadGen's samples by a subject, at most `batch` in one call, and counts what goes wrong.

    alone: the answer to each quote asked by itself; an answer that differs from it in any bit is wrong.
    """

    def __init__(
        self, loadgen: Any, subject: Subject, quotes: Sequence[Quote], alone: Sequence[Prediction], batch: int
    ) -> None:
        self.completed = 0
        self._loadgen, self._subject, self._batch = loadgen, subject, batch
        self._quotes, self._alone = quotes, alone
        self._samples: queue.SimpleQueue[tuple[tuple[int, int], ...] | None] = queue.SimpleQueue()
        self._counts: Counter[str] = Counter()
        self._example: str | None = None
        self._lock = threading.Lock()
        self._stopped, self._parked = threading.Event(), threading.Event()

    def issue(self, samples: Sequence[Any]) -> None:
        """Queue samples; LoadGen's thread calls this and must neither wait here nor see an exception."""
        if self._stopped.is_set():
            self._parked.set()
            threading.Event().wait()  # LoadGen can't be told to stop: its thread stays here until the process ends
        for first in range(0, len(samples), self._batch):
            block = samples[first : first + self._batch]
            self._samples.put(tuple((sample.id, sample.index) for sample in block))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Keep the subject's threads at work on the queue; an exception, such as Ctrl-C, stops them."""
        names = (f"bench-{number}" for number in range(self._subject.threads))
        threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        for thread in threads:
            thread.start()
        try:
            yield
        except BaseException:
            self._stopped.set()
            # A thread of LoadGen that came back to Python while the interpreter ends would bring the process down.
            self._parked.wait(_FAREWELL)
            raise
        finally:
            for _ in threads:
                self._samples.put(None)
            for thread in threads:
                thread.join(_FAREWELL if self._stopped.is_set() else None)

    def failures(self) -> Failures:
        """Return what went wrong so far."""
        return Failures(self._counts["errors"], self._counts["timeouts"], self._counts["wrong"], self._example)

    def _work(self) -> None:
        while (block := self._samples.get()) is not None:
            if not self._stopped.is_set():
                self._answer(block)

    def _answer(self, block: Sequence[tuple[int, int]]) -> None:
        try:
            answered: Sequence[Prediction] | Exception = self._ask([index for _, index in block])
        except Exception as error:  # noqa: BLE001, a benchmark counts whatever its subject raises
            answered = error
        # Failed ones too: LoadGen waits for every sample. What follows is not in the latency.
        self._loadgen.QuerySamplesComplete([self._loadgen.QuerySampleResponse(id_, 0, 0) for id_, _ in block])
        with self._lock:
            self.completed += len(block)
            if isinstance(answered, Exception):
                kind = "timeouts" if isinstance(answered, TimeoutError) else "errors"
                self._count(kind, len(block), f"{type(answered).__name__}: {answered}")
            else:
                self._check(block, answered)

    def _ask(self, indexes: Sequence[int]) -> Sequence[Prediction]:
        answers = self._subject.answer([self._quotes[index] for index in indexes])
        if len(answers) != len(indexes):
            raise DetenteError(f"{self._subject.name}: {len(answers)} answers to {len(indexes)} quotes")
        return answers

    def _check(self, block: Sequence[tuple[int, int]], answers: Sequence[Prediction]) -> None:
        for (_, index), answer in zip(block, answers, strict=True):
            if answer != self._alone[index]:
                self._count("wrong", 1, f"{answer} to {self._quotes[index].text!r}, alone {self._alone[index]}")

    def _count(self, kind: str, texts: int, example: str) -> None:
        self._counts[kind] += texts
        self._example = self._example or example
