"""The HTTP edge: answers, and every way of asking wrongly."""

import asyncio
import threading
import time

import pytest
from fastapi.testclient import TestClient

from model.quote import MAX_CHARACTERS, Quote
from serve.app import create_app
from serve.schemas import QUOTE_EXAMPLES
from serve.service import open_predictor
from serve.settings import Settings

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def client():
    settings = Settings(max_quotes=50, max_body_bytes=500_000)
    with TestClient(create_app(settings, open_predictor(settings)), raise_server_exceptions=False) as client:
        yield client


def stance(client, *quotes):
    return client.post("/v1/stance", json={"quotes": list(quotes)})


def test_stance_answers_like_the_predictor(client, predictor):
    """Labels, probabilities and tone are the predictor's, bit for bit, under the bundle's digest."""
    body = stance(client, *QUOTE_EXAMPLES).json()
    assert body["model"] == {"name": "minilm", "digest": predictor.bundle.digest, "deterministic": True}
    for given, result in zip(QUOTE_EXAMPLES, body["results"], strict=True):
        answer = predictor.predict_one(Quote(given["text"], given.get("carrier")))
        assert result == {
            "id": given["id"],
            "label": answer.label,
            "probabilities": answer.probabilities,
            "tone": answer.tone,
            "uncertain": answer.uncertain,
            "windows": 1,
        }


def test_examples_in_the_docs_are_as_they_say(client):
    """The documented quotes get the stance that a reader would expect."""
    assert [r["label"] for r in stance(client, *QUOTE_EXAMPLES).json()["results"]] == [
        "conciliatory",
        "hostile",
        "neutral",
    ]


@pytest.mark.parametrize(
    ("quote", "code", "detail"),
    [
        ({"text": ""}, "text_empty", "text is empty"),
        ({"text": " \n "}, "text_empty", "only spaces"),
        ({"text": 5}, "invalid_quote", "text: Input should be a valid string"),
        ({}, "invalid_quote", "text: Field required"),
        ("just text", "invalid_quote", "valid dictionary"),
        (None, "invalid_quote", "valid dictionary"),
        ({"text": "x", "speaker": "y"}, "invalid_quote", "speaker: unknown field"),
        ({"text": "a" * (MAX_CHARACTERS + 1)}, "text_too_long", "at most 100,000"),
        ({"text": "x", "carrier": "no slot"}, "carrier_without_quote", r"put [Q]"),
        ({"text": "x", "carrier": ""}, "carrier_empty", "carrier is empty"),
    ],
)
def test_bad_quotes_spare_the_others(client, quote, code, detail):
    """A bad quote gets its problem in its place, with its id; its neighbours are answered."""
    given = {**quote, "id": 7} if isinstance(quote, dict) else quote
    answer = stance(client, QUOTE_EXAMPLES[0], given, QUOTE_EXAMPLES[1])
    assert answer.status_code == 200
    first, bad, last = answer.json()["results"]
    assert (first["id"], last["id"]) == ("a1", "a2")
    assert bad["id"] == (7 if isinstance(quote, dict) else None)
    assert bad["error"]["code"] == code
    assert bad["error"]["status"] == 422
    assert detail in bad["error"]["detail"]


