"""A light HTTP/1.1 client for measuring: connections that are kept, as little work a request as can be."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

import httptools


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; seconds: from when the request was written until its last byte came. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Client:
    """Asks one server over as many connections as requests are in flight. Raises OSError when it breaks off."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._idle: deque[_Connection] = deque()

    async def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request, POST with a body of JSON and GET without, and return the answer."""
        request = _request(self._host, path, body, headers or {})
        connection, kept = await self._connection()
        try:
            reply = await connection.ask(request)
        except ConnectionResetError:
            if not kept:
                raise
            # The server may close a connection that was idle at the very moment at which it is used again.
            connection = await self._new_connection()
            reply = await connection.ask(request)
        if connection.usable:
            self._idle.append(connection)
        return reply

    async def _connection(self) -> "tuple[_Connection, bool]":
        """Return a connection, and whether it was used before."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection, True
        return await self._new_connection(), False

    async def _new_connection(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, self._host, self._port))[1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        while self._idle:
            self._idle.pop().close()


def _request(host: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if body is None:
        return f"GET {path} HTTP/1.1\r\nhost: {host}\r\n{named}\r\n".encode()
    kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\nhost: {host}\r\n{kind}{named}\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """One connection, one request at a time; the on_ methods are called by the parser."""

    def __init__(self) -> None:
        self.usable = True
        self._reset()

    def _reset(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    async def ask(self, request: bytes) -> Reply:
        self._reset()
        self._reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._started = time.perf_counter()
        self._transport.write(request)
        try:
            return await self._reply
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        self.usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no class of asyncio

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        reply = getattr(self, "_reply", None)
        if reply is not None and not reply.done():
            reply.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.usable = self.usable and self._parser.should_keep_alive()
        if not self._reply.done():
            seconds = time.perf_counter() - self._started
            self._reply.set_result(Reply(self._parser.get_status_code(), self._headers, b"".join(self._body), seconds))
