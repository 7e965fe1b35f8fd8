"""Rates: how they are written, and that no more pass than they say."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits.aio.storage import MemoryStorage
from limits.errors import ConfigurationError
from structlog.testing import capture_logs

from serve import rates as module
from serve.rates import MemoryWindow, RateError, Rates, notation, read_rate
from serve.settings import Settings

HOURLY = read_rate("1/hour", "here")
REDIS = "redis://x:secret@192.0.2.1:6379"


@given(st.integers(1, 100_000), st.integers(1, 300), st.sampled_from(("second", "minute", "hour", "day")))
def test_rates_are_written_as_they_are_read(amount, multiples, unit):
    """Every way to write a rate means the same, and the notation of a rate gives it again."""
    rate = read_rate(f"{amount}/{multiples}{unit}", "here")
    assert read_rate(f"{amount} per {multiples} {unit}s", "here") == rate
    assert (rate.amount, rate.get_expiry()) == (amount, multiples * rate.GRANULARITY.seconds)
    assert read_rate(notation(rate), "here") == rate
    assert " " not in notation(rate)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("often", "here: 'often' is no rate: write it as 600/minute"),
        ("", "here: '' is no rate"),
        ("5/fortnight", "'5/fortnight' is no rate"),
        ("-5/minute", "is no rate"),
        ("0/minute", "the rate 0/minute lets nothing through"),
        ("5/minute;6/day", "'5/minute;6/day' are 2 rates: give one"),
        ("100001/day", "the rate 100001/day is too large, at most 100,000 requests are counted"),
        ("1/99999years", "too large"),
        ("9" * 5000 + "/day", "'99999999…' is no rate"),
    ],
)
def test_bad_rates_are_named(text, message):
    """The error names the place, what stands there and how to write it."""
    with pytest.raises(RateError) as caught:
        read_rate(text, "here")
    assert message in str(caught.value)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 7)), max_size=60), st.integers(1, 4), st.integers(1, 20)
)
def test_a_window_never_holds_more_than_the_rate(asked, amount, seconds):
    """A request passes exactly when fewer than the rate did within the window, and the wait that is told is right."""
    now = 0.0
    window, rate = MemoryWindow(lambda: now), read_rate(f"{amount}/{seconds}seconds", "here")
    passed: dict[str, list[float]] = {who: [] for who in "abc"}
    for who, later in asked:
        now += later
        wait = asyncio.run(window.wait(rate, who))
        recent = [each for each in passed[who] if each > now - seconds]
        if len(recent) < amount:
            assert wait is None
            passed[who].append(now)
        else:
            assert wait == recent[0] + seconds - now


def test_silent_clients_are_forgotten():
    """What is kept is bounded by who asked within a window, not by who has ever asked."""
    now = 0.0
    window, rate = MemoryWindow(lambda: now), read_rate("5/minute", "here")

    async def many():
        nonlocal now
        for number in range(300):
            now += 1
            await window.wait(rate, f"client {number}")
            assert len(window) <= 61
        for number in range(100):  # all at once
            await window.wait(rate, f"more {number}")
        now += 60
        for _ in range(100):
            await window.wait(rate, "the only one")
            now += 1
        assert len(window) == 1

    asyncio.run(many())


def shared(monkeypatch, storage):
    """Return rates that are counted in a storage as beyond the process."""
    monkeypatch.setattr(module, "find_spec", lambda _: object())
    monkeypatch.setattr(module, "storage_from_string", lambda *_, **__: storage)
    return Rates(Settings(rate_storage=REDIS))


def test_processes_share_a_storage(monkeypatch):
    """Two processes with one storage let pass what one would, and tell when the next may."""
    storage = MemoryStorage()
    one, other = shared(monkeypatch, storage), shared(monkeypatch, storage)

    async def both():
        return [await rates.wait(HOURLY, who) for rates in (one, other) for who in "ab"]

    first, second, *waits = asyncio.run(both())
    assert first is second is None
    assert all(3000 < wait <= 3600 for wait in waits)


@pytest.mark.parametrize("fault", ["fails", "hangs"])
def test_failing_storage_lets_pass(monkeypatch, fault):
    """Without its storage the server goes on without counting; it warns once, and leaves the storage alone a while."""
    tried = []

    class Broken(MemoryStorage):
        async def acquire_entry(self, *_, **__):
            tried.append(1)
            await (asyncio.Event().wait() if fault == "hangs" else asyncio.sleep(0))
            raise ConnectionError("x:secret@192.0.2.1 is down")

    monkeypatch.setattr(module, "_SHARED_SECONDS", 0.01)
    rates = shared(monkeypatch, Broken())

    async def ask():
        together = await asyncio.gather(*(rates.wait(HOURLY, "a") for _ in range(3)))
        return [*together, await rates.wait(HOURLY, "a")]

    with capture_logs() as logs:
        assert asyncio.run(ask()) == [None] * 4
    assert len(tried) == 3
    assert [line["log_level"] for line in logs] == ["warning"]
    assert "secret" not in str(logs)
    monkeypatch.setattr(rates._window, "_resume", 0.0)
    asyncio.run(rates.wait(HOURLY, "a"))
    assert len(tried) == 4


@pytest.mark.parametrize(
    ("uri", "installed", "message"),
    [
        ("paper", True, "DETENTE_RATE_STORAGE: is no storage of rates: write memory://, or redis://HOST:6379"),
        ("x:secret@h", True, "DETENTE_RATE_STORAGE: is no storage"),
        ("memcached://x:secret@h:1", True, "DETENTE_RATE_STORAGE memcached://…: is no storage of rates"),
        (REDIS, False, "redis://…: the Python package redis is not installed: pip install redis"),
        ("valkeys://x:secret@h:1", False, "package valkey is not installed"),
        ("redisx://x:secret@h:1", True, "redisx://…: can't be used: write redis://HOST:6379"),
    ],
)
def test_bad_storages_are_named(monkeypatch, uri, installed, message):
    """A storage that can't be used is told at once, without the password that its address may hold."""

    def refuse(uri, **_):
        raise ConfigurationError(f"unknown: {uri}")

    monkeypatch.setattr(module, "find_spec", lambda _: object() if installed else None)
    monkeypatch.setattr(module, "storage_from_string", refuse)
    with pytest.raises(RateError) as caught:
        Rates(Settings(rate_storage=uri))
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)
