"""The HTTP edge: answers, and every way of asking wrongly."""

import pytest
from fastapi.testclient import TestClient

from model.errors import DetenteError
from model.quote import MAX_CHARACTERS, Quote
from serve.app import create_app
from serve.keys import new_key
from serve.schemas import QUOTE_EXAMPLES
from serve.service import open_models
from serve.settings import Settings

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def client():
    settings = Settings(max_quotes=50, max_body_bytes=500_000)
    with TestClient(create_app(settings, open_models(settings)), raise_server_exceptions=False) as client:
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


def test_errors_stay_small(client):
    """However much is wrong, the answer names the first few faults and is no larger than what was sent."""
    for body in ({"inputs": [0] * 40}, {"inputs": "x", **{f"f{'x' * 5000}{i}": 0 for i in range(40)}}):
        answer = client.post("/predict", json=body)
        assert answer.status_code == 422
        assert len(answer.content) < 600
        assert "[" not in answer.json()["detail"]


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
    assert client.post("/", json={"inputs": texts, "parameters": None}).json() == body
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
        ({"inputs": "x", "parameters": {"top_k": True}}, "invalid_request"),
        ({"inputs": "x", "parameters": {"wait": True}}, "invalid_request"),
    ],
)
def test_predict_refuses_as_a_whole(client, body, code):
    """The shape has no room for an error a text."""
    answer = client.post("/predict", json=body)
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (422, PROBLEM, code)


def test_docs_need_no_other_host(client):
    """The page at /docs and all it loads come from this server."""
    page = client.get("/docs").text
    assert "https://" not in page
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    schema = client.get("/openapi.json").json()
    assert schema["components"]["schemas"]["StanceRequest"]["examples"]
    assert PROBLEM in schema["paths"]["/v1/stance"]["post"]["responses"]["422"]["content"]


def test_keys_stand_in_the_document():
    """With keys set, OpenAPI says how to send one; without, it asks for none. Health asks for none in any case."""
    line = new_key("desk", admin=False, rate=None)[1]
    locked = create_app(Settings(keys=line)).openapi()
    assert set(locked["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyHeader"}
    assert "security" in locked["paths"]["/v1/stance"]["post"]
    assert "security" not in locked["paths"]["/livez"]["get"]
    assert "securitySchemes" not in create_app(Settings()).openapi()["components"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"keys": "desk:xyz"}, "desk"), ({"rate_limit": "often"}, "often"), ({"rate_storage": "file://x"}, "file")],
)
def test_what_is_set_wrong_is_told_at_once(settings, says):
    """Keys, rates and where they are counted are checked before the server starts."""
    with pytest.raises(DetenteError, match=says):
        create_app(Settings(**settings))


def test_cors_is_off_unless_it_is_set():
    """Scripts of other pages may ask only where the settings name them, and then they may read refusals too."""
    headers = {"origin": "https://desk.example", "access-control-request-method": "POST"}
    with TestClient(create_app(Settings())) as client:
        assert "access-control-allow-origin" not in client.options("/v1/stance", headers=headers).headers
    settings = Settings(cors_origins="https://desk.example", max_body_bytes=1024)
    with TestClient(create_app(settings, open_models(settings))) as client:
        allowed = client.options("/v1/stance", headers=headers)
        assert allowed.headers["access-control-allow-origin"] == "https://desk.example"
        refused = client.post("/v1/stance", content=b" " * 2000, headers={"origin": "https://desk.example"})
        assert refused.status_code == 413
        assert "access-control-allow-origin" in refused.headers
