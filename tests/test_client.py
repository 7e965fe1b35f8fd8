"""The measuring client: keeps its connections, tells a server that breaks off."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import pytest

from serve.client import Client


@asynccontextmanager
async def answering(answers):
    """A server that gives each request on a connection the next answer, and closes after the last."""
    connections: list[int] = []

    async def serve(reader, writer):
        connections.append(0)
        with contextlib.suppress(asyncio.IncompleteReadError):
            for answer in answers:
                await reader.readuntil(b"\r\n\r\n")
                connections[-1] += 1
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Client("127.0.0.1", server.sockets[0].getsockname()[1]) as client:
        yield client, connections
        await client.__aexit__()
        await asyncio.sleep(0.05)  # the server's side closes too


OK = b"HTTP/1.1 200 OK\r\nRetry-After: 3\r\ncontent-length: 2\r\n\r\nhi"


def test_connections_are_kept():
    """Requests one after the other share a connection; headers are lower-case."""

    async def main():
        async with answering([OK, OK, OK]) as (client, connections):
            for _ in range(2):
                reply = await client.ask("/")
                assert (reply.status, reply.body, reply.headers["retry-after"]) == (200, b"hi", "3")
                assert reply.seconds > 0
            return list(connections)

    assert asyncio.run(main()) == [2]


def test_a_server_that_closes_is_asked_anew():
    """`Connection: close` is obeyed."""
    closing = OK.replace(b"content", b"connection: close\r\ncontent")

    async def main():
        async with answering([closing]) as (client, connections):
            await client.ask("/")
            await client.ask("/")
            return list(connections)

    assert asyncio.run(main()) == [1, 1]


def test_a_kept_connection_that_is_closed_is_made_anew():
    """The server closes it just as the next request is sent: that one goes over a new connection."""

    async def main():
        async with answering([OK]) as (client, connections):
            await client.ask("/")
            client._idle[0].usable = True  # the news of its end has not come yet
            assert (await client.ask("/")).status == 200
            return list(connections)

    assert asyncio.run(main()) == [1, 1]


def test_a_server_that_breaks_off_is_an_error():
    """In the middle of an answer, too."""

    async def main():
        async with answering([OK[:-1]]) as (client, _):
            with pytest.raises(OSError, match="closed the connection"):
                await client.ask("/")

    asyncio.run(main())
