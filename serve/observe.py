"""The outermost layer of the application: request ids, traces, one log line a request, figures, security headers."""

import asyncio
import re
import uuid
from time import perf_counter
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from serve.logs import describe, get_logger
from serve.problems import refusal
from serve.settings import Settings
from serve.tracing import Span, TraceContext, Tracer, next_context, read_traceparent

_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACESTATE = re.compile(rb"[\x20-\x7e]{1,512}")
_QUIET = frozenset({"/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"})
_FAILED, _GONE = 500, 499  # the latter is of no standard, but what servers write for a client that did not wait

_PAGE = "/docs"
_PAGES = ("/docs/", "/static-offline-docs/")  # the latter is what the page loads; fastapi_offline names it so

_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_ANSWER = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_PAGE_POLICY = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DOCUMENTATION = (
    (b"content-security-policy", _PAGE_POLICY),
    (b"cache-control", b"no-cache"),  # kept, but asked for: the page's script has more than a megabyte
)
_OURS_ONLY = ((b"cross-origin-resource-policy", b"same-origin"),)


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
        self._texts = settings.log_quotes
        self._log = get_logger().bind()
        ours = () if settings.cors_origins else _OURS_ONLY
        self._answer, self._documentation = (*_SECURITY, *_ANSWER, *ours), (*_SECURITY, *_DOCUMENTATION, *ours)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request through the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        path: str = scope["path"]
        page = path == _PAGE or path.startswith(_PAGES)
        request = _Request(scope, receive, send, self._documentation if page else self._answer, self._tracer)
        failure: Exception | None = None
        self._metrics.request_started()
        try:
            await self._app(scope, request.receive, request.send)
            if request.status is None and not request.gone:
                raise _NoAnswerError  # noqa: TRY301, answered as what else goes wrong
        except Exception as error:  # noqa: BLE001, this is where all that went wrong ends
            failure = error
            if request.status is None:
                detail = "the server failed on this request; its log says why"
                await refusal(path, _FAILED, "internal_error", detail)(scope, receive, request.send)
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
        elif scope["path"] in _QUIET:
            self._log.debug("request", **fields)
        else:
            self._log.info("request", **fields)


class _NoAnswerError(Exception):
    """An application that returned without an answer."""


class _Request:
    """One request: its ids, what came in and what went out."""

    __slots__ = (
        "_added", "_receive", "_send", "bytes_in", "bytes_out", "gone", "scope", "span", "started", "status", "tags",
    )  # fmt: skip

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, added: tuple[tuple[bytes, bytes], ...], tracer: Tracer | None
    ) -> None:
        self.scope, self._receive, self._send, self._added = scope, receive, send, added
        self.started = perf_counter()
        self.status: int | None = None
        self.gone = False  # the client, before the answer began
        self.bytes_in = self.bytes_out = 0
        request_id, parent, tracestate = _given(scope)
        self.span: Span | None = None
        if tracer is None:
            context = next_context(parent)
        else:
            self.span = tracer.start(scope["method"], parent, None if tracestate is None else tracestate.decode())
            context = self.span.context
        self.tags = [(b"x-request-id", request_id), (b"traceparent", context.header)]
        if tracestate is not None:
            self.tags.append((b"tracestate", tracestate))
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
            given = list(message.get("headers", ()))
            names = {name for name, _ in given}
            given += [header for header in self._added if header[0] not in names]
            timing = f"total;dur={(perf_counter() - self.started) * 1000:.1f}".encode()
            message = {**message, "headers": [*given, *self.tags, (b"server-timing", timing)]}
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
        await self._send(message)


def _given(scope: Scope) -> tuple[bytes, TraceContext | None, bytes | None]:
    """Return the request's id and place in a trace, as far as its headers have them and they may be repeated."""
    ids: list[bytes] = []
    parents: list[bytes] = []
    states: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            ids.append(value)
        elif name == b"traceparent":
            parents.append(value)
        elif name == b"tracestate":
            states.append(value)
    known = len(ids) == 1 and _REQUEST_ID.fullmatch(ids[0])
    request_id = ids[0] if known else uuid.uuid4().hex.encode()
    parent = read_traceparent(parents[0]) if len(parents) == 1 else None
    state = b",".join(states)
    return request_id, parent, state if parent is not None and _TRACESTATE.fullmatch(state) else None


def _route(scope: Scope) -> str | None:
    """Return the template of the route that a request was given to."""
    if (route := scope.get("route")) is not None:
        path: str | None = getattr(route, "path", None)
        return path
    if "app_root_path" in scope:
        return "static"  # only files are mounted
    # A plain route, without parameters its path is its template.
    return scope["path"] if "endpoint" in scope and not scope.get("path_params") else None
