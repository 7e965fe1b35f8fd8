"""Traces: W3C's header read to the letter, and one span a request where somebody asked for it."""

import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from model.errors import DetenteError
from serve.metrics import Metrics
from serve.observe import Observe
from serve.settings import Settings
from serve.tracing import TraceContext, Tracer, next_context, open_tracer, read_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = TraceContext(TRACE, SPAN, 1)
WORDS = "we-will-bury-them"


def hexadecimal(length):
    return st.text("0123456789abcdef", min_size=length, max_size=length)


@pytest.fixture
def spans():
    """Return a tracer whose finished spans are kept in a list, and the list."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with closing(Tracer(provider)) as tracer:
        yield tracer, exporter.get_finished_spans


@given(version=hexadecimal(2), trace=hexadecimal(32), span=hexadecimal(16), flags=hexadecimal(2), rest=st.text("-0az"))
def test_valid_parents_are_read(version, trace, span, flags, rest):
    """Ids come as they are and known flags with them; only later versions may add something, after a hyphen."""
    read = read_traceparent(f"{version}-{trace}-{span}-{flags}{rest}".encode())
    future = rest.startswith("-") and version != "00"
    if version == "ff" or not trace.strip("0") or not span.strip("0") or not (future or not rest):
        assert read is None
    else:
        assert read == (trace, span, int(flags, 16) % 4)


@given(place=st.integers(0, 54), byte=st.binary(max_size=2).filter(lambda b: not set(b) <= set(b"0123456789abcdef-")))
def test_one_wrong_byte_spoils_a_parent(place, byte):
    """Capitals, spaces, other bytes, too few or too many: none is put right."""
    header = PARENT.header
    assert read_traceparent(header[:place] + byte + header[place + 1 :]) is None


@pytest.mark.parametrize(
    ("header", "valid"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-will-come", True),
        (f"cc-{TRACE}-{SPAN}-01.what", False),
        (f"00-{TRACE}-{SPAN}-01-what", False),
        (f"00-{TRACE}-{SPAN}-01-", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"0-{TRACE}-{SPAN}-01", False),
        (f"00-{TRACE}-{SPAN}-1", False),
        (f" 00-{TRACE}-{SPAN}-01", False),
        ("", False),
    ],
)
def test_examples_of_the_specification(header, valid):
    """What the specification and its tests take or refuse."""
    assert (read_traceparent(header.encode()) is not None) == valid


@given(parent=st.none() | st.builds(TraceContext, st.just(TRACE), st.just(SPAN), st.integers(0, 3)))
def test_next_place_in_a_trace(parent):
    """A new span each time, in the parent's trace or one of its own; its header is valid again."""
    first, second = next_context(parent), next_context(parent)
    assert first.span_id != second.span_id
    assert (first.trace_id == second.trace_id == TRACE) == (parent is not None)
    assert first.flags == (0 if parent is None else parent.flags)
    assert read_traceparent(first.header) == first


