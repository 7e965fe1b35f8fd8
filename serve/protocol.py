"""HTTP/1.1 on one connection, with limits on how long and how much a client may keep the server waiting."""

import asyncio
from typing import Any, NoReturn

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serve.metrics import Metrics
from serve.problems import RequestError, raw_refusal
from serve.settings import Settings

_LARGEST_HEAD = 64 * 1024  # bytes, also of what stands between two pieces of a body and after the last
_MOST_PIPELINED = 16  # requests that wait for the answer to the one before
_VERSIONS = {"1.0", "1.1"}
_HEAD_TOO_LARGE = 431, "head_too_large", f"the request's head has more than {_LARGEST_HEAD:,} bytes"


class _StopError(Exception):
    """Stops the parser within a piece of data."""


class GuardedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which waits for ever for a request's head, and for a client that reads nothing.

    One timer runs while the client has to send: a head, or the rest of a body. Another runs while it has to read, and a
    third while it has to read the last that it gets.
    """

    def __init__(self, settings: Settings, metrics: Metrics, **given: Any) -> None:
        super().__init__(**given)
        self._settings, self._metrics = settings, metrics
        self._sending: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None  # the request that is being answered, or was last
        self._fault: tuple[int, str, str] | None = None  # for which the parser was stopped
        self._in_head = True
        self._head = 0  # bytes since the last that belong to no head: of this one so far, or of trailers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._settings.max_connections:
            self._refuse(503, "too_many_connections", "the server has no connection left: ask again later")
            return
        self._await_client(self._settings.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        for timer in (self._sending, self._reading, self._leaving):
            if timer is not None:
                timer.cancel()
        if self._running is not None and not self._running.response_complete:
            # Uvicorn tells only the request that came last, though one before it may be the one that is answered.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and bound what it keeps of a head, or of trailers."""
        self._head += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head > _LARGEST_HEAD:
            self._refuse(*_HEAD_TOO_LARGE)
        elif self._in_head and self._sending is None and self._head and self._answered:
            self._await_client(self._settings.header_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, but not a trailer: what was decided by the head stays."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin the request; its body has a time of its own."""
        self._check_head()
        super().on_headers_complete()  # raises for an address that is none, which is told as a fault of the head
        self._in_head, self._head = False, 0
        # The application's own limit comes first and tells the client; this one ends what it can't see any more.
        self._await_client(self._settings.body_seconds + 1)
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # none is done, but what follows may be of the other protocol
        if len(self.pipeline) > _MOST_PIPELINED:
            self._stop(400, "pipelined", f"more than {_MOST_PIPELINED} requests wait for their answers")

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next head: once it begins to come, for as long as for the first."""
        self._in_head, self._head = True, 0
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        super().on_message_complete()
        if self._answered:  # before its body was here, so that uvicorn's timer was stopped by the rest of it
            self._await_client(self._settings.keep_alive_seconds)

    def pause_writing(self) -> None:
        """Give a client whose answer fills the buffer some time to read."""
        super().pause_writing()
        self._reading = self.loop.call_later(self._settings.send_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()

    def on_response_complete(self) -> None:
        """Go on with the next request, or let the connection go when this was the last."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._let_go()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        self._let_go()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or was stopped."""
        self._refuse(*(self._fault or (400, "malformed_http", msg)))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _check_head(self) -> None:
        """Stop at a head that is complete, but too large or at odds with the protocol in what the parser lets pass."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > _LARGEST_HEAD:
            self._stop(*_HEAD_TOO_LARGE)
        version = self.parser.get_http_version()
        if version not in _VERSIONS:
            self._stop(400, "malformed_http", f"HTTP/{version[:10]} is not spoken here: ask with HTTP/1.1")
        if version == "1.1" and sum(name == b"host" for name, _ in self.headers) != 1:
            self._stop(400, "malformed_http", "a request has one Host header")

    def _stop(self, status: int, code: str, detail: str) -> NoReturn:
        """Refuse from within the parser, which passes on no more of the data that it has."""
        self._fault = status, code, detail
        raise _StopError

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_client(self, seconds: float) -> None:
        if self._sending is not None:
            self._sending.cancel()
        self._sending = self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._sending = None
        if self._in_head and self._head:
            self._refuse(408, "slow_head", f"no whole request within {self._settings.header_seconds:g} s")
        else:
            self._metrics.rejected("idle" if self._in_head else "slow_body")
            self.timeout_keep_alive_handler()

    def _let_go(self) -> None:
        """Close the connection; a client that has not read all of its last answer in time gets no more of it."""
        self.transport.close()
        if self._leaving is None:
            self._leaving = self.loop.call_later(self._settings.send_seconds, self.transport.abort)

    @property
    def _to_be_told(self) -> bool:
        """Whether an answer written now would be taken for one to what is being received, not to a request before."""
        running = self._running
        if self._in_head:
            return running is None or running.response_complete
        return running is not None and running is self.cycle and not running.response_started

    def _refuse(self, status: int, code: str, detail: str) -> None:
        if self.transport.is_closing():
            return
        self._metrics.rejected(code)
        if not self._to_be_told:
            self._let_go()
            return
        retry = {"Retry-After": "1"} if status == 503 else None  # noqa: PLR2004
        self.transport.write(raw_refusal("", RequestError(status, code, detail, retry), {"Connection": "close"}))
        self._let_go()