def test_ids_come_back_as_they_are(client):
    """Strings and whole numbers are ids; half characters and truth values are not."""
    body = b'{"quotes": [{"text": "x", "id": "\\ud800"}, {"text": "x", "id": true}, {"text": "x", "id": 3}]}'
    answer = client.post("/v1/stance", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert ["error" in result for result in answer.json()["results"]] == [True, True, False]


def test_surrogates_are_a_bad_quote(client):
    """Half a character, escaped in JSON, is refused like any unreadable text."""
    answer = client.post(
        "/v1/stance", content=b'{"quotes": [{"text": "a\\ud800b"}]}', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    assert "error" in answer.json()["results"][0]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"quotes": [', "application/json", 400, "malformed_json"),
        (b'{"quotes": [{"text": "\xff"}]}', "application/json", 400, "not_utf8"),
        (b'{"quotes": [{"text": "x"}]}', "text/plain", 415, "unsupported_media_type"),
        (b'{"quotes": [{"text": "x"}]}', None, 415, "unsupported_media_type"),
        (b'{"quotes": "x"}', "application/json", 422, "invalid_request"),
        (b'{"quotes": []}', "application/json", 422, "invalid_request"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b"", "application/json", 422, "invalid_request"),
        (b'{"quotes": [{"text": "x"}], "model": "y"}', "application/json", 422, "invalid_request"),
        (b'{"quotes": [' + b'{"text": "x"},' * 50 + b'{"text": "x"}]}', "application/json", 413, "too_many_quotes"),
        (b" " * 500_001, "application/json", 413, "content_too_large"),
    ],
)
def test_bad_requests_are_problems(client, content, kind, status, code):
    """Every refusal is problem+json with the status that fits and a stable code."""
    headers = {} if kind is None else {"content-type": kind}
    answer = client.post("/v1/stance", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert set(body) == {"type", "title", "status", "detail", "code"}


def test_undeclared_length_is_counted(client):
    """A body without Content-Length is refused as soon as too much of it was read."""
    chunks = (b" " * 100_000 for _ in range(20))
    answer = client.post("/v1/stance", content=chunks, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["code"] == "content_too_large"


def test_unknown_field_is_named_but_not_its_value(client):
    """Errors say where, and never repeat what may be somebody's words."""
    answer = client.post("/v1/stance", json={"quotes": [{"text": "x"}], "secret": "my words"})
    assert answer.json()["detail"] == "secret: unknown field"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/v1/stance", 405)])
def test_wrong_addresses_are_problems(client, method, path, status):
    """Unknown paths and methods too."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_predict_speaks_hugging_face(client, predictor):
    """One list a text, likeliest label first, cut at top_k."""
    texts = [example["text"] for example in QUOTE_EXAMPLES]
    body = client.post("/predict", json={"inputs": texts}).json()
    for text, scores in zip(texts, body, strict=True):
        expected = predictor.predict_one(Quote(text)).probabilities
        assert {each["label"]: each["score"] for each in scores} == expected
        assert [each["score"] for each in scores] == sorted(expected.values(), reverse=True)
    one = client.post("/predict", json={"inputs": texts[0], "parameters": {"top_k": 1}}).json()
    assert one == [body[0][:1]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"inputs": ""}, "text_empty"),
        ({"inputs": ["fine", "  "]}, "text_empty"),
        ({"inputs": ["a" * (MAX_CHARACTERS + 1)]}, "text_too_long"),
        ({"inputs": 5}, "invalid_request"),
        ({"inputs": []}, "invalid_request"),
        ({"inputs": "x", "parameters": {"top_k": 0}}, "invalid_request"),
        ({"inputs": "x", "parameters": {"wait": True}}, "invalid_request"),
    ],
)
def test_predict_refuses_as_a_whole(client, body, code):
    """The shape has no room for an error a text."""
    answer = client.post("/predict", json=body)
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (422, PROBLEM, code)


def test_failures_tell_nothing_of_the_request(client, monkeypatch):
    """A fault of the server is a 500 without traceback or text."""
    monkeypatch.setattr(client.app.state.service.engine.predictor, "predict_encoded", lambda _: 1 / 0)
    answer = stance(client, {"text": "private words"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "private" not in answer.text
    assert "division" not in answer.text


def test_model_and_health(client, predictor):
    """The manifest under its digest; alive and ready."""
    body = client.get("/v1/model").json()
    assert body["digest"] == predictor.bundle.digest
    assert body["deterministic"] is True
    assert body["labels"] == ["conciliatory", "hostile", "neutral"]
    assert client.get("/livez").json() == client.get("/readyz").json() == {"status": "ok"}


def test_docs_need_no_other_host(client):
    """The page at /docs and all it loads come from this server."""
    page = client.get("/docs").text
    assert "https://" not in page
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    schema = client.get("/openapi.json").json()
    assert schema["components"]["schemas"]["StanceRequest"]["examples"]
    assert PROBLEM in schema["paths"]["/v1/stance"]["post"]["responses"]["422"]["content"]


def test_event_loop_stays_free(client):
    """While long quotes are read, other requests are answered."""
    long = {"text": "They broke the agreement and we shall not forget it. " * 1800}
    worker = threading.Thread(target=stance, args=(client, *[long] * 5))
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