def test_a_span_a_request(spans):
    """It hangs under its parent, is named by method and route, and holds figures but nobody's words."""
    tracer, finished = spans
    span = tracer.start("POST", PARENT, "vendor=1")
    state = {"quotes": 3, "digest": "abc", "texts": [WORDS], "key": None}
    span.end("/v1/stance", 200, state, None)
    (done,) = finished()
    assert (done.name, done.kind, done.status.status_code) == ("POST /v1/stance", SpanKind.SERVER, StatusCode.UNSET)
    assert (done.context.trace_id, done.parent.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert done.context.trace_state.to_header() == "vendor=1"
    assert dict(done.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/stance",
        "http.response.status_code": 200,
        "stance.quotes": 3,
        "stance.digest": "abc",
    }
    assert span.context.trace_id == TRACE
    assert span.context.span_id == f"{done.context.span_id:016x}" != SPAN


@pytest.mark.parametrize(("failure", "kind"), [(ValueError(WORDS), "ValueError"), (None, "503")])
def test_failures_are_errors(spans, failure, kind):
    """An answer of 500 and above is an error, told by the exception's type or the status, never by a message."""
    tracer, finished = spans
    tracer.start("GET", None).end("/readyz", 503, {}, failure)
    (done,) = finished()
    assert (done.status.status_code, done.status.description) == (StatusCode.ERROR, None)
    assert done.attributes["error.type"] == kind
    assert not done.events
    assert WORDS not in done.to_json()


def test_unknown_names_stay_out(spans):
    """Without a route the method alone names a span, and a made-up method is none."""
    tracer, finished = spans
    tracer.start("GET", None).end(None, 404, {}, None)
    tracer.start("BREW", None).end(None, 405, {}, None)
    assert [(span.name, span.attributes["http.request.method"]) for span in finished()] == [
        ("GET", "GET"),
        ("HTTP", "_OTHER"),
    ]
    assert all("http.route" not in span.attributes for span in finished())
    assert all(span.parent is None for span in finished())


def test_who_wants_no_trace_gets_none(spans):
    """A parent that is not sampled keeps its request out, with valid ids all the same."""
    tracer, finished = spans
    span = tracer.start("GET", PARENT._replace(flags=0))
    span.end("/livez", 200, {}, None)
    assert not finished()
    assert read_traceparent(span.context.header) == span.context
    assert (span.context.trace_id, span.context.flags & 1) == (TRACE, 0)
    assert span.context.span_id != SPAN


def test_observed_requests_have_the_span_that_is_sent(spans):
    """With a tracer, the ids in the answer are those of the request's span; failures end it, too."""
    tracer, finished = spans
    app = FastAPI()

    @app.get("/things/{_}")
    async def thing(_: str, request: Request):
        request.state.quotes = 3

    @app.get("/broken")
    async def broken():
        raise ValueError(WORDS)

    client = TestClient(Observe(app, Metrics(), Settings(), tracer))
    parent = {"traceparent": PARENT.header.decode(), "tracestate": "vendor=1"}
    answers = [client.get(path, headers=parent) for path in (f"/things/{WORDS}", "/broken", "/nothing")]
    done = finished()
    assert [answer.headers["traceparent"] for answer in answers] == [
        f"00-{TRACE}-{span.context.span_id:016x}-01" for span in done
    ]
    assert [span.name for span in done] == ["GET /things/{_}", "GET /broken", "GET"]
    assert [span.attributes.get("stance.quotes") for span in done] == [3, None, None]
    assert [span.attributes.get("error.type") for span in done] == [None, "ValueError", None]
    assert all(span.context.trace_state.to_header() == "vendor=1" for span in done)
    assert WORDS not in "".join(span.to_json() for span in done)


def test_traces_are_off_unless_wanted(root, monkeypatch):
    """Without the setting the packages are not even loaded; the standard's own switch turns them off, too."""
    code = (
        "import sys, serve.app\n"
        "from serve.settings import Settings\nfrom serve.tracing import open_tracer\n"
        "print(open_tracer(Settings()), [name for name in sys.modules if name.startswith('opentelemetry.sdk.trace')],"
        " [name for name in sys.modules if name.startswith('opentelemetry.exporter')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout == "None [] []\n"
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert open_tracer(Settings(traces=True)) is None


def test_missing_packages_are_named(monkeypatch):
    """Who asks for traces without the extra is told how to get it."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(DetenteError, match=r"DETENTE_TRACES is set.*pip install '\.\[traces\]'"):
        open_tracer(Settings(traces=True))


@pytest.mark.parametrize(("given_name", "name"), [(None, "detente"), ("desk", "desk")])
def test_spans_reach_a_collector(monkeypatch, given_name, name):
    """They are sent as OTLP over HTTP to where the environment says, under the service's name, before closing ends."""
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for other in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
            monkeypatch.delenv(other, raising=False)
        if given_name is not None:
            monkeypatch.setenv("OTEL_SERVICE_NAME", given_name)
        tracer = open_tracer(Settings(traces=True))
        assert tracer is not None
        with closing(tracer):
            tracer.start("POST", PARENT).end("/v1/stance", 200, {"quotes": 2, "texts": [WORDS]}, None)
        server.shutdown()
    ((path, request),) = received
    (resource,) = request.resource_spans
    assert path == "/v1/traces"
    assert {pair.key: pair.value.string_value for pair in resource.resource.attributes}["service.name"] == name
    (span,) = resource.scope_spans[0].spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("POST /v1/stance", TRACE, SPAN)
    assert {pair.key: pair.value.int_value for pair in span.attributes}["stance.quotes"] == 2
    assert WORDS not in str(request)
