"""From a request to its answers: deadlines, failures, and an event loop that stays free."""

import asyncio
import threading
import time

import pytest
from fastapi.testclient import TestClient

from serve.app import create_app
from serve.schemas import QUOTE_EXAMPLES
from serve.service import open_models
from serve.settings import Settings

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(Settings(), open_models(Settings())), raise_server_exceptions=False) as client:
        yield client


def stance(client, *quotes):
    return client.post("/v1/stance", json={"quotes": list(quotes)})


def test_failures_tell_nothing_of_the_request(client, monkeypatch):
    """A fault of the server is a 500 without traceback or text."""
    monkeypatch.setattr(client.app.state.service.engine.predictor, "predict_encoded", lambda _: 1 / 0)
    answer = stance(client, {"text": "private words"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "private" not in answer.text
    assert "division" not in answer.text


def test_event_loop_stays_free(client):
    """While long quotes are read, other requests are answered."""
    long = {"text": "They broke the agreement and we shall not forget it. " * 1800}
    worker = threading.Thread(target=stance, args=(client, *[long] * 2))
    worker.start()
    time.sleep(0.2)
    assert client.get("/livez").status_code == 200
    assert worker.is_alive()
    worker.join()


def test_concurrent_requests_get_the_same_bits(client):
    """Requests side by side do not change each other's answers."""
    alone = stance(client, *QUOTE_EXAMPLES).json()

    async def many():
        return await asyncio.gather(*(asyncio.to_thread(stance, client, *QUOTE_EXAMPLES) for _ in range(20)))

    assert all(answer.json() == alone for answer in asyncio.run(many()))


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ("0.000001", 504, "deadline_exceeded"),
        ("5", 200, None),
        ("1e9", 200, None),
        ("soon", 400, "invalid_timeout"),
        ("-1", 400, "invalid_timeout"),
        ("0", 400, "invalid_timeout"),
        ("nan", 400, "invalid_timeout"),
        ("inf", 400, "invalid_timeout"),
    ],
)
def test_clients_may_ask_for_less_time(client, given, status, code):
    """X-Request-Timeout is a number of seconds, and the server's own limit stays above it."""
    answer = client.post("/v1/stance", json={"quotes": QUOTE_EXAMPLES}, headers={"X-Request-Timeout": given})
    assert answer.status_code == status
    assert answer.json().get("code") == code
