"""The load of a soak: clients that ask well, badly, slowly or not at all, and know which answer is right."""

import asyncio
import contextlib
import json
import random
import socket
import struct
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from serve.client import Client, Reply
from serve.soakreport import Outcome

PATH = "/v1/stance"
_BULK = 100  # quotes
_BAD_QUOTES: Mapping[str, str] = {"": "text_empty", "\u200b": "text_empty", "a" * 100_001: "text_too_long"}
_FRACTION = 0.01  # seconds between two bytes of a slow client
_PATIENCE = 90  # seconds for the server to let a client go
_OK, _BUSY = 200, 503
_MOST_NOTES = 10

Act = Callable[[], Awaitable[Outcome]]


def post(body: bytes, *headers: str, path: str = PATH, kind: str = "application/json") -> bytes:
    """Return a request as it goes over the wire."""
    own = () if any(header.startswith("content-length") for header in headers) else (f"content-length: {len(body)}",)
    head = (f"POST {path} HTTP/1.1", "host: soak", "connection: close", f"content-type: {kind}", *own, *headers)
    return "\r\n".join([*head, "", ""]).encode() + body


def quotes_body(texts: Sequence[str]) -> bytes:
    """Return the JSON that asks for the stances of texts."""
    return json.dumps({"quotes": [{"text": text} for text in texts]}).encode()


