"""HTTP/1.1 on one connection, with limits on how long and how much a client may keep the server waiting."""

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serve.metrics import Metrics
from serve.problems import MEDIA_TYPE, problem
from serve.settings import Settings

_LARGEST_HEAD = 64 * 1024  # bytes


class GuardedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which waits for ever for a request's head, and for a client that reads nothing.

    One timer runs while the client has to send: a head, or the rest of a body. Another runs while it has to read.
    """

    def __init__(self, settings: Settings, metrics: Metrics, **given: Any) -> None:
        super().__init__(**given)
        self._settings, self._metrics = settings, metrics
        self._sending: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head = 0  # bytes of it so far

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._settings.max_connections:
            self._refuse(503, "too_many_connections", "the server has no connection left: ask again later")
            return
        self._await_client(self._settings.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        for timer in (self._sending, self._reading):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and bound what it keeps of a head."""
        self._head += len(data)
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            if self._head > _LARGEST_HEAD:
                self._refuse(431, "head_too_large", f"the request's head has more than {_LARGEST_HEAD:,} bytes")
            elif self._sending is None and self._head and self._answered:
                self._await_client(self._settings.header_seconds)

    def on_headers_complete(self) -> None:
        """Begin the request; its body has a time of its own."""
        self._in_head = False
        # The application's own limit comes first and tells the client; this one ends what it can't see any more.
        self._await_client(self._settings.body_seconds + 1)
        super().on_headers_complete()

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
        self._reading = self.loop.call_later(self._settings.send_seconds, self._give_up)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one that still has not read its last answer is broken off in time."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self._settings.send_seconds, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, "malformed_http", msg)

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

    def _give_up(self) -> None:
        self.transport.abort()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._metrics.rejected(code)
        answer = problem(status, code, detail)
        body = json.dumps(answer.model_dump()).encode()
        head = (
            f"HTTP/1.1 {status} {answer.title}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n"
        )
        retry = "retry-after: 1\r\n" if status == 503 else ""  # noqa: PLR2004
        self.transport.write(f"{head}{retry}\r\n".encode() + body)
        self.transport.close()
