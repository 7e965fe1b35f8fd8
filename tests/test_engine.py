"""The engine: articles read as they are in process, in steps that keep nobody waiting, and dropped in time."""

import asyncio
import threading

import pytest

from model.articles.pointers import default_pointer
from model.articles.rules import Rules
from model.predictor import Predictor
from model.quote import Quote
from serve.engine import CrowdedError, DeadlineError, Engine, Models
from serve.metrics import Metrics
from serve.scheduler import ClosedError
from tests.reading import ARTICLE, Waiting, long_article, read_alone

QUOTE = Quote("We agreed to go on.")
MANY = 500


@pytest.fixture
def working(default_bundle):
    """Make engines with one worker; the pointer may be one that waits."""
    engines: list[Engine] = []

    def start(pointer=None):
        engines.append(Engine(Models(Predictor(default_bundle, workers=1), pointer or Rules()), Metrics()))
        return engines[-1]

    yield start
    for engine in engines:
        if isinstance(engine.pointer, Waiting):
            engine.pointer.let_all()
        engine.close()


@pytest.fixture
def read_one_by_one(monkeypatch):
    """Let an engine's predictor read as many quotes as a semaphore says; return it, and what was read."""
    gates = []

    def hold(engine):
        gate, texts, read = threading.Semaphore(0), [], engine.predictor.predict_encoded
        gates.append(gate)

        def wait(given):
            gate.acquire()
            texts.append(given)
            return read(given)

        monkeypatch.setattr(engine.predictor, "predict_encoded", wait)
        return gate, texts

    yield hold
    for gate in gates:
        gate.release(100_000)


async def until(true):
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


def reading(engine, text, seconds=60.0):
    return asyncio.create_task(engine.read(text, seconds, 1000))


@pytest.mark.parametrize("open_pointer", [Rules, default_pointer])
def test_articles_are_read_as_in_process(working, open_pointer):
    """The same quotes, speakers and stances to the bit, alone and beside others."""
    engine = working(open_pointer())
    texts = [ARTICLE, long_article(30), "No marks at all.", ARTICLE * 3]

    async def main():
        return await asyncio.gather(*(reading(engine, text) for text in texts * 2))

    alone = [read_alone(text, engine.pointer, engine.predictor) for text in texts]
    assert asyncio.run(main()) == alone * 2
    assert len(alone[1].article.quotes) == 30
    assert not alone[2].article.quotes
    assert not alone[2].article.rejected


def test_a_quote_does_not_wait_for_the_strings_of_an_article(working):
    """While an article of five hundred is pointed at, one quote is read after one more of its steps."""
    engine = working(Waiting(steps=0))

    async def main():
        article = reading(engine, long_article(MANY))
        await until(lambda: engine.scheduler.waiting == MANY - 1)
        quote = asyncio.create_task(engine.predict([QUOTE], 60))
        await asyncio.sleep(0)
        engine.pointer.stepping.release(2)
        await quote
        assert len(engine.pointer.stepped) <= 2
        article.cancel()

    asyncio.run(main())


def test_a_quote_does_not_wait_for_the_quotes_of_an_article(working, read_one_by_one):
    """While the stances of five hundred quotes are read, one that comes is read after one more of them."""
    engine = working(Waiting())
    gate, texts = read_one_by_one(engine)

    async def main():
        article = reading(engine, long_article(MANY))
        await until(lambda: len(engine.pointer.stepped) == MANY and engine.waiting == MANY - 1)
        quote = asyncio.create_task(engine.predict([QUOTE], 60))
        await asyncio.sleep(0)
        gate.release(3)
        await quote
        assert len(texts) <= 3
        article.cancel()

    asyncio.run(main())


def test_a_quote_does_not_wait_for_an_article_to_be_opened(working):
    """However long that takes, and with one worker only."""
    engine = working(Waiting(opening=0))

    async def main():
        article = reading(engine, ARTICLE)
        await until(lambda: engine.users == 1 and engine.waiting == 0)
        await engine.predict([QUOTE], 60)
        assert not article.done()
        engine.pointer.let_all()
        assert (await article).article.quotes

    asyncio.run(main())


def test_two_articles_take_turns(working):
    """A short one that comes later is answered first."""
    engine = working()

    async def main():
        long, short = reading(engine, long_article(MANY)), reading(engine, ARTICLE)
        await short
        assert not long.done()
        long.cancel()

    asyncio.run(main())


@pytest.mark.parametrize(("opening", "steps"), [(0, 0), (10, 0), (10, 100)])
def test_who_has_gone_is_not_read(working, opening, steps):
    """Whatever is being done for an article: once it is cancelled nothing of it waits, and others are answered."""
    engine = working(Waiting(opening=opening, steps=steps))

    async def main():
        gone, behind = reading(engine, long_article(MANY)), reading(engine, long_article(3))
        await until(lambda: len(engine.pointer.stepped) == min(steps, MANY) and engine.users == 2)
        gone.cancel()
        await asyncio.wait({gone})
        before = len(engine.pointer.stepped)
        engine.pointer.let_all()
        assert len((await behind).article.quotes) == 3
        assert len(engine.pointer.stepped) <= before + 3 + 1
        assert (engine.users, engine.waiting) == (0, 0)

    asyncio.run(main())


@pytest.mark.parametrize(("opening", "steps"), [(0, 0), (10, 0), (10, 20)])
def test_time_is_up(working, opening, steps):
    """One deadline for all that is done for an article; what is left of it is dropped."""
    engine = working(Waiting(opening=opening, steps=steps))

    async def main():
        with pytest.raises(DeadlineError):
            await engine.read(long_article(MANY), 0.2, 1000)
        assert (engine.users, engine.waiting) == (0, 0)

    asyncio.run(main())


def test_crowded_articles_are_refused(working):
    """More strings than a request may have end it before any is looked at."""
    engine = working(Waiting())

    async def main():
        assert len((await engine.read(long_article(20), 60, 20)).quotes) == 20  # the most
        with pytest.raises(CrowdedError, match="21 strings") as crowded:
            await engine.read(long_article(21), 60, 20)
        assert crowded.value.strings == 21

    asyncio.run(main())
    assert len(engine.pointer.stepped) == 20


def test_a_failing_step_belongs_to_its_article(working):
    """The error reaches who asked, and nothing of the article is left; others are answered."""
    engine = working(Waiting())
    engine.pointer.fault = ValueError("can't read this")

    async def main():
        with pytest.raises(ValueError, match="can't read this"):
            await reading(engine, ARTICLE)
        assert engine.waiting == 0
        engine.pointer.fault = None
        assert (await reading(engine, ARTICLE)).quotes

    asyncio.run(main())


@pytest.mark.parametrize(("opening", "steps"), [(0, 0), (10, 0)])
def test_closing_refuses_what_waits(working, opening, steps):
    """An article that is not answered when the engine is closed is told so, wherever it stands."""
    engine = working(Waiting(opening=opening, steps=steps))

    async def main():
        tasks = [reading(engine, long_article(MANY)) for _ in range(2)]
        await until(lambda: engine.waiting in {1, 2 * MANY - 1})
        closing = asyncio.create_task(asyncio.to_thread(engine.close))
        await until(lambda: engine.waiting == 0)
        engine.pointer.let_all()
        await closing
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, ClosedError) for outcome in outcomes)

    asyncio.run(main())
