"""The service: let in or refused whole, one bundle an answer, the old one kept when the new one is bad."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from model.errors import BundleError
from model.quote import Quote
from serve.metrics import Metrics
from serve.service import Phase, Service, UnavailableError, open_models
from serve.settings import Settings

QUOTES = [Quote(f"We met {i} times.") for i in range(20)]


def opened(settings):
    service = Service(settings, Metrics())
    service.start(open_models(settings))
    return service


def served(settings, use):
    """Run `use` on a service that is open, and close it."""

    async def main():
        service = opened(settings)
        try:
            return await use(service)
        finally:
            await service.close()

    return asyncio.run(main())


@pytest.fixture
def held(monkeypatch):
    """Keep the workers from reading until the test lets them."""
    gate = threading.Event()

    def hold(service):
        read = service.engine.predictor.predict_encoded
        monkeypatch.setattr(service.engine.predictor, "predict_encoded", lambda given: (gate.wait(60), read(given))[1])
        return gate

    yield hold
    gate.set()


@pytest.fixture
def folder(default_bundle, tmp_path):
    return shutil.copytree(default_bundle.path, tmp_path / "bundle")


def test_answers_name_their_engine(predictor):
    """Predictions come in the order of the quotes, with the bundle that made them."""

    async def use(service):
        return await service.predict(QUOTES, 60), service.engine

    answered, engine = served(Settings(), use)
    assert answered.predictions == predictor.predict(QUOTES)
    assert answered.engine is engine


def test_opening_comes_after_starting(default_bundle):
    """Before the bundle is open nothing is answered; a bundle that can't be opened is told and kept as failure."""

    async def main():
        service = Service(Settings(), Metrics())
        with pytest.raises(UnavailableError, match="starting"):
            await service.predict(QUOTES, 60)
        await service.open()
        assert (service.phase, service.engine.bundle.digest) == (Phase.READY, default_bundle.digest)
        await service.close()

        told = []
        missing = Service(Settings(bundle=Path("/nowhere")), Metrics())
        missing.on_failure = lambda: told.append(missing.failure)
        await missing.open()
        assert missing.phase is Phase.FAILED
        assert isinstance(told[0], BundleError)

    asyncio.run(main())


def test_requests_are_refused_whole_when_too_many_wait(held):
    """Beyond the quotes that may wait a request is refused before any of it is read; when they are read it is taken."""

    async def use(service):
        gate = held(service)
        first = asyncio.create_task(service.predict(QUOTES[:10], 60))
        await asyncio.sleep(0.2)
        waiting = service.waiting
        with pytest.raises(UnavailableError) as refused:
            await service.predict(QUOTES[:5], 60)
        assert (refused.value.reason, service.waiting) == ("overloaded", waiting)
        assert refused.value.retry_after >= 1
        gate.set()
        await first
        return await service.predict(QUOTES[:5], 60)

    assert len(served(Settings(max_quotes=10, max_waiting=12, threads=1), use).predictions) == 5


def test_requests_in_flight_are_limited(held):
    """So many requests at a time, whatever their size; each that ends makes room."""

    async def use(service):
        gate = held(service)
        tasks = [asyncio.create_task(service.predict(QUOTES[:1], 60)) for _ in range(3)]
        await asyncio.sleep(0.2)
        with pytest.raises(UnavailableError, match="as many requests"):
            service.check_open()
        gate.set()
        await asyncio.gather(*tasks)
        service.check_open()

    served(Settings(max_requests=3), use)


def test_retry_after_is_the_time_to_drain(held):
    """It is what waits over the rate at which quotes are read."""

    async def use(service):
        gate = held(service)
        task = asyncio.create_task(service.predict(QUOTES * 5, 60))
        await asyncio.sleep(0.2)
        service.engine.scheduler._seconds = 0.5
        with pytest.raises(UnavailableError) as refused:
            await service.predict(QUOTES, 60)
        gate.set()
        await task
        return refused.value.retry_after

    assert 45 <= served(Settings(max_quotes=100, max_waiting=100, threads=1), use) <= 50


def test_draining_takes_nothing_new(held):
    """What is in flight is answered, what comes is refused."""

    async def use(service):
        gate = held(service)
        task = asyncio.create_task(service.predict(QUOTES, 60))
        await asyncio.sleep(0.1)
        service.drain()
        with pytest.raises(UnavailableError, match="shutting down"):
            await service.predict(QUOTES, 60)
        gate.set()
        return await task

    assert len(served(Settings(), use).predictions) == len(QUOTES)


def test_reload_swaps_between_answers(folder, held, rename):
    """What is in flight ends with the old bundle, what comes gets the new one; the old one's threads end."""

    async def use(service):
        old, gate = service.engine, held(service)
        task = asyncio.create_task(service.predict(QUOTES, 60))
        await asyncio.sleep(0.1)
        rename(folder, "another")
        new = await service.reload()
        assert new.bundle.manifest.name == "another"
        assert (await service.predict(QUOTES[:1], 60)).engine is new
        assert not task.done()
        gate.set()
        assert (await task).engine is old
        assert not service._retired
        await asyncio.to_thread(old.close)
        return [thread for thread in old.scheduler._workers if thread.is_alive()]

    assert served(Settings(bundle=folder), use) == []


def test_reload_of_the_same_bundle_changes_nothing(folder):
    """The engine stays."""

    async def use(service):
        before = service.engine
        return await service.reload() is before

    assert served(Settings(bundle=folder), use)


def test_reload_of_a_bad_bundle_keeps_the_old_one(folder):
    """The error is told and answers go on."""

    async def use(service):
        before = service.engine
        (folder / "tokenizer.json").write_text("{}")
        with pytest.raises(BundleError, match=r"tokenizer\.json"):
            await service.reload()
        return before is service.engine, await service.predict(QUOTES, 60)

    same, answered = served(Settings(bundle=folder), use)
    assert same
    assert len(answered.predictions) == len(QUOTES)


def test_reloads_under_load_drop_and_mix_nothing(folder, predictor, rename):
    """While bundles are swapped again and again, every request gets all its answers, all right, from one engine."""
    expected = predictor.predict(QUOTES)

    async def use(service):
        stop = asyncio.Event()
        seen = set()

        async def client():
            while not stop.is_set():
                answered = await service.predict(QUOTES, 60)
                assert answered.predictions == expected
                seen.add(answered.engine.bundle.digest)

        clients = [asyncio.create_task(client()) for _ in range(4)]
        for number in range(4):
            rename(folder, f"n{number}")
            await service.reload()
        stop.set()
        await asyncio.gather(*clients)
        return len(seen)

    assert served(Settings(bundle=folder), use) >= 2