_BAD: Sequence[tuple[bytes, int]] = (
    (post(b'{"quotes":'), 400),
    (post(b"[" * 100_000), 400),
    (post(b'{"quotes":[],"quotes":[]}'), 400),
    (post(b'{"quotes":[]}'), 422),
    (post(b"{}", kind="text/plain"), 415),
    (post(b"\x1f\x8b", "content-encoding: gzip"), 415),
    (post(b"", "content-length: 10000000"), 413),
    (post(quotes_body(["We agree."] * 1001)), 413),
    (post(b"{}", path="/nothing"), 404),
    (post(b"{}", path="/v2/models/nobody/infer"), 404),
    (post(b'{"quotes":[{"text":"We agree."}]}', "content-length: 3"), 400),
    (post(b"{}", "content-length: 2", "content-length: 2"), 400),
    (post(b"0\r\n\r\n", "content-length: 5", "transfer-encoding: chunked"), 400),
    (b"GET /livez HTTP/1.1\r\nhost : x\r\n\r\n", 400),
    (b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", 400),
)


class Load:
    """Everybody who asks one server; `expected` has the result of each text, but for its id."""

    def __init__(
        self, client: Client, address: tuple[str, int], expected: Mapping[str, Any], labels: Sequence[str], model: str
    ) -> None:
        self.counts: dict[str, Counter[Outcome]] = defaultdict(Counter)
        self.latencies: list[float] = []  # of single quotes, in seconds
        self.notes: list[str] = []  # on the first requests that failed
        self._client, self._address, self._expected = client, address, expected
        self._texts, self._labels = list(expected), labels
        self._infer = f"/v2/models/{model}/infer"
        self._random = random.Random(0)

    async def run(self, seconds: float, reload: tuple[Act, float] | None) -> None:
        """Ask for so long; reload: what exchanges the model, and every how many seconds."""
        kinds: list[tuple[str, Act, int, float]] = [
            ("single quotes", self._single, 3, 0.05),
            ("a hundred quotes", self._bulk, 1, 3),
            ("bad quotes among good ones", self._mixed, 1, 0.5),
            ("inference protocol", self._v2, 1, 0.5),
            ("bad requests", self._bad, 1, 0.2),
            ("metrics and health", self._watch, 1, 1),
            ("bytes one by one", self._slow, 1, 0.5),
            ("stalled", self._stalled, 2, 1),
            ("broken off", self._aborted, 2, 0.1),
            ("answers not read", self._unread, 1, 5),
            ("idle", self._idle, 20, 1),
        ]
        tasks = [
            asyncio.create_task(self._repeat(kind, act, pause))
            for kind, act, clients, pause in kinds
            for _ in range(clients)
        ]
        if reload is not None:
            tasks.append(asyncio.create_task(self._repeat("reloads", *reload)))
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    async def _repeat(self, kind: str, act: Act, pause: float) -> None:
        while True:
            # From the first time on: all of a kind at once would be a load of its own.
            await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))
            try:
                outcome = await act()
            except OSError as error:
                outcome = self._failed(repr(error))
            self.counts[kind][outcome] += 1

    def _failed(self, what: str) -> Outcome:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(what)
        return Outcome.FAILED

    async def _single(self) -> Outcome:
        text = self._random.choice(self._texts)
        reply = await self._client.ask(PATH, quotes_body([text]))
        self.latencies.append(reply.seconds)
        return self._judged(reply, [text])

    async def _bulk(self) -> Outcome:
        texts = self._random.choices(self._texts, k=_BULK)
        return self._judged(await self._client.ask(PATH, quotes_body(texts)), texts)

    async def _mixed(self) -> Outcome:
        texts = [*self._random.choices(self._texts, k=3), *_BAD_QUOTES]
        self._random.shuffle(texts)
        return self._judged(await self._client.ask(PATH, quotes_body(texts)), texts)

    def _judged(self, reply: Reply, texts: Sequence[str]) -> Outcome:
        if reply.status != _OK:
            return self._refused(reply.status, reply.headers)
        for text, result in zip(texts, json.loads(reply.body)["results"], strict=True):
            del result["id"]
            if text in _BAD_QUOTES:
                right = result.get("error", {}).get("code") == _BAD_QUOTES[text]
            else:
                right = result == self._expected[text]
            if not right:
                return Outcome.WRONG
        return Outcome.RIGHT

    def _refused(self, status: int, headers: Mapping[str, str]) -> Outcome:
        busy = status == _BUSY and "retry-after" in headers
        return Outcome.BUSY if busy else self._failed(f"status {status}")

    async def _v2(self) -> Outcome:
        texts = self._random.choices(self._texts, k=5)
        tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
        body = json.dumps({"inputs": [tensor], "outputs": [{"name": "probabilities"}]}).encode()
        reply = await self._client.ask(self._infer, body)
        if reply.status != _OK:
            return self._refused(reply.status, reply.headers)
        right = [self._expected[text]["probabilities"][label] for text in texts for label in self._labels]
        return Outcome.RIGHT if json.loads(reply.body)["outputs"][0]["data"] == right else Outcome.WRONG

    async def _bad(self) -> Outcome:
        request, status = self._random.choice(_BAD)
        said = await self._talk(request)
        found = int(said.split(b" ", 2)[1]) if said else 0
        if found == status:
            return Outcome.RIGHT
        return Outcome.BUSY if found == _BUSY else self._failed(f"status {found} in place of {status}")

    async def _watch(self) -> Outcome:
        for path in ("/livez", "/readyz", "/metrics", "/v1/model"):
            reply = await self._client.ask(path)
            if reply.status != _OK:
                return self._refused(reply.status, reply.headers)
        return Outcome.RIGHT

    async def _slow(self) -> Outcome:
        text = self._random.choice(self._texts)
        said = await self._talk(*(bytes([byte]) for byte in post(quotes_body([text]))), pause=_FRACTION)
        head, _, body = said.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head else 0
        headers = {"retry-after": ""} if b"retry-after" in head else {}
        return self._judged(Reply(status, headers, body, 0), [text])

    async def _stalled(self) -> Outcome:
        request = post(quotes_body([self._random.choice(self._texts)]))
        said = await self._talk(request[: self._random.randrange(1, len(request))])
        return Outcome.RIGHT if said == b"" or b" 408 " in said else self._failed(repr(said[:20]))

    async def _aborted(self) -> Outcome:
        request = post(quotes_body(self._random.choices(self._texts, k=self._random.choice([1, 20]))))
        reader, writer = await asyncio.open_connection(*self._address)
        if self._random.random() < 0.5:  # noqa: PLR2004, as often with a reset as without
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sent = self._random.randint(0, 2 * len(request))  # whole in half of the cases
        try:
            writer.write(request[:sent])
            if sent >= len(request):
                with contextlib.suppress(TimeoutError):  # while the model reads, or while the answer is written
                    await asyncio.wait_for(reader.read(1), self._random.uniform(0, 0.1))
        finally:
            writer.transport.abort()
        return Outcome.RIGHT

    async def _unread(self) -> Outcome:
        body = json.dumps({"quotes": [{"text": "", "id": "i" * 4000}] * 1000}).encode()
        _, writer = await asyncio.open_connection(*self._address, limit=1024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        try:
            writer.write(post(body))
            await asyncio.sleep(self._random.uniform(0, 40))
        finally:
            writer.transport.abort()
        return Outcome.RIGHT

    async def _idle(self) -> Outcome:
        try:
            await asyncio.wait_for(self._talk(), self._random.uniform(0, 20))
        except TimeoutError:
            return Outcome.RIGHT
        return Outcome.RIGHT

    async def _talk(self, *pieces: bytes, pause: float = 0) -> bytes:
        """Send, and return all that comes until the server closes the connection."""
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            for piece in pieces:
                if writer.is_closing():
                    break  # the server has closed it
                writer.write(piece)
                if pause:
                    await asyncio.sleep(pause)
            async with asyncio.timeout(_PATIENCE):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()
