"""Attacks by articles on a server process: texts made to take long, and clients that go while they are read."""

# ruff: noqa: RUF001
# The marks that look like others are what is tested.

import json
import socket
import struct
import threading
import time
from http.client import HTTPConnection

import pytest

from model.quote import Quote
from serve.started import started_server
from tests.reading import long_article

LONG = 100_000  # characters, as many as an article may have
MOST = 1000  # strings
GOOD = {"quotes": [{"text": "We agree."}]}
SAID = '"We agree," said Ada Brook. '

REFUSED = ['"a" ' * (LONG // 4), "“a " * (LONG // 3), "“”" * 500 + "‘a’ " * 2000, SAID * 2000]
READ = [
    '"' * LONG,
    "'" * LONG,
    "“a " * 900 + "b" * 97_000,
    "“‘" * 400 + "b" * 99_000,
    "Ada Brook " * (LONG // 10),
    "he said that and the minister , " * (LONG // 32),
    SAID * MOST,
    "a\u0301" * (LONG // 2),
    "“" + "a\u0301" * 40_000 + "” said " + "Ada " * 2000,
    "“\U0001f6a2\ufdfa” said \u202eAda\u0000 Brook\ufeff. " * 900,
    "\n" * (LONG - 3) + "“a”",
    "<a " * (LONG // 3),
    "a." * (LONG // 2),
    "A. " * (LONG // 3),
]


@pytest.fixture(scope="module")
def server(default_bundle):
    with started_server(default_bundle.path) as started:
        yield started


@pytest.fixture(autouse=True)
def unharmed(server, predictor):
    """After each attack the same process answers with the right bits, and nothing of it waits."""
    yield
    until(lambda: metric(server, "stance_queue_size") == 0)
    expected = predictor.predict_one(Quote("We agree.")).probabilities
    assert ask(server, "/v1/stance", GOOD)[1]["results"][0]["probabilities"] == expected


def until(true):
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true")


def ask(server, path, body=None):
    """Return status and JSON, or text, of an answer."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    sent = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", path, sent, {"content-type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text.startswith("{") else text


def metric(server, name):
    lines = ask(server, "/metrics")[1].splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:20]))
def test_too_many_strings_are_refused(server, text):
    """However they are marked; nothing of them is read."""
    before = metric(server, "stance_predictions_total")
    status, problem = ask(server, "/v1/article", {"text": text[:LONG]})
    assert (status, problem["code"]) == (413, "too_many_quotes")
    assert metric(server, "stance_predictions_total") == before


@pytest.mark.parametrize("text", READ, ids=lambda text: repr(text[:20]))
def test_tedious_articles_are_read(server, text):
    """They are answered in time, with no more text than strings within strings may have, and right places."""
    text = text[:LONG]
    status, answer = ask(server, "/v1/article", {"text": text})
    assert status == 200
    found = answer["quotes"] + answer["rejected"]
    assert len(found) <= MOST
    assert all(text[each["start"] : each["end"]] == each["text"] for each in found)
    assert sum(len(each["text"]) for each in found) <= 16 * LONG


def test_quotes_are_read_beside_tedious_articles(server):
    """While two articles of five hundred quotes are being read, single quotes are answered."""
    body = {"text": long_article(MOST // 2)}
    articles = [threading.Thread(target=ask, args=(server, "/v1/article", body)) for _ in range(2)]
    for each in articles:
        each.start()
    until(lambda: metric(server, "stance_queue_size") > MOST // 2)
    for _ in range(5):
        assert ask(server, "/v1/stance", GOOD)[0] == 200
    assert all(each.is_alive() for each in articles)
    for each in articles:
        each.join()


@pytest.mark.parametrize("reset", [True, False])
def test_nothing_is_read_for_clients_that_have_gone(server, reset):
    """An article whose client breaks off is dropped wherever it stands."""
    body = json.dumps({"text": long_article(MOST)}).encode()
    head = (
        f"POST /v1/article HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    before = metric(server, "stance_predictions_total")
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head.encode() + body)
        until(lambda: metric(server, "stance_queue_size") > 0)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: metric(server, "stance_queue_size") == 0)
    assert metric(server, "stance_predictions_total") < before + MOST
