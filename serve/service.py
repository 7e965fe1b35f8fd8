"""What stands behind the routes: the engine that answers, how much is let in, and from when until when."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.concurrency import run_in_threadpool

from model.bundle import open_bundle
from model.errors import BundleError, DetenteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.engine import Engine
from serve.logs import get_logger
from serve.metrics import Metrics
from serve.settings import Settings

_log = get_logger()


class Phase(StrEnum):
    """Where a process stands; it takes requests when it is ready, and while it is leaving, but says that it is not."""

    STARTING = "starting"
    READY = "ready"
    LEAVING = "leaving"
    DRAINING = "draining"
    FAILED = "failed"


class UnavailableError(Exception):
    """A request that comes too early, too late or on top of too many; reason: for the metrics, retry_after: in s."""

    def __init__(self, reason: str, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.reason, self.retry_after = reason, retry_after


@dataclass(frozen=True, slots=True)
class Answered:
    """Predictions in the order of the quotes, and the engine that all of them come from."""

    engine: Engine
    predictions: list[Prediction]


class Service:
    """The model of a process, which can be exchanged while it answers, behind limits on what is in flight.

    All but the engines' own threads happens in one event loop. on_failure is called when the first bundle can't be
    opened; spread tells other processes of the same server to reload, too.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings, self.metrics = settings, metrics
        self.phase = Phase.STARTING
        self.failure: DetenteError | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self.spread: Callable[[], None] = lambda: None
        self.in_flight = 0  # requests
        self.buffered = 0  # bytes of bodies
        self._engine: Engine | None = None
        self._retired: set[Engine] = set()
        self._reloading = asyncio.Lock()

    @property
    def engine(self) -> Engine:
        """The engine that answers new requests. Raises UnavailableError before there is one."""
        if self._engine is None:
            raise UnavailableError("starting", "the server is starting: ask again")
        return self._engine

    def start(self, predictor: Predictor) -> None:
        """Answer with a predictor, which has read a first quote when it was opened."""
        self._engine = Engine(predictor, self.metrics)
        self.metrics.model(predictor.bundle)
        if self.phase is Phase.STARTING:
            self.phase = Phase.READY
        _log.info("ready", bundle=str(predictor.bundle.path), digest=predictor.bundle.digest)

    async def open(self) -> None:
        """Open the bundle that is set and answer with it; what is wrong with it is kept in `failure`."""
        try:
            self.start(await run_in_threadpool(open_predictor, self.settings))
        except DetenteError as error:
            self.phase, self.failure = Phase.FAILED, error
            _log.error("failed to start", error=str(error))
            self.on_failure()

    def leave(self) -> None:
        """Go on to answer, but say that the process is not ready, so that balancers send their requests elsewhere."""
        self.phase = Phase.LEAVING

    def drain(self) -> None:
        """Take no further requests; those in flight are answered."""
        self.phase = Phase.DRAINING

    async def close(self) -> None:
        """End the engines. Requests that still wait get ClosedError."""
        self.phase = Phase.DRAINING
        for engine in [self._engine, *self._retired]:
            if engine is not None:
                await run_in_threadpool(engine.close)

    @property
    def waiting(self) -> int:
        """Quotes that were admitted and that no worker has taken."""
        engines = self._retired if self._engine is None else {self._engine, *self._retired}
        return sum(engine.scheduler.waiting for engine in engines)

    def check_staying(self) -> None:
        """Raise UnavailableError once the process is to end."""
        if self.phase is Phase.DRAINING:
            raise UnavailableError("draining", "the server is shutting down: ask again, another one will answer")

    def check_open(self) -> None:
        """Raise UnavailableError unless a request with quotes could be admitted: before its body is read."""
        self.check_staying()
        engine = self.engine
        if self.in_flight >= self.settings.max_requests or self.waiting >= self.settings.max_waiting:
            detail = "as many requests as the server takes are waiting for their answers: ask again later"
            raise UnavailableError("overloaded", detail, self._seconds_to_drain(engine))

    async def predict(self, quotes: Sequence[Quote], seconds: float) -> Answered:
        """Answer quotes, all of them with one engine.

        Raises UnavailableError, before any is read, when they are too many on top of what waits; DeadlineError after so
        many seconds; ClosedError at the end of the process.
        """
        self.check_open()
        engine = self.engine
        if self.waiting + len(quotes) > self.settings.max_waiting:
            detail = f"{self.waiting:,} quotes are waiting, {len(quotes):,} more are too many: ask again later"
            raise UnavailableError("overloaded", detail, self._seconds_to_drain(engine))
        self.in_flight += 1
        try:
            return Answered(engine, await engine.predict(quotes, seconds))
        finally:
            self.in_flight -= 1
            self._close_unused()

    def _seconds_to_drain(self, engine: Engine) -> int:
        """Return the time, in whole seconds, in which what waits now will have been read at the measured rate."""
        return max(1, math.ceil(self.waiting / engine.scheduler.rate))

    async def reload(self) -> Engine:
        """Open the bundle that is set anew and let it answer from now on; what is in flight ends with the old one.

        Raises DetenteError for a bundle that can't be opened: then the old one goes on, as it does when it is the same.
        """
        async with self._reloading:
            started = time.perf_counter()
            try:
                digest = (await run_in_threadpool(open_bundle, self.settings.bundle)).digest
                if digest == self.engine.bundle.digest:
                    self.metrics.reloaded("unchanged")
                    _log.info("reload: the bundle is the same", digest=digest)
                    return self.engine
                predictor = await run_in_threadpool(open_predictor, self.settings)
            except DetenteError as error:
                self.metrics.reloaded("failed")
                _log.error("reload failed, the old bundle goes on", error=str(error))
                raise
            old, self._engine = self.engine, Engine(predictor, self.metrics)
            self._retired.add(old)
            self._close_unused()
            self.metrics.model(predictor.bundle)
            self.metrics.reloaded("done")
            seconds = round(time.perf_counter() - started, 3)
            _log.info("reloaded", old=old.bundle.digest, digest=predictor.bundle.digest, seconds=seconds)
            return self.engine

    def _close_unused(self) -> None:
        for engine in [engine for engine in self._retired if not engine.users]:
            self._retired.discard(engine)
            asyncio.get_running_loop().run_in_executor(None, engine.close)


def open_predictor(settings: Settings) -> Predictor:
    """Open the bundle on the device and with the threads that are set. Raises BundleError and DeviceError."""
    try:
        return _opened(settings)
    except BundleError:
        return _opened(settings)  # the folder may have been replaced while it was read


def _opened(settings: Settings) -> Predictor:
    return Predictor(open_bundle(settings.bundle), workers=settings.predictor_threads, device=settings.device)
