"""What stands behind the routes: the engine that answers, how much is let in, and from when until when."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from starlette.concurrency import run_in_threadpool

from model.articles.article import JudgedArticle
from model.articles.attribution import Pointer
from model.articles.glyphs import count_signs
from model.articles.pointers import default_pointer, open_pointer
from model.bundle import open_bundle
from model.errors import BundleError, DetenteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.engine import Engine, Models
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


@dataclass(frozen=True, slots=True)
class AnsweredArticle:
    """An article with its stances, and the engine that all of it comes from."""

    engine: Engine
    article: JudgedArticle


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
        self._expected = 0  # quotes, at most, of the articles in flight
        self._engine: Engine | None = None
        self._retired: set[Engine] = set()
        self._reloading = asyncio.Lock()

    @property
    def engine(self) -> Engine:
        """The engine that answers new requests. Raises UnavailableError before there is one."""
        if self._engine is None:
            raise UnavailableError("starting", "the server is starting: ask again")
        return self._engine

    def start(self, models: Models) -> None:
        """Answer with models, which have answered for the first time when they were opened."""
        engine = self._engine = Engine(models, self.metrics)
        self.metrics.model(engine.bundle)
        if self.phase is Phase.STARTING:
            self.phase = Phase.READY
        path, pointer = str(engine.bundle.path), engine.pointer.digest
        _log.info("ready", bundle=path, digest=engine.bundle.digest, pointer=pointer)

    async def open(self) -> None:
        """Open the bundle that is set and answer with it; what is wrong with it is kept in `failure`."""
        try:
            self.start(await run_in_threadpool(open_models, self.settings))
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
        """Quotes that were admitted and that no worker has taken, and those that articles in flight may have."""
        engines = self._retired if self._engine is None else {self._engine, *self._retired}
        return self._expected + sum(engine.waiting for engine in engines)

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
        with self._admitted(len(quotes)) as engine:
            return Answered(engine, await engine.predict(quotes, seconds))

    async def read(self, text: str, seconds: float) -> AnsweredArticle:
        """Find the quotes of an article and judge them, all of it with one engine.

        How many there are is known when the article is open. Until it is answered it counts with the signs in it that
        may be quotation marks, but with no more than the quotes that a request may have: it could not bring more. So it
        is admitted once, and what waits stays within the limit. Raises what predict() raises, and CrowdedError.
        """
        most = self.settings.max_quotes
        expected = min(count_signs(text), most)
        with self._admitted(expected) as engine:
            self._expected += expected
            try:
                return AnsweredArticle(engine, await engine.read(text, seconds, most))
            finally:
                self._expected -= expected

    @contextmanager
    def _admitted(self, quotes: int) -> Iterator[Engine]:
        """Let a request in and count it until it is answered, or raise UnavailableError."""
        self.check_open()
        engine = self.engine
        if self.waiting + quotes > self.settings.max_waiting:
            detail = f"{self.waiting:,} quotes are waiting, {quotes:,} more are too many: ask again later"
            raise UnavailableError("overloaded", detail, self._seconds_to_drain(engine))
        self.in_flight += 1
        try:
            yield engine
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
                if await run_in_threadpool(read_digests, self.settings) == self.engine.digests:
                    self.metrics.reloaded("unchanged")
                    _log.info("reload: the bundles are the same", digest=self.engine.bundle.digest)
                    return self.engine
                models = await run_in_threadpool(open_models, self.settings)
            except DetenteError as error:
                self.metrics.reloaded("failed")
                _log.error("reload failed, the old bundle goes on", error=str(error))
                raise
            old, new = self.engine, Engine(models, self.metrics)
            self._engine = new
            self._retired.add(old)
            self._close_unused()
            self.metrics.model(new.bundle)
            self.metrics.reloaded("done")
            told = {"old": old.bundle.digest, "digest": new.bundle.digest, "pointer": new.pointer.digest}
            _log.info("reloaded", **told, seconds=round(time.perf_counter() - started, 3))
            return new

    def _close_unused(self) -> None:
        for engine in [engine for engine in self._retired if not engine.users]:
            self._retired.discard(engine)
            asyncio.get_running_loop().run_in_executor(None, engine.close)


def open_models(settings: Settings) -> Models:
    """Open predictor and pointer as they are set: device and threads. Raises BundleError and DeviceError."""
    try:
        return _opened(settings)
    except BundleError:
        return _opened(settings)  # the folder may have been replaced while it was read


def read_digests(settings: Settings) -> tuple[str, str | None]:
    """Return the digests of the models that open_models would open. Raises BundleError."""
    return open_bundle(settings.bundle).digest, _pointer(settings).digest


def _opened(settings: Settings) -> Models:
    bundle = open_bundle(settings.bundle)
    predictor = Predictor(bundle, workers=settings.predictor_threads, device=settings.device)
    return Models(predictor, _pointer(settings))


def _pointer(settings: Settings) -> Pointer:
    return default_pointer() if settings.pointer is None else open_pointer(settings.pointer)
