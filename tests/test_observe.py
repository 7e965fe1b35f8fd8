"""What surrounds every request: its ids, one log line, figures, headers, and an answer whatever goes wrong."""

import asyncio
import io
import json
import logging
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext, redirect_stderr, suppress
from http.client import HTTPConnection, IncompleteRead
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
import structlog
import uvicorn
from fastapi import Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from fastapi_offline import FastAPIOffline

from serve.logs import configure_logs, get_logger
from serve.observe import Observe
from serve.settings import Settings

WORDS = "we-will-bury-them"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
START = {"type": "http.response.start", "status": 200, "headers": []}


async def ok(_, __, send):
    await send(START)
    await send({"type": "http.response.body", "body": b"ok"})


def application():
    app = FastAPIOffline(redoc_url=None)

    @app.post("/v1/stance")
    async def stance(request: Request):
        await request.body()
        request.state.quotes, request.state.texts = 2, [WORDS]
        request.state.key = SimpleNamespace(name="desk", token=WORDS)
        get_logger().info("within")

    @app.get("/things/{_}")
    async def thing(_: str):
        return JSONResponse({}, headers={"Cache-Control": "max-age=60"})

    @app.get("/livez")
    async def livez(): ...

    @app.get("/v2/broken")
    @app.get("/broken")
    async def broken():
        raise ValueError(WORDS)

    return app


class Observed:
    """An application under Observe, with what it logs, counts and answers."""

    def __init__(self, app: Any = None, **settings: Any):
        self.figures, self.errors = Mock(), io.StringIO()
        configure_logs(Settings(**settings))
        self.app: Any = Observe(app or application(), self.figures, Settings(**settings))

    def ask(self, path, method="GET", **more):
        with redirect_stderr(self.errors):
            return TestClient(self.app).request(method, path, **more)

    def run(self, incoming):
        """Ask as a bare server would; return the messages that the application sent."""
        receive, send = AsyncMock(return_value={"type": incoming}), AsyncMock()
        with redirect_stderr(self.errors):
            asyncio.run(self.app({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send))
        return [call.args[0] for call in send.call_args_list]

    @property
    def lines(self):
        return [json.loads(line) for line in self.errors.getvalue().splitlines()]

    @property
    def answered(self):
        """Method, route and status of the only request, which was counted in and out."""
        assert [call[0] for call in self.figures.method_calls] == ["request_started", "request_ended", "answered"]
        return self.figures.answered.call_args.args[:3]


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Logging is the process' own: every test gives it back."""
    kept, level = logging.root.handlers, logging.root.level
    monkeypatch.setattr("serve.logs._hook", lambda **_: None)
    yield
    logging.root.handlers = kept
    logging.root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("texts", [True, False])
def test_a_line_a_request(texts):
    """Route, status, sizes, who asked and how much; no query, body or path, and texts only when asked for."""
    observed = Observed(log_quotes=texts)
    answer = observed.ask(f"/v1/stance?q={WORDS}", "POST", content=WORDS, headers={"x-request-id": "r1"})
    within, line = observed.lines
    ids = {name: within[name] for name in ("request_id", "trace_id", "span_id")}
    assert answer.headers["x-request-id"] == ids["request_id"] == "r1"
    assert answer.headers["traceparent"] == f"00-{ids['trace_id']}-{ids['span_id']}-00"
    assert line.pop("duration_ms") >= 0
    assert line.pop("time") >= within["time"]
    assert line == {
        "level": "info", "event": "request", "method": "POST", "route": "/v1/stance", "status": 200,
        "bytes_in": len(WORDS), "bytes_out": len(answer.content), "client": "testclient", "key": "desk", "quotes": 2,
        **({"texts": [WORDS]} if texts else {}), **ids,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", f"/things/{WORDS}", "/things/{_}", 200),
        ("GET", f"/{WORDS}", None, 404),
        ("GET", "/v1/stance", "/v1/stance", 405),
        ("GET", "/static-offline-docs/swagger-ui.css", "static", 200),
        ("GET", f"/static-offline-docs/{WORDS}", "static", 404),
        ("GET", "/openapi.json", "/openapi.json", 200),
        ("GET", "/livez", "/livez", 200),
    ],
)
def test_routes_are_told_by_template(method, path, route, status):
    """Figures and log name templates, of which there are few; of probes, which come every second, only figures."""
    for level in ("debug", "info"):
        observed = Observed(log_level=level)
        observed.ask(path, method)
        assert observed.answered == (method, route, status)
        probe = level == "info" and path == "/livez"
        assert [line["route"] for line in observed.lines] == ([] if probe else [route or "unmatched"])
        assert WORDS not in observed.errors.getvalue()


