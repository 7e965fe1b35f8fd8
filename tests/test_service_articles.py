"""Articles behind the service: let in or refused whole by what they may bring, one engine an answer."""

import asyncio
import shutil
from contextlib import asynccontextmanager

import pytest

from model.articles.pointers import POINTER_BUNDLE
from model.quote import Quote
from serve.engine import CrowdedError, Models
from serve.metrics import Metrics
from serve.service import Service, UnavailableError, open_models
from serve.settings import Settings
from tests.reading import ARTICLE, Waiting, long_article

QUOTES = [Quote(f"We met {i} times.") for i in range(20)]
MARKED = long_article(4)  # eight signs


@asynccontextmanager
async def serving(settings, pointer):
    """A service with a pointer that waits."""
    service = Service(settings, Metrics())
    opened = open_models(settings)
    service.start(Models(opened.predictor, pointer))
    try:
        yield service
    finally:
        pointer.let_all()
        await service.close()


async def until(true):
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


def rejected(service):
    with pytest.raises(UnavailableError) as refused:
        service.check_open()
    return refused.value


@pytest.mark.parametrize("stands", [{"opening": 0}, {"steps": 0}, {"steps": 2}])
def test_articles_are_refused_whole_by_what_they_may_bring(stands):
    """From admission to answer an article counts with the signs in it, whatever is being done for it."""

    async def main():
        pointer = Waiting(**stands)
        async with serving(Settings(max_quotes=10, max_waiting=17, threads=1), pointer) as service:
            first = asyncio.create_task(service.read(MARKED, 60))
            await until(lambda: len(pointer.stepped) == stands.get("steps", 0) and service.in_flight)
            assert service.waiting >= 8
            with pytest.raises(UnavailableError, match="are too many") as refused:
                await service.predict(QUOTES[:10], 60)
            assert (refused.value.reason, refused.value.retry_after >= 1) == ("overloaded", True)
            with pytest.raises(UnavailableError, match="10 more are too many"):
                await service.read(MARKED * 9, 60)
            pointer.let_all()
            assert len((await first).article.quotes) == 4
            assert (service.waiting, service.in_flight) == (0, 0)
            assert len((await service.read(MARKED, 60)).article.quotes) == 4

    asyncio.run(main())


def test_an_idle_server_takes_any_article():
    """More signs than may wait are no reason to come again later: too many strings are told as such."""

    async def main():
        async with serving(Settings(max_quotes=10, max_waiting=10), Waiting()) as service:
            assert not (await service.read("''''''' it's the ministers' " * 100, 60)).article.quotes
            with pytest.raises(CrowdedError):
                await service.read(long_article(11), 60)
            assert (service.waiting, service.in_flight) == (0, 0)
            return service.check_open()

    asyncio.run(main())


def test_an_article_is_one_request_in_flight():
    """As many requests at a time as the settings say, whatever they ask."""

    async def main():
        pointer = Waiting(opening=0)
        async with serving(Settings(max_requests=2), pointer) as service:
            tasks = [asyncio.create_task(service.read(ARTICLE, 60)) for _ in range(2)]
            await until(lambda: service.in_flight == 2)
            assert "as many requests" in str(rejected(service))
            pointer.let_all()
            await asyncio.gather(*tasks)
            service.check_open()

    asyncio.run(main())


def test_what_waits_stays_within_the_limit():
    """Many articles and quotes at once: some are refused, and never more waits than may."""

    async def main():
        settings = Settings(max_quotes=40, max_waiting=100, threads=1)
        async with serving(settings, Waiting()) as service:
            tasks = [asyncio.create_task(service.read(long_article(40), 60)) for _ in range(6)]
            tasks += [asyncio.create_task(service.predict(QUOTES, 60)) for _ in range(6)]
            most = 0
            while not all(task.done() for task in tasks):
                most = max(most, service.engine.waiting)
                await asyncio.sleep(0.001)
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            refused = [outcome for outcome in outcomes if isinstance(outcome, UnavailableError)]
            assert 0 < len(refused) < len(tasks)
            assert len(outcomes) - len(refused) == sum(not isinstance(each, Exception) for each in outcomes)
            assert most <= settings.max_waiting

    asyncio.run(main())


@pytest.fixture
def folders(default_bundle, tmp_path):
    """The folders of a predictor and a pointer."""
    pairs = ((default_bundle.path, "bundle"), (POINTER_BUNDLE, "pointer"))
    return [shutil.copytree(path, tmp_path / name) for path, name in pairs]


def test_reloads_under_load_mix_nothing(folders, rename):
    """While predictor and pointer are exchanged, every article is read by one pair of them, and all are answered."""
    bundle, pointer = folders
    settings = Settings(bundle=bundle, pointer=pointer)

    async def main():
        service = Service(settings, Metrics())
        service.start(open_models(settings))
        stop, seen, pairs = asyncio.Event(), set(), {service.engine.digests}
        expected = (await service.read(ARTICLE, 60)).article

        async def client():
            while not stop.is_set():
                answered = await service.read(ARTICLE, 60)
                assert answered.article == expected
                seen.add(answered.engine.digests)

        clients = [asyncio.create_task(client()) for _ in range(4)]
        for number in range(4):
            rename((bundle, pointer)[number % 2], f"n{number}")
            pairs.add((await service.reload()).digests)
            await asyncio.sleep(0.1)
        assert await service.reload() is service.engine  # unchanged
        stop.set()
        await asyncio.gather(*clients)
        await service.close()
        assert len(pairs) == 5
        assert len(seen) >= 2
        assert seen <= pairs

    asyncio.run(main())
