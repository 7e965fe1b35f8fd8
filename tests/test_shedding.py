"""A full service refuses on the connection itself, and connections stay usable."""

import asyncio
import functools
import json
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from serve.metrics import Metrics
from serve.service import Phase, Service, UnavailableError
from serve.settings import Settings
from serve.shedding import SheddingProtocol


class Busy(Service):
    """A service that is full for as long as the test says, without a model behind it."""

    def __init__(self):
        super().__init__(Settings(keep_alive_seconds=0.3), Metrics())
        self.phase, self.reason = Phase.READY, "overloaded"

    def check_open(self):
        if self.reason:
            raise UnavailableError(self.reason, "full", 7)


async def application(_scope, receive, send):
    """Answers with the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": str(size)[:1].encode()})


def answers(service, *pieces, between=lambda: None):
    """Return all that a connection gets for pieces of requests, until it is closed."""

    async def main():
        protocol: Any = functools.partial(SheddingProtocol, service)
        config = uvicorn.Config(application, http=protocol, ws="none", log_config=None, timeout_keep_alive=1)
        config.load()
        made: Any = config.http_protocol_class
        state, loop = ServerState(), asyncio.get_running_loop()
        server = await loop.create_server(lambda: made(config=config, server_state=state, app_state={}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.05)
            between()
        read = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        server.close()
        await server.wait_closed()
        return read

    return asyncio.run(main())


def post(path=b"/v1/stance", body=b"abc", *headers):
    lines = [b"POST %b HTTP/1.1" % path, b"host: x", b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_refusals_are_problems_with_a_time():
    """503 with Retry-After and the client's request id, in the shape of the path; the connection goes on."""
    service = Busy()
    read = answers(service, post(b"/v1/stance", b"abc", b"x-request-id: mine"), post(b"/v2/models/minilm/infer"))
    first, second = read.split(b"HTTP/1.1 503 Service Unavailable\r\n")[1:]
    for answer in (first, second):
        head, _, body = answer.lower().partition(b"\r\n\r\n")
        assert b"retry-after: 7" in head
        assert b"x-request-id: " in head
        assert b"content-length: %d" % len(body) in head
    assert b"X-Request-ID: mine\r\n" in first
    assert json.loads(first.partition(b"\r\n\r\n")[2])["code"] == "overloaded"
    assert set(json.loads(second.partition(b"\r\n\r\n")[2])) == {"error"}
    assert 'stance_rejected_total{reason="overloaded"} 2.0' in service.metrics.render()[0].decode()


def test_bodies_of_refused_requests_are_dropped():
    """In pieces, however long; the next request on the connection is served when there is room."""
    service = Busy()

    def free():
        service.reason = ""

    upload = post(body=b"a" * 300_000)
    read = answers(service, upload[:1000], upload[1000:200_000], upload[200_000:] + post(body=b"five5"), between=free)
    assert read.count(b"HTTP/1.1 503") == 1
    assert read.endswith(b"\r\n\r\n5")


def test_the_last_request_of_a_connection_closes_it():
    """`Connection: close` is heard."""
    read = answers(Busy(), post(b"/v1/stance", b"", b"connection: close"))
    assert b"connection: close" in read.lower()


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n", "overloaded"),
        (post(b"/v1/model/reload"), "overloaded"),
        (post(b"/v1/stance", b"abc", b"expect: 100-continue"), "overloaded"),
        (post(), "draining"),
        (post(), ""),
    ],
)
def test_all_else_goes_through_the_application(request_, reason):
    """Health, reloading, clients that wait for a sign, a server that drains: the application knows what to say."""
    service = Busy()
    service.reason = reason
    assert b"HTTP/1.1 200" in answers(service, request_)
