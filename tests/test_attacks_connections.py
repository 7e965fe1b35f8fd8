"""Attacks by connections on a server process: slow, silent, deaf, broken off or too many, none keeps others out."""

import contextlib
import json
import re
import resource
import socket
import struct
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from model.quote import Quote
from serve.soakreport import look
from serve.started import started_server

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files and threads in /proc")

CHUNKED, CLOSE = "transfer-encoding: chunked", "connection: close"
GET = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER that breaks off, unread bytes or not


@pytest.fixture(scope="module")
def server(default_bundle):
    patience = {"header_seconds": "1", "body_seconds": "1", "keep_alive_seconds": "1", "send_seconds": "1"}
    with started_server(default_bundle.path, **patience) as started:
        yield started


@pytest.fixture(autouse=True)
def unharmed(server, predictor):
    """After each attack the same process answers with the right bits, and keeps nothing of what it took."""
    before = standing(server)
    yield
    until(lambda: grown(server, before) == [])
    found = json.loads(ask(server, "/v1/stance", quotes("We agree.")))["results"][0]["probabilities"]
    assert found == predictor.predict_one(Quote("We agree.")).probabilities


@pytest.fixture
def files():
    """Set how many files may be open, here and in the servers started next; returns the most that can be set."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def allow(number):
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
        return hard

    yield allow
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


def grown(server, before):
    now = standing(server)
    return [name for name in ("files", "threads") if getattr(now, name) > getattr(before, name)]


def ask(server, path, body=None):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST" if body else "GET", path, body, {"content-type": "application/json"})
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


def metric(server, name):
    return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", ask(server, "/metrics"), re.MULTILINE)))


def quotes(*texts):
    return json.dumps({"quotes": [{"text": text} for text in texts]}).encode()


def post(body=b"", *headers):
    named = headers if CHUNKED in headers else (f"content-length: {len(body)}", *headers)
    return (
        "\r\n".join(["POST /v1/stance HTTP/1.1", "host: x", "content-type: application/json", *named, "", ""]).encode()
        + body
    )


def connect(server, window=100_000):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)  # little of an answer is on its way
    connection.connect(("127.0.0.1", server.port))
    connection.settimeout(30)
    return connection


def rest_of(connection):
    said = b""
    with connection, contextlib.suppress(ConnectionError):
        while data := connection.recv(65536):
            said += data
    return said


def talk(server, *pieces):
    connection = connect(server)
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            connection.sendall(piece)
    return rest_of(connection)


def statuses(said):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


@pytest.mark.parametrize("start", [GET[:-2] + b"x: ", post(b"a" * 1000)[:-999]], ids=["head", "body"])
def test_slow_senders_are_let_go(server, start):
    """A byte now and then gets nobody more time, for a head or for a body."""
    connection = connect(server)
    with contextlib.suppress(ConnectionError):
        connection.sendall(start)
        for _ in range(300):
            connection.sendall(b"a")
            time.sleep(0.02)
    assert statuses(rest_of(connection)) in ([], [408])


@pytest.mark.parametrize("headers", [[], [CLOSE]], ids=["kept", "closing"])
def test_deaf_clients_are_let_go(server, headers):
    """Who never reads is broken off, whatever is left of the answer: more or less than what the server notices."""
    before = standing(server)
    for least in range(2_400_000, 3_600_000, 300_000):  # about what the system itself holds of an answer
        with contextlib.ExitStack() as stack:
            for size in range(least, least + 300_000, 50_000):
                body = json.dumps({"quotes": [{"text": "", "id": "i" * size}]}).encode()
                stack.enter_context(connect(server, window=4096)).sendall(post(body, *headers))
            until(lambda: grown(server, before) == [])


def test_answers_that_nobody_reads_are_counted(server):
    """They are held against the same limit as bodies: beyond it who brings much is told to come later."""
    body = json.dumps({"quotes": [{"text": "", "id": "i" * 7_000_000}]}).encode()
    before = standing(server).resident_mb
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(20):
            connection = stack.enter_context(connect(server, window=4096))
            with contextlib.suppress(ConnectionError):
                connection.sendall(post(body))
                found += statuses(connection.recv(13))
        assert 503 in found
        assert standing(server).resident_mb - before < 200


def test_idle_connections_keep_nobody_out_for_long(default_bundle, files):
    """Beyond the limit 503 at once, health too; who is connected goes on. Open files are no limit of their own."""
    many = min(2000, files(256) - 500)  # the server starts with 256
    with started_server(default_bundle.path, max_connections=str(many // 2), header_seconds="60") as server:
        files(many + 400)
        before = standing(server)
        with contextlib.ExitStack() as stack:
            first = HTTPConnection("127.0.0.1", server.port, timeout=30)
            stack.callback(first.close)
            idle = []
            for _ in range(many):
                first.request("GET", "/livez")
                assert first.getresponse().read() == b'{"status":"ok"}'
                idle.append(stack.enter_context(connect(server)))
            said = [rest_of(connection) for connection in idle[many // 2 :]]
            assert {tuple(statuses(each)) for each in said} == {(503,)}
            assert all(b"retry-after: 1" in each for each in said)
            assert json.loads(ask(server, "/livez"))["code"] == "too_many_connections"
            first.request("POST", "/v1/stance", quotes("We agree."), {"content-type": "application/json"})
            assert b'"conciliatory"' in first.getresponse().read()
            idle[0].sendall(GET)
            assert statuses(idle[0].recv(1000)) == [200]
        until(lambda: grown(server, before) == [])
        assert json.loads(ask(server, "/livez")) == {"status": "ok"}


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_clients_that_break_off_leave_nothing(server, reset):
    """In the head, before the body, in it, right after it, while the model reads or while the answer is written."""
    body = quotes(*["We agree."] * 20)
    good = post(body)
    ends = [good[:place] for place in (1, 20, -len(body) - 2, -len(body), -1)]
    for sent in [*ends, post(b"", CHUNKED) + b"5\r\nab", good * 3, good + good[:30]] * 3:
        for wait in (0, 0.01, 0.1):
            connection = connect(server)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.sendall(sent)
            time.sleep(wait)
            connection.close()
    until(lambda: metric(server, "http_server_active_requests") == 1)  # the one that asks


@pytest.mark.parametrize("behind", [b"", GET], ids=["alone", "before another"])
def test_nothing_is_read_for_clients_that_have_gone(server, behind):
    """The rest of a large request is dropped when its client goes, also when that had sent another one already."""
    before = metric(server, "stance_predictions_total")
    connection = connect(server)
    connection.sendall(post(quotes(*["They broke the agreement, and we shall not forget it. " * 20] * 400)) + behind)
    until(lambda: metric(server, "stance_queue_size") > 0)
    connection.close()
    until(lambda: metric(server, "stance_queue_size") == 0)
    assert metric(server, "stance_predictions_total") - before < 200


def test_half_closed_connections_are_closed(server):
    """Who says that nothing more comes is taken to have gone."""
    connection = connect(server)
    connection.sendall(post(quotes("We agree.")))
    connection.shutdown(socket.SHUT_WR)
    assert statuses(rest_of(connection)) in ([], [200])


def test_pipelined_requests_are_answered_in_order(server):
    """As many as may wait; of more than that none is kept."""
    said = talk(server, GET * 8 + post(b"", CLOSE).replace(b"/v1/stance", b"/nothing"))
    assert statuses(said) == [200] * 8 + [404]
    before = standing(server).resident_mb
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(server)) for _ in range(30)]
        for connection in connections:
            with contextlib.suppress(ConnectionError):
                connection.sendall(GET * 5000)
        assert standing(server).resident_mb - before < 50
        assert sum(len(statuses(rest_of(connection))) for connection in connections) < 30 * 5000 / 2


@pytest.mark.parametrize("end", [b"0\r\nx: ", b"0\r\n", b"2;"], ids=["a trailer", "trailers", "a chunk's head"])
def test_endless_trailers_end(server, end):
    """They are bounded like heads: the connection ends long before they take memory."""
    before = standing(server).resident_mb
    endless = (b"x: %s\r\n" if end == b"0\r\n" else b"%s") % (b"y" * 60_000)
    said = talk(server, post(b"", CHUNKED) + b"2\r\n{}\r\n" + end, *[endless] * 4000)
    assert statuses(said) in ([], [431])
    assert standing(server).resident_mb - before < 50
