"""How often each may ask: rates as they are written, and requests counted in a moving window."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from importlib.util import find_spec
from itertools import islice
from typing import Protocol

from limits import RateLimitItem, parse_many
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from model.errors import DetenteError
from serve.logs import get_logger
from serve.settings import PREFIX, Settings

_MOST = 100_000  # requests of a window, since each is remembered for as long as it lasts
_LONGEST = 366 * 24 * 3600
_SHARED = ("redis", "valkey")
_SHARED_SECONDS = 0.5
_SHARED_PAUSE = 5.0
_SHOWN = 16

_log = get_logger()


class RateError(DetenteError):
    """A rate or a storage that can't be used; names the place, and shows no password."""


def read_rate(text: str, where: str) -> RateLimitItem:
    """Return the rate that was written as 600/minute or 10/5minutes. Raises RateError."""
    example = "write it as 600/minute or 10/5minutes"
    try:
        rates = parse_many(text)
    except ValueError:
        raise RateError(f"{where}: {shortened(text)!r} is no rate: {example}") from None
    if len(rates) > 1:
        raise RateError(f"{where}: {shortened(text)!r} are {len(rates)} rates: give one")
    rate = rates[0]
    if rate.amount < 1:
        raise RateError(f"{where}: the rate {shortened(text)} lets nothing through: {example}, or take the key away")
    if rate.amount > _MOST or rate.get_expiry() > _LONGEST:
        most = f"at most {_MOST:,} requests are counted, in at most a year"
        raise RateError(f"{where}: the rate {shortened(text)} is too large, {most}: take a shorter time")
    return rate


def notation(rate: RateLimitItem) -> str:
    """Return a rate the way it is configured."""
    return f"{rate.amount}/{rate.multiples if rate.multiples > 1 else ''}{rate.GRANULARITY.name}"


def shortened(text: str) -> str:
    """Return what an error may show of a text that may be a token or a hash."""
    return text if len(text) <= _SHOWN else f"{text[:8]}…"


class Rates:
    """How often each may ask. Raises RateError for a rate or a storage that can't be used, and opens no connection.

    Every request of the last window counts, so there is no edge of a minute at which twice as many pass. With
    memory:// each process counts for itself; a storage that processes share is one of Redis or Valkey. When that fails
    or takes too long, requests pass uncounted and the log says so: a store of counts shall not stop the answers.
    """

    def __init__(self, settings: Settings) -> None:
        self.default = read_rate(settings.rate_limit, f"{PREFIX}RATE_LIMIT") if settings.rate_limit else None
        self._window = _window(settings.rate_storage)

    async def wait(self, rate: RateLimitItem, who: str) -> float | None:
        """Count a request and return None, or return the seconds until one may pass."""
        return await self._window.wait(rate, who)


class _Window(Protocol):
    async def wait(self, rate: RateLimitItem, who: str) -> float | None: ...


class MemoryWindow:
    """Counts in this process.

    The stores of limits are not taken for this: with 200 clients its asynchronous one keeps a core busy with tidying,
    the other starts a thread a request, and keeps every client for ever.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: OrderedDict[str, deque[float]] = OrderedDict()  # when requests stop to count; last asked, last

    def __len__(self) -> int:
        return len(self._ends)

    async def wait(self, rate: RateLimitItem, who: str) -> float | None:
        """Count a request and return None, or return the seconds until one may pass."""
        now = self._clock()
        self._forget(now)
        ends = self._ends.setdefault(who, deque())
        while ends and ends[0] <= now:
            ends.popleft()
        if len(ends) >= rate.amount:
            return ends[0] - now
        ends.append(now + rate.get_expiry())
        self._ends.move_to_end(who)
        return None

    def _forget(self, now: float) -> None:
        """Drop at most two who fell silent, so that more can go than come and no request pays for all of them."""
        for who, ends in tuple(islice(self._ends.items(), 2)):
            if ends[-1] > now:
                break
            del self._ends[who]


class _SharedWindow:
    """Counts where several processes see it, and lets pass what can't be counted."""

    def __init__(self, limiter: MovingWindowRateLimiter) -> None:
        self._limiter, self._resume = limiter, 0.0

    async def wait(self, rate: RateLimitItem, who: str) -> float | None:
        if time.monotonic() < self._resume:
            return None
        try:
            async with asyncio.timeout(_SHARED_SECONDS):
                if await self._limiter.hit(rate, "detente", who):
                    return None
                reset, left = await self._limiter.get_window_stats(rate, "detente", who)
        except Exception as error:  # noqa: BLE001, whatever its client raises
            if time.monotonic() >= self._resume:  # told once, not by each request that was waiting
                self._resume = time.monotonic() + _SHARED_PAUSE
                name = type(error).__name__
                _log.warning("the storage of rates failed, requests pass uncounted", error=name, seconds=_SHARED_PAUSE)
            return None
        return 0 if left > 0 else reset - time.time()


def _window(uri: str) -> _Window:
    if uri == "memory://":
        return MemoryWindow()
    scheme, mark, rest = uri.partition("://")
    where = f"{PREFIX}RATE_STORAGE {scheme}://…" if mark else f"{PREFIX}RATE_STORAGE"  # the rest may hold a password
    package = next((name for name in _SHARED if mark and scheme.startswith(name)), None)
    if package is None:
        raise RateError(f"{where}: is no storage of rates: write memory://, or redis://HOST:6379 for several processes")
    if find_spec(package) is None:
        raise RateError(f"{where}: the Python package {package} is not installed: pip install {package}")
    try:
        return _SharedWindow(
            MovingWindowRateLimiter(storage_from_string(f"async+{scheme}://{rest}", implementation="redispy"))
        )
    except (ConfigurationError, ValueError):
        example = f"write {package}://HOST:6379, and have a current version of the Python package {package}"
        raise RateError(f"{where}: can't be used: {example}") from None
