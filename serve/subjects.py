"""What a benchmark asks: the predictor in this process, or a server at a URL."""

import json
import threading
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from model.bundle import Bundle
from model.cores import usable_cores
from model.errors import DetenteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction

_TIMEOUT = 60  # seconds
_CLIENTS = 16  # connections: enough to keep a server busy, few enough to cost little
_BATCH = 50  # quotes a request where many wait
_LOCAL = ("127.0.0.1", "localhost", "::1")
_OK = 200


class Subject(Protocol):
    """Something that answers quotes and can be measured.

    name: for the report. threads: how many threads may call `answer` at once, and should, to keep it busy.
    batch: how many quotes it wants in one call where many wait. cores: how many of this machine's cores it computes
    on; None when it runs elsewhere.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def threads(self) -> int: ...  # noqa: D102
    @property
    def batch(self) -> int: ...  # noqa: D102
    @property
    def cores(self) -> int | None: ...  # noqa: D102

    def answer(self, quotes: Sequence[Quote]) -> Sequence[Prediction]:
        """Return one prediction a quote, in their order; safe to call from many threads."""
        ...


class InProcess:
    """A bundle's predictor in this process: a thread a core, each asked one quote at a time."""

    batch = 1

    def __init__(self, bundle: Bundle) -> None:
        self._predictor = Predictor(bundle)
        self.name = f"{bundle.manifest.name} in process"
        self.threads = self.cores = self._predictor.workers

    def answer(self, quotes: Sequence[Quote]) -> Sequence[Prediction]:
        """Answer one quote in the calling thread, more on the predictor's own."""
        if len(quotes) == 1:
            return [self._predictor.predict_one(quotes[0])]
        return self._predictor.predict(quotes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._predictor.close()


class HttpSubject:
    """A server of Detente at a URL, asked over one keep-alive connection a thread.

    Raises DetenteError for a URL that is none, and for a server that can't be reached or serves another bundle.
    """

    batch = _BATCH

    def __init__(self, url: str, bundle: Bundle, *, clients: int = _CLIENTS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise DetenteError(f"{url}: is no address of a server: give one like http://127.0.0.1:8000")
        self.name = f"{bundle.manifest.name} at {url}"
        self.threads = clients
        self.cores = usable_cores() if parts.hostname in _LOCAL else None
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._mine = threading.local()
        self._opened: list[HTTPConnection] = []
        try:
            self._check(url, bundle)
        except DetenteError:
            self._close()
            raise

    def answer(self, quotes: Sequence[Quote]) -> Sequence[Prediction]:
        """Answer quotes in one request. Raises DetenteError unless every quote was answered, OSError, TimeoutError."""
        body = json.dumps({"quotes": [{"text": quote.text, "carrier": quote.carrier} for quote in quotes]})
        results = self._ask("POST", "/v1/stance", body.encode())["results"]
        if len(results) != len(quotes):
            raise DetenteError(f"{self.name}: {len(results)} results for {len(quotes)} quotes")
        return [_prediction(result) for result in results]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        for connection in self._opened:
            connection.close()

    def _check(self, url: str, bundle: Bundle) -> None:
        try:
            served = self._ask("GET", "/v1/model")["digest"]
        except (OSError, KeyError, TypeError, DetenteError) as error:
            raise DetenteError(f"{url}: no server of Detente answers there ({error}): start `detente serve`") from error
        if served != bundle.digest:
            message = f"{url}: serves bundle {served[:12]}, not {bundle.digest[:12]} of {bundle.path}"
            raise DetenteError(f"{message}: name the served one with --bundle")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        connection = self._connection()
        kept = connection.sock is not None
        try:
            status, data = self._exchange(connection, method, path, body)
        except (ConnectionResetError, BrokenPipeError):  # a server may close a connection that was idle for long
            if not kept:
                raise
            status, data = self._exchange(connection, method, path, body)
        if status != _OK:
            raise DetenteError(f"{self.name}: status {status}: {data[:200].decode(errors='replace')}")
        try:
            return json.loads(data)
        except ValueError as error:
            raise DetenteError(f"{self.name}: answers no JSON: {data[:50]!r}") from error

    def _exchange(self, connection: HTTPConnection, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        try:
            connection.request(method, self._path + path, body, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        except OSError:
            connection.close()  # an answer may still come on it: the next request needs a fresh one
            raise
        except HTTPException as error:
            connection.close()
            raise DetenteError(f"{self.name}: broke off: {error!r}") from error

    def _connection(self) -> HTTPConnection:
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._kind(self._host, self._port, timeout=_TIMEOUT)
            self._opened.append(connection)
        return connection


def _prediction(result: Any) -> Prediction:
    if "error" in result:
        raise DetenteError(f"a quote was refused: {result['error'].get('detail', result['error'])}")
    return Prediction(result["label"], result["probabilities"], result["uncertain"], result["windows"])
