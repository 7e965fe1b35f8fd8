"""One connection: clients that are slow, idle, endless or no HTTP at all are told so, or let go, in time."""

import asyncio
import functools
import json
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from serve.metrics import Metrics
from serve.protocol import GuardedProtocol
from serve.settings import Settings

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def echo(scope, receive, send):
    """Answers with the size of the body, or with as many bytes as the path says."""
    assert scope["type"] == "http"
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    wanted = int(scope["path"][1:] or 0)
    body = b"x" * wanted if wanted else str(size).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


class Served:
    """A port with the protocol behind it, in this event loop."""

    def __init__(self, app=echo, **given):
        self.metrics, self.state = Metrics(), ServerState()
        protocol: Any = functools.partial(GuardedProtocol, Settings(**given), self.metrics)
        self.config = uvicorn.Config(
            app, http=protocol, ws="none", log_config=None, access_log=False, timeout_keep_alive=1
        )
        self.config.load()
        self.protocol: Any = self.config.http_protocol_class

    async def __aenter__(self):
        self.server = await asyncio.get_running_loop().create_server(
            lambda: self.protocol(config=self.config, server_state=self.state, app_state={}),
            "127.0.0.1",
            0,
        )
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for connection in list(self.state.connections):
            connection.transport.abort()
        await self.server.wait_closed()

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.server.sockets[0].getsockname()[1])


async def answer_to(served, *pieces, pause=0.0):
    """Return all that comes back until the server closes the connection."""
    reader, writer = await served.connect()
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(pause)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b"reset"
    finally:
        writer.close()


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def run(use, **given):
    async def main():
        async with Served(**given) as served:
            return await use(served)

    return asyncio.run(main())


def test_requests_follow_each_other_on_a_connection():
    """Keep-alive, pipelined requests and a body in pieces are answered in order."""

    async def use(served):
        post = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\n"
        closing = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
        return await answer_to(served, GET + GET, post, b"abc", b"def", closing, pause=0.05)

    answer = run(use)
    assert [answer.count(text) for text in (b"200 OK", b"\r\n\r\n0", b"\r\n\r\n6")] == [4, 3, 1]


@pytest.mark.parametrize("pieces", [[], [b"GET / HTTP/1.1\r\nhost: x\r\n"], [GET, b"GET /"]])
def test_heads_have_their_time(pieces):
    """A connection that sends nothing, half a head, or half of a second head is let go."""

    async def use(served):
        return await answer_to(served, *pieces, pause=0.05)

    answer = run(use, header_seconds=0.3)
    if pieces:
        assert status_of(answer[answer.rindex(b"HTTP/1.1") :]) == 408
    else:
        assert answer in {b"", b"reset"}


def test_answers_may_take_longer_than_heads():
    """Who waits for an answer, with half of the next request sent or nothing at all, is not let go."""

    async def slow(scope, receive, send):
        await asyncio.sleep(0.4)
        await echo(scope, receive, send)

    async def use(served):
        return await answer_to(served, GET), await answer_to(served, GET + GET[:9])

    for answer in run(use, app=slow, header_seconds=0.1):
        assert status_of(answer) == 200


def test_slow_heads_get_no_more_time_by_the_byte():
    """A byte now and then does not put the end off."""

    async def use(served):
        return await answer_to(served, *(bytes([byte]) for byte in GET[:-2]), pause=0.05)

    answer = run(use, header_seconds=0.4)
    assert answer == b"reset" or status_of(answer) == 408


def test_bodies_that_stop_are_let_go():
    """The application's limit comes first; this one ends what it leaves."""

    async def stuck(_scope, _receive, _send):
        await asyncio.sleep(60)

    async def use(served):
        return await answer_to(served, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nabc")

    assert run(use, app=stuck, body_seconds=0.1) in {b"", b"reset"}


def test_endless_heads_are_refused():
    """The parser in C would keep them all."""

    async def use(served):
        lines = [b"x%d: %s\r\n" % (number, b"y" * 1000) for number in range(200)]
        return await answer_to(served, b"GET / HTTP/1.1\r\n", *lines)

    answer = run(use)
    assert answer == b"reset" or status_of(answer) == 431


def test_uploads_that_were_refused_do_not_count_as_heads():
    """Who is answered before the end of a long upload can read the answer."""

    async def refusing(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def use(served):
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n\r\n"
        return await answer_to(served, head, *[b"a" * 50_000] * 10, pause=0.01)

    answer = run(use, app=refusing, keep_alive_seconds=0.3)
    assert status_of(answer) == 413
    assert answer.count(b"HTTP/1.1") == 1


def test_connections_are_limited():
    """One too many gets 503 at once; when another goes there is room again."""

    async def use(served):
        idle = [await served.connect() for _ in range(2)]
        await asyncio.sleep(0.1)
        refused = await answer_to(served)
        idle[0][1].close()
        await asyncio.sleep(0.1)
        closing = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
        taken = await answer_to(served, closing)
        idle[1][1].close()
        return refused, taken

    refused, taken = run(use, max_connections=2)
    assert (status_of(refused), status_of(taken)) == (503, 200)
    assert b"retry-after" in refused
    assert json.loads(refused.split(b"\r\n\r\n")[1])["code"] == "too_many_connections"


def test_clients_that_do_not_read_are_let_go():
    """An answer larger than the buffers, unread: the connection ends, its memory with it."""

    async def use(served):
        _, writer = await served.connect()
        writer.transport.pause_reading()
        writer.write(GET.replace(b"/ ", b"/50000000 "))
        await asyncio.sleep(0.2)
        assert served.state.connections
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not served.state.connections:
                break
        left = len(served.state.connections)
        writer.transport.abort()
        return left

    assert run(use, send_seconds=0.3) == 0


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(min_size=1, max_size=300),
        st.tuples(st.integers(0, len(GET) - 1), st.integers(0, 255)).map(
            lambda change: GET[: change[0]] + bytes([change[1]]) + GET[change[0] + 1 :]
        ),
    )
)
def test_noise_is_answered_or_let_go(noise):
    """Random and slightly broken heads end in an answer or a closed connection; the next client is served."""

    async def use(served):
        answer = await answer_to(served, noise)
        assert not answer or answer == b"reset" or status_of(answer) in {200, 400, 408, 431}
        closing = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
        assert status_of(await answer_to(served, closing)) == 200

    run(use, header_seconds=0.05)
