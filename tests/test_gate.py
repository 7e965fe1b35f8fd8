"""The gate: bodies are counted and timed on their way in, and a full server refuses before it reads."""

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from serve.gate import Gate
from serve.metrics import Metrics
from serve.service import Phase, Service, UnavailableError
from serve.settings import Settings


class Open(Service):
    """A service that would take requests, without a model behind it."""

    def __init__(self, **given):
        super().__init__(Settings(**given), Metrics())
        self.phase, self.full = Phase.READY, False

    def check_open(self):
        if self.full:
            raise UnavailableError("overloaded", "full", 7)


class Client:
    """Sends a body in pieces and keeps the answer; waits for ever after the last piece unless it was marked so."""

    def __init__(self, *pieces, ends=True):
        self.messages = [
            {"type": "http.request", "body": piece, "more_body": not ends or place < len(pieces) - 1}
            for place, piece in enumerate(pieces)
        ]
        self.answer: list[Any] = []
        self.asked = 0

    async def receive(self):
        self.asked += 1
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message):
        self.answer.append(message)

    @property
    def status(self):
        return self.answer[0]["status"]

    @property
    def headers(self):
        return dict(self.answer[0]["headers"])


async def reading(_scope, receive, send):
    """An application that reads the body and answers with its length."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def scope(path="/v1/stance", method="POST", **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "headers": named}


def ask(service, client, *given, app=reading, **headers):
    asyncio.run(Gate(app, service)(scope(*given, **headers), client.receive, client.send))
    return client


def test_bodies_pass_and_are_forgotten():
    """A body reaches the application whole; once it is answered nothing of it is counted any more."""
    service = Open()
    client = ask(service, Client(b"abc", b"de"))
    assert (client.status, client.answer[1]["body"]) == (200, b"5")
    assert service.buffered == 0


def test_a_full_server_reads_nothing():
    """While it is full, requests with quotes get 503 and Retry-After before their body is read; others pass."""
    service = Open()
    service.full = True
    client = ask(service, Client(b"abc"))
    assert (client.status, client.headers[b"retry-after"], client.asked) == (503, b"7", 0)
    assert ask(service, Client(b""), "/v1/model", "GET").status == 200
    assert ask(service, Client(b""), "/v1/model/reload").status == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready/"])
def test_watchers_always_get_in(path):
    """Health and metrics are told while the server drains, everything else gets 503."""
    service = Open()
    service.phase = Phase.DRAINING
    assert ask(service, Client(b""), path, "GET").status == 200
    refused = ask(service, Client(b""), "/v1/model", "GET")
    assert (refused.status, b"retry-after" in refused.headers) == (503, True)


@pytest.mark.parametrize("length", ["1025", "9" * 30, "9" * 5000])
def test_declared_sizes_are_refused_unread(length):
    """A Content-Length beyond the limit is enough, however long the number is."""
    client = ask(Open(max_body_bytes=1024), Client(b"abc"), content_length=length)
    assert (client.status, client.asked) == (413, 0)


def test_undeclared_sizes_are_counted():
    """Without a length the body is refused where it passes the limit, and forgotten."""
    service = Open(max_body_bytes=1024)
    with pytest.raises(HTTPException) as refused:
        ask(service, Client(b"a" * 600, b"a" * 600))
    assert refused.value.status_code == 413
    assert service.buffered == 0


def test_all_bodies_together_are_bounded():
    """What is held for other requests counts: beyond the limit of all, 503."""
    service = Open(max_body_bytes=1024, max_buffered_bytes=2048)
    service.buffered = 1500
    assert ask(service, Client(b"a" * 100)).status == 200
    assert ask(service, Client(b""), content_length="600").status == 503
    with pytest.raises(HTTPException) as refused:
        ask(service, Client(b"a" * 600))
    assert (refused.value.status_code, dict(refused.value.headers or {})) == (503, {"Retry-After": "1"})
    assert service.buffered == 1500


def test_bodies_have_their_time():
    """A body that does not end in time is 408; after its end the wait for the client's going has no limit."""
    service = Open(body_seconds=0.05)
    with pytest.raises(HTTPException) as slow:
        ask(service, Client(b"abc", ends=False))
    assert slow.value.status_code == 408

    async def patient(_, receive, send):
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.2)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    assert ask(service, Client(b"abc"), app=patient).status == 200


@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br, gzip", 415), ("identity", 200), ("", 200)])
def test_packed_bodies_are_not_unpacked(coding, status):
    """A small body that unpacks to gigabytes is refused by its coding."""
    assert ask(Open(), Client(b"abc"), content_encoding=coding).status == status
