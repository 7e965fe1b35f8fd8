"""The outermost layer of the application: one log line a request, figures, spans, and an answer whatever goes wrong."""

import asyncio
from time import perf_counter
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from serve.headers import Header, Orders, read_identity, with_missing
from serve.logs import describe, get_logger
from serve.paths import HEALTH, METRICS
from serve.problems import refusal
from serve.settings import Settings
from serve.tracing import Span, Tracer, next_context

_QUIET = frozenset({*HEALTH, METRICS})
_FAILED, _GONE = 500, 499  # the latter is of no standard, but what servers write for a client that did not wait
_DETAIL = "the server failed on this request; its log says why"


class Figures(Protocol):
    """What counts requests."""

    def request_started(self) -> None:
        """Count a request in."""

    def request_ended(self) -> None:
        """Count a request out, answered or not."""

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count an answered request; route is the template that its path fits, and None where none does."""


class Observe:
    """Watches each request from its head to the end of its answer, and lets no exception out.

    Wants configure_logs before it is made. Routes may put `quotes`, `digest`, `texts` and `key` into the request's
    state; texts are logged only when the settings say so.
    """

    def __init__(self, app: ASGIApp, metrics: Figures, settings: Settings, tracer: Tracer | None = None) -> None:
        self._app, self._metrics, self._tracer = app, metrics, tracer
        self._texts, self._orders = settings.log_quotes, Orders(settings)
        self._log = get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request through the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        request = _Request(scope, receive, send, self._orders.of(scope["path"]), self._tracer)
        failure: Exception | None = None
        self._metrics.request_started()
        try:
            await self._app(scope, request.receive, request.send)
            if request.status is None and not request.gone:
                raise _NoAnswerError  # noqa: TRY301, answered as what else goes wrong
        except Exception as error:  # noqa: BLE001, this is where all that went wrong ends
            failure = error
            if request.status is None:
                await refusal(scope["path"], _FAILED, "internal_error", _DETAIL)(scope, receive, request.send)
        except asyncio.CancelledError:
            request.gone = request.status is None
            raise
        finally:
            self._metrics.request_ended()
            self._tell(request, failure)

    def _tell(self, request: "_Request", failure: Exception | None) -> None:
        seconds = perf_counter() - request.started
        scope, state = request.scope, request.scope["state"]
        status = _GONE if request.gone else request.status or _FAILED
        method, route = scope["method"], _route(scope)
        self._metrics.answered(method, route, status, seconds)
        if request.span is not None:
            request.span.end(route, status, state, failure)
        client, key = scope.get("client"), state.get("key")
        fields: dict[str, Any] = {
            "method": method,
            "route": route or "unmatched",
            "status": status,
            "duration_ms": round(seconds * 1000, 2),
            "bytes_in": request.bytes_in,
            "bytes_out": request.bytes_out,
            "client": client and client[0],
        }
        if key is not None:
            fields["key"] = key.name
        if "quotes" in state:
            fields["quotes"] = state["quotes"]
        if self._texts and "texts" in state:
            fields["texts"] = state["texts"]
        if failure is not None:
            self._log.error("request", **fields, raised=describe(failure, messages=self._texts))
        elif scope["path"] in _QUIET or state.get("refused"):
            self._log.debug("request", **fields)
        else:
            self._log.info("request", **fields)


class _NoAnswerError(Exception):
    """An application that returned without an answer."""


class _Request:
    """One request: what it is called, what came in and what went out."""

    __slots__ = (
        "_orders", "_receive", "_send", "_tags", "bytes_in", "bytes_out", "gone", "scope", "span", "started", "status",
    )  # fmt: skip

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, orders: tuple[Header, ...], tracer: Tracer | None
    ) -> None:
        self.scope, self._receive, self._send, self._orders = scope, receive, send, orders
        self.started = perf_counter()
        self.status: int | None = None
        self.gone = False  # the client, before the answer began
        self.bytes_in = self.bytes_out = 0
        request_id, parent, tracestate = read_identity(scope["headers"])
        self.span: Span | None = None
        if tracer is None:
            context = next_context(parent)
        else:
            self.span = tracer.start(scope["method"], parent, None if tracestate is None else tracestate.decode())
            context = self.span.context
        self._tags = [(b"x-request-id", request_id), (b"traceparent", context.header)]
        if tracestate is not None:
            self._tags.append((b"tracestate", tracestate))
        # They need no reset: servers run each request in a context of its own.
        bind_contextvars(request_id=request_id.decode(), trace_id=context.trace_id, span_id=context.span_id)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.bytes_in += len(message.get("body", b""))
        elif self.status is None:
            self.gone = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = with_missing(message.get("headers", ()), self._orders)
            timing = f"total;dur={(perf_counter() - self.started) * 1000:.1f}".encode()
            message = {**message, "headers": [*headers, *self._tags, (b"server-timing", timing)]}
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
        await self._send(message)


def _route(scope: Scope) -> str | None:
    """Return the template of the route that a request was given to."""
    if (route := scope.get("route")) is not None:
        path: str | None = getattr(route, "path", None)
        return path
    if "app_root_path" in scope:
        return "static"  # only files are mounted
    # A plain route, without parameters its path is its template.
    return scope["path"] if "endpoint" in scope and not scope.get("path_params") else None
