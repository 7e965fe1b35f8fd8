"""The gate that requests and answers go through: what can't be taken is refused before, or while, it is read."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve import problems
from serve.asking import unavailable
from serve.paths import HEALTH, METRICS, RELOAD
from serve.service import Service, UnavailableError

_ALWAYS = (*HEALTH, METRICS)
"""Told to whoever watches the server, also while it starts and ends."""

_LONGEST_NUMBER = 16

_LARGE = 64 * 1024  # bytes of an answer: more than a connection buffers before it says so


class Gate:
    """Refuses requests that come while the server is full, starting or ending, and bodies that are too large or slow.

    A refusal costs next to nothing: it comes before routing and parsing. The bytes of all bodies that were not answered
    yet, and of large answers that were not read yet, are counted together, so that the memory they take is bounded
    however many connections there are.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http" or scope["path"].rstrip("/") in _ALWAYS:
            await self._app(scope, receive, send)
            return
        body = _Body(self._service, receive)
        try:
            self._check(scope)
            body.declare(Headers(scope=scope))
        except problems.RequestError as error:
            refused = problems.refusal_of(scope["path"], error)
            await refused(scope, receive, send)
            return
        try:
            await self._app(scope, body.receive, body.sending(send))
        finally:
            body.forget()

    def _check(self, scope: Scope) -> None:
        try:
            if scope["method"] == "POST" and scope["path"] != RELOAD:  # which asks for no answer about quotes
                self._service.check_open()
            else:
                self._service.check_staying()
        except UnavailableError as error:
            scope.setdefault("state", {})["refused"] = True  # counted, not logged: a flood is no time to write much
            self._service.metrics.rejected(error.reason)
            raise unavailable(error) from error


class _Body:
    """One request's body on its way in, counted and timed, and its answer's on its way out, counted."""

    def __init__(self, service: Service, receive: Receive) -> None:
        self._service, self._receive = service, receive
        self._until = asyncio.get_running_loop().time() + service.settings.body_seconds
        self._read = 0  # bytes of the body
        self._counted = 0  # these, and those of the answer
        self._complete = False

    def declare(self, headers: Headers) -> None:
        """Refuse by what the head says of the body. Raises RequestError.

        What is declared is not counted yet: who declares much and sends little would keep others out.
        """
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"", "identity"}:
            self._service.metrics.rejected("content_encoding")
            detail = f"content-encoding is {coding[:50]}: send the body as it is"
            raise problems.RequestError(415, "unsupported_content_encoding", detail, {"Accept-Encoding": "identity"})
        declared = headers.get("content-length", "")
        if declared.isdecimal():
            # Python takes its time with the int of a very long number.
            self._check(int(declared) if len(declared) < _LONGEST_NUMBER else self._service.settings.max_body_bytes + 1)

    async def receive(self) -> Message:
        """Pass on what the client sends. Raises HTTPException for too much of it, or too late."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as error:
            self._service.metrics.rejected("slow_body")
            seconds = self._service.settings.body_seconds
            detail = f"the body did not come within {seconds:g} s: send it faster, or in parts"
            raise HTTPException(408, detail, {"Connection": "close"}) from error
        new = len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        try:
            self._check(new)
        except problems.RequestError as error:
            raise HTTPException(error.problem.status, error.problem.detail, error.headers) from error
        self._read += new
        self._count(new)
        return message

    def sending(self, send: Send) -> Send:
        """Return a way to send that ends when the client has read most of a large answer, or has gone."""

        async def counted(message: Message) -> None:
            body = message.get("body", b"")
            if len(body) > _LARGE and not message.get("more_body", False):
                self._count(len(body))
                await send({**message, "more_body": True})
                message = {"type": message["type"]}  # the server waits before it takes more than it can send
            await send(message)

        return counted

    def forget(self) -> None:
        """Give back what was counted, when the request is answered."""
        self._service.buffered -= self._counted
        self._counted = 0

    def _count(self, more: int) -> None:
        self._counted += more
        self._service.buffered += more

    def _check(self, more: int) -> None:
        settings = self._service.settings
        if self._read + more > settings.max_body_bytes:
            self._service.metrics.rejected("body_bytes")
            detail = f"the body has more than {settings.max_body_bytes:,} bytes: split it"
            raise problems.RequestError(413, "content_too_large", detail)
        if self._service.buffered + more > settings.max_buffered_bytes:
            self._service.metrics.rejected("buffered_bytes")
            raise unavailable(UnavailableError("overloaded", "too many large requests are being read: ask again later"))
