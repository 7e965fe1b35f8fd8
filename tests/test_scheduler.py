"""The scheduler: requests take turns, waste nothing on who has gone, and get the answers they would get alone."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.metrics import Metrics
from serve.scheduler import ClosedError, Scheduler

QUOTES = [Quote(f"We met {i} times and agreed on {i + 1} points.") for i in range(40)]


class Slow:
    """Stands in for a predictor: notes what it reads in which order, and reads no faster than the test lets it."""

    def __init__(self, *, workers=1, batch=1):
        self.workers, self.batch = workers, batch
        self.read: list[str] = []
        self.batches: list[int] = []
        self.gate = threading.Semaphore(0)

    def encode(self, quote):
        return (SimpleNamespace(ids=(1, 2, 3), text=quote.text),)

    def predict_encoded(self, read):
        self.gate.acquire()
        texts = [window.text for (window,) in read]
        self.batches.append(len(texts))
        self.read.extend(texts)
        if "bad" in texts:
            raise ValueError("can't read this")
        return [Prediction(text, {text: 1.0}, uncertain=False, windows=1) for text in texts]

    def release(self, times):
        self.gate.release(times)


@pytest.fixture
def scheduled():
    open_ones = []

    def start(predictor):
        open_ones.append((Scheduler(predictor, Metrics()), predictor))
        return open_ones[-1][0]

    yield start
    for scheduler, predictor in open_ones:
        if isinstance(predictor, Slow):
            predictor.release(10_000)
        scheduler.close()


def labels(predictions):
    return [prediction.label for prediction in predictions]


def quotes(prefix, count):
    return [Quote(f"{prefix}{i}") for i in range(count)]


async def until(true):
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


async def asked(scheduler, *requests):
    """Ask in the order given, each request once the one before is in the queue."""
    tasks = []
    for request in requests:
        tasks.append(asyncio.create_task(scheduler.predict(request)))
        await asyncio.sleep(0)
    return tasks


def test_answers_are_those_of_quotes_alone(predictor, scheduled):
    """Concurrent requests, in whatever order, get bit for bit what each quote gets alone, in their own order."""
    scheduler = scheduled(predictor)
    alone = {quote: predictor.predict_one(quote) for quote in QUOTES}

    async def ask_all():
        requests = [QUOTES, *([quote] for quote in QUOTES), QUOTES[::-1], QUOTES[::2]]
        answers = await asyncio.gather(*(scheduler.predict(request) for request in requests))
        return zip(requests, answers, strict=True)

    for request, answers in asyncio.run(ask_all()):
        assert answers == [alone[quote] for quote in request]


def test_one_quote_does_not_wait_for_a_thousand(scheduled):
    """A request that comes later is read next, after one quote of the large one."""
    slow = Slow()
    scheduler = scheduled(slow)

    async def main():
        large, small = await asked(scheduler, quotes("large", 1000), [Quote("small")])
        slow.release(3)
        await small
        assert not large.done()
        assert slow.read.index("small") <= 2
        large.cancel()

    asyncio.run(main())


def test_three_requests_take_turns(scheduled):
    """Quote by quote: no request gets ahead of another by more than one."""
    slow = Slow()
    scheduler = scheduled(slow)

    async def main():
        tasks = await asked(scheduler, quotes("a", 5), quotes("b", 5), quotes("c", 5))
        slow.release(15)
        assert [len(answers) for answers in await asyncio.gather(*tasks)] == [5, 5, 5]

    asyncio.run(main())
    taken = [text[0] for text in slow.read]
    for end in range(2, len(taken)):
        counts = [taken[1:end].count(each) for each in "abc"]
        assert max(counts) - min(counts) <= 1 + (taken[0] == "a")


def test_who_has_gone_is_not_read(scheduled):
    """A cancelled request's other quotes are dropped, and the next request is served."""
    slow = Slow()
    scheduler = scheduled(slow)

    async def main():
        gone, here = await asked(scheduler, quotes("gone", 100), [Quote("here")])
        gone.cancel()
        await asyncio.wait({gone})
        assert scheduler.waiting == 1
        slow.release(2)
        assert labels(await here) == ["here"]

    asyncio.run(main())
    assert sum(text.startswith("gone") for text in slow.read) <= 1


def test_a_failure_belongs_to_its_request(scheduled):
    """The error reaches who asked for it; the worker lives on."""
    slow = Slow()
    slow.release(10)
    scheduler = scheduled(slow)

    async def main():
        with pytest.raises(ValueError, match="can't read this"):
            await scheduler.predict([Quote("bad"), Quote("fine")])
        assert labels(await scheduler.predict([Quote("good")])) == ["good"]

    asyncio.run(main())


def test_batches_take_what_is_there(scheduled):
    """With a batch of eight, a lone quote does not wait for more, and what waits is taken eight at a time."""
    slow = Slow(batch=8)
    scheduler = scheduled(slow)

    async def main():
        slow.release(1)
        assert labels(await scheduler.predict([Quote("alone")])) == ["alone"]
        tasks = await asked(scheduler, quotes("a", 20), quotes("b", 3))
        slow.release(10)
        assert [len(answers) for answers in await asyncio.gather(*tasks)] == [20, 3]

    asyncio.run(main())
    assert slow.batches[0] == 1
    assert max(slow.batches) == 8
    assert sum(slow.batches) == 24


def test_steps_keep_their_turn_among_batches(scheduled):
    """A step is run alone, before the quotes that came after it; quotes are still read eight at a time."""
    slow = Slow(batch=8)
    scheduler = scheduled(slow)

    async def main():
        (first,) = await asked(scheduler, [Quote("first")])
        await until(lambda: scheduler.waiting == 0)
        tasks = await asked(scheduler, quotes("a", 10), quotes("b", 6))
        steps = asyncio.create_task(scheduler.run([lambda: len(slow.read)] * 3))
        await asyncio.sleep(0)
        slow.release(10)
        await asyncio.gather(first, *tasks)
        assert await steps == [9, 17, 17]

    asyncio.run(main())
    assert slow.batches == [1, 8, 8]


def test_all_workers_work(scheduled):
    """As many quotes are read at a time as the predictor has workers."""
    slow = Slow(workers=3)
    scheduler = scheduled(slow)

    async def main():
        (task,) = await asked(scheduler, quotes("q", 6))
        await until(lambda: scheduler.waiting == 3)
        slow.release(6)
        assert len(await task) == 6

    asyncio.run(main())


def test_no_quotes_no_wait(scheduled):
    """An empty request is answered at once."""
    assert asyncio.run(scheduled(Slow()).predict([])) == []


def test_closing_refuses_what_waits():
    """What is being read is answered, what waits and what comes later is refused."""
    slow: Any = Slow()
    scheduler = Scheduler(slow, Metrics())

    async def main():
        tasks = await asked(scheduler, [Quote("first")], quotes("waiting", 5))
        await until(lambda: scheduler.waiting == 5)
        closing = asyncio.create_task(asyncio.to_thread(scheduler.close))
        await until(lambda: scheduler.waiting == 0)
        slow.release(10)
        await closing
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert labels(outcomes[0]) == ["first"]
        assert isinstance(outcomes[1], ClosedError)
        with pytest.raises(ClosedError):
            await scheduler.predict([Quote("late")])

    asyncio.run(main())


def test_threads_end(tiny_bundle):
    """After close no worker is left."""
    with Predictor(tiny_bundle, workers=2) as predictor:
        before = threading.active_count()
        scheduler = Scheduler(predictor, Metrics())
        assert threading.active_count() == before + 2
        scheduler.close()
        assert threading.active_count() == before
