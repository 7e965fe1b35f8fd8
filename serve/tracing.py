"""Traces: where a request stands in one (W3C Trace Context), and spans of OpenTelemetry where they are wanted."""

import os
import random
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from model.errors import DetenteError
from serve.settings import PREFIX, Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan

_SAMPLED, _RANDOM = 1, 2  # the flags that the specification knows
_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NONE = re.compile("0+")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_FAILURE = 500


class TraceContext(NamedTuple):
    """A place in a trace: the ids of the trace and of the span there, in hexadecimal, and the trace's flags."""

    trace_id: str
    span_id: str
    flags: int

    @property
    def header(self) -> bytes:
        """The value of a traceparent header."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}".encode()


def read_traceparent(value: bytes) -> TraceContext | None:
    """Return what a traceparent header says, None unless it is as the specification wants it.

    Of later versions, which may add fields at the end, the fields of the first are read.
    """
    found = _PARENT.fullmatch(value)
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == b"ff" or (version == b"00" and rest is not None):
        return None
    context = TraceContext(trace_id.decode(), span_id.decode(), int(flags, 16) & (_SAMPLED | _RANDOM))
    return None if _NONE.fullmatch(context.trace_id) or _NONE.fullmatch(context.span_id) else context


def new_id(bits: int) -> str:
    """Return a random id in hexadecimal; no secret, so that no request waits for the system's random numbers."""
    return f"{random.getrandbits(bits):0{bits // 4}x}"


def next_context(parent: TraceContext | None) -> TraceContext:
    """Return the place of a new span under its parent, or in a trace of its own."""
    if parent is None:
        return TraceContext(new_id(128), new_id(64), 0)
    return TraceContext(parent.trace_id, new_id(64), parent.flags)


class Span:
    """The span of one request, from when it is made until `end`."""

    def __init__(self, span: "OtelSpan", method: str) -> None:
        self._span, self._method = span, method
        given = span.get_span_context()
        self.context = TraceContext(f"{given.trace_id:032x}", f"{given.span_id:016x}", given.trace_flags)

    def end(self, route: str | None, status: int, state: Mapping[str, Any], failure: BaseException | None) -> None:
        """Say how the request went: the template of its route, the answer's status, and what the routes have noted."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415, the package is optional

        attributes: dict[str, str | int] = {"http.response.status_code": status}
        if route is not None:
            self._span.update_name(f"{self._method} {route}")
            attributes["http.route"] = route
        for name in ("quotes", "digest"):
            if state.get(name) is not None:
                attributes[f"stance.{name}"] = state[name]
        if status >= _FAILURE:
            attributes["error.type"] = str(status) if failure is None else type(failure).__qualname__
            self._span.set_status(StatusCode.ERROR)
        self._span.set_attributes(attributes)
        self._span.end()


class Tracer:
    """Makes spans, and sends them from a thread of its own, many at once, until it is closed."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider, self._tracer = provider, provider.get_tracer("detente")

    def start(self, method: str, parent: TraceContext | None, tracestate: str | None = None) -> Span:
        """Start the span of a request that came with the parent's traceparent header."""
        from opentelemetry import trace  # noqa: PLC0415, as above
        from opentelemetry.context import Context  # noqa: PLC0415

        around = Context()
        if parent is not None:
            state = None if tracestate is None else trace.TraceState.from_header([tracestate])
            flags = trace.TraceFlags(parent.flags)
            above = trace.SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, flags, state)
            around = trace.set_span_in_context(trace.NonRecordingSpan(above), around)
        known = method if method in _METHODS else "_OTHER"
        named = method if known == method else "HTTP"
        attributes = {"http.request.method": known}
        return Span(self._tracer.start_span(named, around, trace.SpanKind.SERVER, attributes), named)

    def close(self) -> None:
        """Send what has ended, and stop. Blocks for OTEL_EXPORTER_OTLP_TIMEOUT, 10 s, when nobody takes it."""
        self._provider.shutdown()


def open_tracer(settings: Settings) -> Tracer | None:
    """Return what sends traces over OTLP/HTTP to where OTEL_EXPORTER_OTLP_ENDPOINT says; None when they are not wanted.

    Once a process, in the one that serves. Raises DetenteError when the packages are not installed.
    """
    if not settings.traces or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415, as above
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise DetenteError(
            f"{PREFIX}TRACES is set, but {error.name} is not installed: pip install '.[traces]', or leave it out"
        ) from error
    # The environment's name for the service comes before ours.
    resource = Resource({"service.name": "detente"}).merge(OTELResourceDetector().detect())
    # Nobody else's spans go this way: the provider is not made the process' own.
    provider = TracerProvider(resource=Resource.create(resource.attributes))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracer(provider)
