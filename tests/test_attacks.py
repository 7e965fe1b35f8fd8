"""Attacks by what stands in a body on a server process: refused as a whole or in its place, and nothing stays."""

import contextlib
import gc
import json
import socket
import struct
import time
import zlib
from http.client import HTTPConnection
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient

from model.quote import Quote
from serve import problems
from serve.bodies import StrictRoute
from serve.schemas import StanceRequest
from serve.soakreport import look
from serve.started import started_server

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files and threads in /proc")

MEGABYTES = 8 * 2**20  # as much as a body may have
GOOD = {"quotes": [{"text": "We agree."}]}
STRANGE = [
    "a\0b", "\u202etnemeerga na", "\u05e9\u05dc\u05d5\u05dd", "\u0633\u0644\u0627\u0645\u200f", "we\u200b \u200dagree",
    "\ufeffWe agree\ufeff", "\U0001f469\u200d\U0001f467 agree", "We \ufffe\uffff agree", "e\u0301" * 500, "\x1b[31mred",
    "\U0001d51a\U0001d522 agree", "\u2028x", "\ufdfa", "\u6f22" * 300, "a" * 5000, "[SEP] [MASK]", "%s{0}",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(default_bundle):
    with started_server(default_bundle.path) as started:
        yield started


@pytest.fixture(autouse=True)
def unharmed(server, predictor):
    """After each attack the same process answers with the right bits, and keeps nothing of what it took."""
    before = footprint(server)
    yield
    until(lambda: all(now <= then for now, then in zip(footprint(server), before, strict=True)))
    assert (
        ask(server, GOOD)[1]["results"][0]["probabilities"] == predictor.predict_one(Quote("We agree.")).probabilities
    )


def until(true):
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true")


def standing(server):
    now = look(server.pid)
    assert now is not None
    return now


def footprint(server):
    return (now := standing(server)).files, now.threads


def ask(server, body, path="/v1/stance", **headers):
    """Return status and JSON, or text, of the answer to a body: bytes, pieces of bytes, or what becomes JSON."""
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    connection.request("GET" if body is None else "POST", path, body, named)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text.startswith("{") else text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid_request"),
        (b'{"quotes":', 400, "malformed_json"),
        (b"null", 422, "invalid_request"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"quotes":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed_json"),
        (b"[" * MEGABYTES, 400, "malformed_json"),
        (b'{"quotes":[],"quotes":[{"text":"We agree."}]}', 400, "malformed_json"),
        (b'{"quotes":[{"text":"We agree.","text":"We lied."}]}', 400, "malformed_json"),
        *((b'{"quotes":[{"text":%s}]}' % value, 400, "malformed_json") for value in (
            b"NaN", b"Infinity", b"-Infinity", b"1" * 5000, b"01", b"'a'", b'"a\0"', b'"a\n"', b'"\\x41"', b'"\\ud8"')),
        (b"{" + b",".join(b'"%06d":1' % number for number in range(700_000)) + b"}", 400, "malformed_json"),
        (b'{"quotes":[' + b"[]," * (MEGABYTES // 3 - 10) + b"[]]}", 413, "too_many_quotes"),
        (b'{"quotes":[{"text":"\xff"}]}', 400, "not_utf8"),
        (b'{"quotes":[{"text":"\xed\xa0\x80"}]}', 400, "not_utf8"),
        (json.dumps(GOOD).encode("utf-16"), 400, "not_utf8"),
        (b" " * 10_000_000, 413, "content_too_large"),
        ([b" " * 1_000_000] * 10, 413, "content_too_large"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)  # fmt: skip
def test_bad_bodies_are_refused(server, body, status, code):
    """What is no JSON, or no request, is refused as a whole, however large or deep it is."""
    found, problem = ask(server, iter(body) if isinstance(body, list) else body)
    assert (found, problem["code"]) == (status, code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'"\\ud800"', "text_not_unicode"), (b"1e999", "invalid_quote"), (b"0." + b"1" * MEGABYTES, "invalid_quote"),
        (b"-1e-" + b"9" * 5000, "invalid_quote"), (b'"\\u0000"', "text_empty"), (b'"\\u200b\\u202e"', "text_empty"),
        (b'"' + b"a" * 100_001 + b'"', "text_too_long"), (b"{}", "invalid_quote"), (b'["We agree."]', "invalid_quote"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else None,
)  # fmt: skip
def test_bad_quotes_do_not_spoil_others(server, text, code):
    """A quote that is none gets its error in its place."""
    body = b'{"quotes":[{"text":"We agree."},{"text":%s}]}' % text[: MEGABYTES - 100]
    status, answer = ask(server, body)
    assert (status, answer["results"][0]["label"], answer["results"][1]["error"]["code"]) == (200, "conciliatory", code)


def test_refused_bodies_are_forgotten():
    """What is no JSON is gone with its answer: it does not wait, megabytes a request, for the garbage collector."""
    app, router = FastAPI(), APIRouter(route_class=StrictRoute)

    @router.post("/")
    async def take(body: StanceRequest) -> None: ...

    app.include_router(router)
    problems.install(app)
    with TestClient(app, headers={"content-type": "application/json"}) as client:
        gc.collect()
        before = errors_alive()
        gc.disable()
        try:
            found = [client.post("/", content=body).status_code for body in (b"{", b"\xff", b"[]", b"[" * 5000)]
            after = errors_alive()
        finally:
            gc.enable()
    assert (found, after) == ([400, 400, 422, 400], before)


def errors_alive():
    kinds = (RequestValidationError, json.JSONDecodeError, UnicodeDecodeError)
    return sum(issubclass(type(each), kinds) for each in gc.get_objects())


def test_strange_text_is_text(server, predictor):
    """Control, right-to-left, zero-width and other odd characters are read: to the same bits alone and with others."""
    alone = [ask(server, {"quotes": [{"text": text}]})[1]["results"][0]["probabilities"] for text in STRANGE]
    together = ask(server, {"quotes": [{"text": text} for text in STRANGE]})[1]["results"]
    assert alone == [each["probabilities"] for each in together]
    assert alone == [predictor.predict_one(Quote(text)).probabilities for text in STRANGE]


def test_ids_come_back_as_they_were(server):
    """Those that are hostile to a page, a terminal or a number's type, too; what no JSON can hold is an error."""
    ids = ["<script>", "\0\x1b\u202e", "a\r\nx: y", 10**4000, -(2**63) - 1, "\ud800", 1.5, True]
    results = ask(server, {"quotes": [{"text": "We agree.", "id": each} for each in ids]})[1]["results"]
    assert [each["id"] for each in results] == [*ids[:5], None, None, None]
    assert ["error" in each for each in results] == [False] * 5 + [True] * 3


def test_content_types_and_codings(server):
    """JSON comes as JSON and as it is; a small body that unpacks to gigabytes is not unpacked."""
    bomb = zlib.compress(b" " * 10**8, wbits=31)
    assert ask(server, bomb, content_encoding="gzip")[0] == 415
    assert ask(server, bomb, transfer_encoding="gzip, chunked")[0] == 400
    for kind in (
        "text/plain",
        "application/jsonx",
        "multipart/form-data; boundary=x",
        "",
        ";" * 1000,
        "\xff",
        "a" * 50_000,
    ):
        assert ask(server, GOOD, content_type=kind)[0] == 415
    for kind in ("application/json; charset=utf-16", "APPLICATION/JSON", 'application/json; x="'):
        assert ask(server, GOOD, content_type=kind)[0] == 200


def infer(*elements, shape=None, size=None, rest=b"", **more):
    """Return the body of an inference with a binary tensor, and the length of its JSON."""
    data = b"".join(struct.pack("<I", len(element)) + element for element in elements)
    about = {"name": "text", "datatype": "BYTES", "shape": [len(elements)] if shape is None else shape}
    tensor = {**about, "parameters": {"binary_data_size": len(data) if size is None else size}, **more}
    written = json.dumps({"inputs": [tensor]}).encode()
    return written + data + rest, str(len(written))


def test_claims_take_no_memory(server):
    """A shape that claims more elements than a request may have is refused by its claim."""
    body, length = infer(b"We agree.", shape=[2**62])
    assert ask(server, body, "/v2/models/minilm/infer", inference_header_content_length=length)[0] == 413


@pytest.mark.parametrize(
    ("body", "length"),
    [
        infer(b"We agree.", size=14), infer(b"We agree.", size=12), infer(b"We agree.", size=2**63 - 1),
        infer(b"We agree.", size=-1), infer(b"We agree.", shape=[2]),
        infer(b"We agree.", shape=[1, 2]), infer(b"We agree.", shape=[-1]), infer(b"We agree.", shape=[]),
        infer(b"We agree.", rest=b"x"), infer(b"\xff"), infer(b""), infer(b"We agree.", datatype="INT32"),
        infer(size=13, shape=[1], rest=b"\xff\xff\xff\xff" + b"We agree."), infer(size=3, shape=[1], rest=b"\1\0\0"),
        *((infer(b"We agree.")[0], length) for length in ("-1", "1e3", "0", "9" * 12, "9" * 5000, "+10", "", "\xb2")),
        (infer(b"We agree.")[0], None),
    ],
    ids=lambda value: repr(value[-30:]) if isinstance(value, bytes) else None,
)  # fmt: skip
def test_broken_tensors_are_refused(server, body, length):
    """Sizes, shapes and lengths that don't fit together, or the data: 400 with a reason."""
    header = {} if length is None else {"inference_header_content_length": length}
    status, answer = ask(server, body, "/v2/models/minilm/infer", **header)
    assert (status, list(answer)) == (400, ["error"])


def test_a_full_server_stays_as_it_is(default_bundle):
    """While nothing more can be taken, a request gets one refusal, and refusals that nobody reads take no memory."""
    long = json.dumps({"quotes": [{"text": "They broke it, and we shall not forget. " * 30}] * 1000}).encode()
    post = b"POST /v1/stance HTTP/1.1\r\nhost: x\r\n%s\r\n\r\n"
    with started_server(default_bundle.path, max_requests="1") as full, contextlib.ExitStack() as stack:
        address = ("127.0.0.1", full.port)
        busy, broken, deaf = (stack.enter_context(socket.create_connection(address, timeout=1)) for _ in range(3))
        busy.sendall(post % b"content-type: application/json\r\ncontent-length: %d" % len(long) + long)
        until(lambda: "stance_queue_size 0.0" not in ask(full, None, "/metrics")[1])
        assert ask(full, GOOD)[0] == 503
        before = standing(full).resident_mb
        broken.sendall(post % b"transfer-encoding: chunked" + b"zz\r\n")
        assert b"".join(iter(lambda: broken.recv(65536), b"")).count(b"HTTP/1.1") == 1
        with contextlib.suppress(OSError):
            deaf.sendall(post % b"x: y" * 500_000)
        assert standing(full).resident_mb - before < 100


@pytest.mark.parametrize("line", [b"CONNECT x:443 HTTP/1.1", b"GET http://x HTTP/1.1", b"x"])
def test_bad_requests_on_kept_connections(server, line):
    """They are refused as the first one would be."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as kept, kept.makefile("rb") as said:
        for asked, status in ((b"GET /livez HTTP/1.1", b"200"), (line, b"400")):
            kept.sendall(asked + b"\r\nhost: x\r\n\r\n")
            head = b"".join(iter(said.readline, b"\r\n")).lower()
            assert (head[9:12], said.read(int(head.split(b"content-length: ")[1].split()[0]))[:1]) == (status, b"{")