def test_answers_have_our_headers():
    """Ids, timing, and orders to browsers where the answer has none of its own; an error's answer, too."""
    observed = Observed()
    for path, caching in (("/nothing", "no-store"), ("/broken", "no-store"), ("/things/x", "max-age=60")):
        headers = observed.ask(path, headers={"traceparent": PARENT, "tracestate": "a=1"}).headers
        assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
        assert re.fullmatch(f"00-{TRACE}-(?!{SPAN})[0-9a-f]{{16}}-01", headers["traceparent"])
        assert re.fullmatch(r"total;dur=\d+\.\d", headers["server-timing"])
        assert (headers["tracestate"], headers.get_list("cache-control")) == ("a=1", [caching])


def test_behind_a_server():
    """Many at once keep their ids, a failure in the middle breaks its connection off, and all lines are JSON."""

    async def app(scope, _, send):
        await asyncio.sleep(0.01)
        get_logger().info("within", path=scope["path"])
        await send({**START, "headers": [(b"content-length", b"2")]})
        if scope["path"] == "/broken":
            raise ValueError(WORDS)
        await send({"type": "http.response.body", "body": b"ok"})

    def ask(path):
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as client, suppress(IncompleteRead):
            client.request("GET", path, headers={"x-request-id": path})
            return client.getresponse().read()

    observed = Observed(app)
    paths = ["/broken", *(f"/{i}" for i in range(20))]
    with socket.create_server(("127.0.0.1", 0)) as listening, redirect_stderr(observed.errors):
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(observed.app, log_config=None, access_log=False, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, paths))
        server.should_exit = True
        thread.join()
    assert answers == [None, *[b"ok"] * 20]
    within = {line["path"]: line["request_id"] for line in observed.lines if line["event"] == "within"}
    assert within == {path: path for path in paths}
    (broken,) = (line for line in observed.lines if "raised" in line)
    assert (broken["level"], broken["status"], broken["request_id"]) == ("error", 200, "/broken")
    assert WORDS not in observed.errors.getvalue()


@pytest.mark.parametrize("then", ["nothing", "answer", "failure", "cancellation"])
def test_clients_that_go_are_told_as_499(then):
    """Whatever the application makes of it, nobody gets an answer; of what it raises only a cancellation goes on."""

    async def app(_, receive, send):
        if then == "cancellation":
            raise asyncio.CancelledError
        await receive()
        if then == "answer":
            await ok(_, receive, send)
        assert then != "failure"

    observed = Observed(app)
    with pytest.raises(asyncio.CancelledError) if then == "cancellation" else nullcontext():
        observed.run("http.disconnect")
    assert observed.answered == ("GET", None, 499)
    assert observed.lines[0]["status"] == 499


@pytest.mark.parametrize("texts", [True, False])
@pytest.mark.parametrize("path", ["/broken", "/v2/broken"])
@pytest.mark.parametrize("outermost", [True, False])
def test_failures_are_answered_and_told(path, texts, outermost):
    """A 500 in the path's shape, or the handler's that Starlette calls before it raises again, and one line of log."""
    app = application()
    app.add_exception_handler(Exception, lambda *_: JSONResponse("handled", 500))
    observed = Observed(app, log_quotes=texts)
    if not outermost:
        app.add_middleware(Observe, metrics=observed.figures, settings=Settings(log_quotes=texts))
        observed.app = app
    answer = observed.ask(path)
    assert answer.status_code == 500
    assert answer.json() == "handled" if outermost else ("code" in answer.json()) == (path == "/broken")
    (line,) = observed.lines
    assert (line["level"], line["event"], line["status"], line["route"]) == ("error", "request", 500, path)
    assert line["raised"][0]["type"] == "ValueError"
    assert line["raised"][0]["frames"][-1].endswith("application.<locals>.broken")
    assert WORDS not in answer.text
    assert (WORDS in observed.errors.getvalue()) == texts
    assert observed.answered == ("GET", path, 500)


def test_no_answer_is_a_failure():
    """An application that returns without a word gets its client a 500."""
    observed = Observed(lambda *_: asyncio.sleep(0))
    assert observed.run("http.request")[0]["status"] == 500
    assert observed.lines[0]["raised"][0]["type"].endswith("_NoAnswerError")


def test_other_protocols_pass():
    """Lifespan and websockets are the application's own."""
    observed = Observed(Mock(side_effect=lambda *_: asyncio.sleep(0)))
    given = [({"type": kind}, len, print) for kind in ("lifespan", "websocket")]
    for each in given:
        asyncio.run(observed.app(*each))
    assert [call.args for call in observed.app._app.call_args_list] == given
    assert not observed.figures.method_calls
