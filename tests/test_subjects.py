"""Subjects answer as the predictor does, in process and over HTTP, and say clearly when they can't."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from model.errors import DetenteError
from model.quote import Quote
from serve.subjects import HttpSubject, InProcess

QUOTES = [Quote("We welcome their offer."), Quote("a provocation", "He called it [Q].")]
RESULT = {"label": "neutral", "probabilities": {"neutral": 1.0}, "uncertain": False, "windows": 1}


class Replies:
    """What a fake server says to each POST, in turn: a status and a body; the last one again and again."""

    def __init__(self, digest, *replies):
        self.digest, self.replies, self.seen, self.closing = digest, list(replies), [], False


@contextmanager
def serving(replies):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.reply(200, {"digest": replies.digest})

        def do_POST(self):
            replies.seen.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            self.reply(*(replies.replies.pop(0) if len(replies.replies) > 1 else replies.replies[0]))

        def reply(self, status, body):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = replies.closing  # without saying so, as a server does with idle ones

        def log_message(self, *arguments):
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_in_process_answers_as_the_predictor(default_bundle, predictor):
    """One quote in the calling thread or several on the workers: the same bits."""
    with InProcess(default_bundle) as subject:
        assert [*subject.answer(QUOTES)] == predictor.predict(QUOTES)
        assert [*subject.answer(QUOTES[:1])] == predictor.predict(QUOTES[:1])
        assert subject.threads == subject.cores


def test_http_sends_quotes_and_reads_predictions(default_bundle, predictor):
    """Text and carrier go out, label, probabilities, doubt and windows come back bit for bit."""
    expected = predictor.predict(QUOTES)
    results = [
        {"label": one.label, "probabilities": one.probabilities, "uncertain": one.uncertain, "windows": one.windows}
        for one in expected
    ]
    replies = Replies(default_bundle.digest, (200, {"results": results}))
    with serving(replies) as url, HttpSubject(url, default_bundle) as subject:
        assert subject.answer(QUOTES) == expected
    sent = {"quotes": [{"text": quote.text, "carrier": quote.carrier} for quote in QUOTES]}
    assert replies.seen == [("/v1/stance", sent)]


def test_a_connection_that_the_server_closed_is_opened_again(default_bundle):
    """Servers close idle connections; that is no failure of an answer."""
    replies = Replies(default_bundle.digest, (200, {"results": [RESULT]}))
    replies.closing = True
    with serving(replies) as url, HttpSubject(url, default_bundle) as subject:
        assert [subject.answer(QUOTES[:1])[0].label for _ in range(3)] == ["neutral"] * 3


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (503, {"title": "full"}, "status 503"),
        (200, {"results": [{"error": {"detail": "text is empty"}}]}, "refused: text is empty"),
        (200, {"results": []}, "0 results for 1 quotes"),
        (200, b"<html>", "answers no JSON"),
    ],
)
def test_anything_but_an_answer_is_an_error(default_bundle, status, body, message):
    """Status, refused quotes, missing results and foreign bodies are told apart."""
    with (
        serving(Replies(default_bundle.digest, (status, body))) as url,
        HttpSubject(url, default_bundle) as subject,
        pytest.raises(DetenteError, match=message),
    ):
        subject.answer(QUOTES[:1])


def test_a_server_of_another_bundle_is_refused(default_bundle):
    """Its lengths and its work would be told of the wrong model."""
    with serving(Replies("0" * 64)) as url, pytest.raises(DetenteError, match="serves bundle 000000000000, not"):
        HttpSubject(url, default_bundle)


@pytest.mark.parametrize(
    ("url", "message"),
    [("localhost:8000", "is no address of a server"), ("http://127.0.0.1:9", "no server of Detente answers there")],
)
def test_bad_addresses_are_errors(default_bundle, url, message):
    """The address and the way out are named."""
    with pytest.raises(DetenteError, match=message):
        HttpSubject(url, default_bundle)
