"""The route that reads articles: what it answers, with right places, and every way of asking wrongly."""

import json

import pytest
from fastapi.testclient import TestClient

from model.articles.rules import Rules
from model.stance import Prediction
from serve.app import create_app
from serve.articleschemas import EXAMPLE
from serve.engine import Models
from serve.keys import new_key
from serve.schemas import QUOTE_EXAMPLES
from serve.service import open_models
from serve.settings import Settings
from tests.reading import ARTICLE, long_article, read_alone

PROBLEM = "application/problem+json"
SETTINGS = Settings(max_quotes=50, max_article_characters=20_000, max_body_bytes=200_000)


@pytest.fixture(scope="module")
def models():
    """Return models with rules for a pointer: what they find in our article is known."""
    return Models(open_models(SETTINGS).predictor, Rules())


@pytest.fixture(scope="module")
def client(models):
    with TestClient(create_app(SETTINGS, models), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def answer(client):
    answer = ask(client, ARTICLE)
    assert answer.status_code == 200
    return answer.json()


def ask(client, text, **headers):
    return client.post("/v1/article", json={"text": text}, headers=headers)


def spans(value):
    """Yield every place with a text that stands anywhere in an answer."""
    if isinstance(value, list):
        for each in value:
            yield from spans(each)
    elif isinstance(value, dict):
        if {"start", "end", "text"} <= value.keys():
            yield value
        yield from spans(list(value.values()))


def test_quotes_come_with_speaker_and_stance(answer):
    """Who said what, and how it was meant, in the order of the text."""
    told = [(quote["text"], quote["speakers"][0]["name"]) for quote in answer["quotes"]]
    assert told == [
        ("We welcome the boats of our neighbours,", "Ines Moreau"),
        ("They may land here.", "Ines Moreau"),
        ("an insult", "Jonas Weld"),
        ("They lied to us, and they will pay for it,", "Jonas Weld"),
    ]
    assert answer["quotes"][2]["speakers"][0]["title"] == "Captain"
    assert [(quote["mention"]["text"], quote["cue"]["text"]) for quote in answer["quotes"][2:]] == [
        ("Captain Jonas Weld", "called"),
        ("he", "said"),
    ]
    stances = [quote["stance"]["label"] for quote in answer["quotes"]]
    assert (stances[0], stances[-1]) == ("conciliatory", "hostile")
    assert all(quote["error"] is None for quote in answer["quotes"])


def test_pieces_are_judged_together(answer):
    """What was said in one breath is an utterance, with a stance of its own; the others have that of their quote."""
    assert [utterance["quotes"] for utterance in answer["utterances"]] == [[0, 1], [2], [3]]
    assert [quote["utterance"] for quote in answer["quotes"]] == [0, 0, 1, 2]
    assert answer["utterances"][0]["speakers"] == answer["quotes"][0]["speakers"]
    assert answer["utterances"][0]["stance"]["label"] == "conciliatory"
    for utterance in answer["utterances"][1:]:
        assert utterance["stance"] == answer["quotes"][utterance["quotes"][0]]["stance"]


def test_rejected_strings_come_with_the_reason(answer):
    """What stands in marks and is nobody's words."""
    (title,) = answer["rejected"]
    assert (title["text"], title["reason"]) == ("Grey Heron", "title")
    assert title["is_quote"] < 0.5


def test_places_are_counted_in_characters(answer):
    """Astral characters are one each, combining ones too, wherever a place is told; the answer says so."""
    assert answer["offsets"] == "unicode characters"
    found = list(spans(answer))
    assert len(found) >= 4 * 3
    assert all(ARTICLE[each["start"] : each["end"]] == each["text"] for each in found)
    assert [ARTICLE[quote["outer"]["start"]] for quote in answer["quotes"]] == ["“", "“", "“", '"']


@pytest.mark.parametrize("text", [ARTICLE, EXAMPLE, long_article(20)])
def test_stances_are_those_in_process(client, models, text):
    """Labels and probabilities to the bit, under the digests of both models."""
    body = ask(client, text).json()
    read = read_alone(text, models.pointer, models.predictor)
    for told, expected in ((body["quotes"], read.quotes), (body["utterances"], read.utterances)):
        assert all(isinstance(each, Prediction) for each in expected)
        for name in ("label", "probabilities", "tone", "uncertain", "windows"):
            assert [each["stance"][name] for each in told] == [getattr(each, name) for each in expected]
    assert [[who["name"] for who in quote["speakers"]] for quote in body["quotes"]] == [
        [person.name for person in quote.speakers] for quote in read.article.quotes
    ]
    assert body["model"] == {"name": "minilm", "digest": models.predictor.bundle.digest, "deterministic": True}
    assert body["pointer"] == {"digest": None, "kind": "rules"}


def test_the_bundled_pointer_is_named():
    """Without another one being set it reads the articles, and the answer has its digest."""
    models = open_models(Settings())
    with TestClient(create_app(Settings(), models)) as client:
        body = ask(client, EXAMPLE).json()
    assert body["pointer"] == {"digest": models.pointer.digest, "kind": "model"}
    assert len(body["pointer"]["digest"]) == 64
    assert [quote["speakers"][0]["name"] for quote in body["quotes"]] == ["Ana Brandt", "Ana Brandt", "Miles Okafor"]


def test_quotes_that_can_not_be_read_spare_the_others(client):
    """They have the error in the place of the stance, as in /v1/stance."""
    bad = "“Zal" + "\u0301" * 200 + "go has come to stay with us here,” said Ada Brook.\n\n"
    body = ask(client, bad + "“We will meet them on the next day,” said Bo Lind.").json()
    assert [quote["error"] and quote["error"]["code"] for quote in body["quotes"]] == ["text_too_many_marks", None]
    assert [quote["stance"] is None for quote in body["quotes"]] == [True, False]
    assert set(body["quotes"][0]["error"]) == {"type", "title", "status", "detail", "code"}


def test_no_marks_no_quotes(client):
    """The lists are there, and empty."""
    body = ask(client, "The council met on Friday.\n\nIt didn't say why.").json()
    assert (body["quotes"], body["utterances"], body["rejected"]) == ([], [], [])


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"text": "', "application/json", 400, "malformed_json"),
        (b'{"text": "\xff"}', "application/json", 400, "not_utf8"),
        (b'{"text": "x", "text": "y"}', "application/json", 400, "malformed_json"),
        (b'{"text": "x"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"text": "x"}', None, 415, "unsupported_media_type"),
        (b"{}", "application/json", 422, "invalid_request"),
        (b'{"text": ["x"]}', "application/json", 422, "invalid_request"),
        (b'{"text": null}', "application/json", 422, "invalid_request"),
        (b'{"text": "a\\ud800b"}', "application/json", 422, "text_not_unicode"),
        (b'{"text": "x", "title": "y"}', "application/json", 422, "invalid_request"),
        (b'{"text": ""}', "application/json", 422, "text_empty"),
        (b'{"text": " \\n\\u00a0 "}', "application/json", 422, "text_empty"),
        (b'{"text": "' + b"a" * 20_001 + b'"}', "application/json", 422, "text_too_long"),
        (b'{"text": "' + b"\\u201ca\\u201d " * 51 + b'"}', "application/json", 413, "too_many_quotes"),
        (b" " * 200_001, "application/json", 413, "content_too_large"),
    ],
)
def test_bad_requests_are_problems(client, content, kind, status, code):
    """Every refusal is problem+json with the status that fits and a stable code, and repeats nothing of the text."""
    answer = client.post("/v1/article", content=content, headers={} if kind is None else {"content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["code"] == code
    assert len(answer.content) < 300


@pytest.mark.parametrize(("given", "status"), [("0.000001", 504), ("30", 200), ("soon", 400)])
def test_clients_may_ask_for_less_time(client, given, status):
    """X-Request-Timeout is that of the whole article."""
    assert ask(client, ARTICLE, **{"X-Request-Timeout": given}).status_code == status


def test_a_failure_tells_nothing_of_the_article(client, monkeypatch):
    """A fault of the server in whatever step is a 500 without traceback or text."""
    monkeypatch.setattr(client.app.state.service.engine.predictor, "predict_encoded", lambda _: 1 / 0)
    answer = ask(client, ARTICLE)
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "boats" not in answer.text


def test_articles_are_counted(client):
    """An article, its quotes and the stances that were read for it; nothing of the text is in the figures."""

    def figures():
        lines = client.get("/metrics").text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    before = figures()
    ask(client, ARTICLE)
    after = figures()
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown["stance_article_quotes_count"] == 1
    assert grown["stance_article_quotes_sum"] == 4
    assert grown["stance_article_step_duration_seconds_count"] == 1 + 5 + 1
    answered = [value for name, value in grown.items() if name.startswith("stance_predictions_total")]
    assert sum(answered) == grown["stance_quote_characters_count"] == 4 + 1
    assert not any("Moreau" in name or "boats" in name for name in after)


def test_an_article_is_one_request_of_a_rate():
    """However many quotes it has; and a key is asked for as everywhere."""
    token, line = new_key("desk", admin=False, rate="2/minute")
    headers = {"authorization": f"Bearer {token}"}
    with TestClient(create_app(Settings(keys=line), open_models(Settings()))) as client:
        assert ask(client, ARTICLE).status_code == 401
        assert ask(client, ARTICLE, **headers).status_code == 200
        quotes = {"quotes": QUOTE_EXAMPLES}
        assert client.post("/v1/stance", json=quotes, headers=headers).status_code == 200
        assert ask(client, ARTICLE, **headers).status_code == 429


@pytest.mark.parametrize("wanted", [True, False])
def test_texts_are_logged_only_when_wanted(serving, wanted):
    """The words of an article reach the log as the quotes found, with log_quotes, and else not at all."""
    server = serving(*(["--log-quotes"] if wanted else [])).ready()
    assert server.ask("/v1/article", {"text": ARTICLE})[0] == 200
    server.end()
    (line,) = (json.loads(line) for line in server.log.splitlines() if '"/v1/article"' in line)
    assert (line["quotes"], line["status"]) == (4, 200)
    assert len(line.get("texts", ())) == (4 if wanted else 0)
    assert ("We welcome the boats" in server.log) is wanted
    assert "Fishing resumed" not in server.log


def test_the_document_says_what_is_answered(client):
    """Under which limits, and what places count."""
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/article"]["post"]
    assert {"400", "401", "413", "415", "422", "429", "503", "504"} <= operation["responses"].keys()
    schemas = document["components"]["schemas"]
    assert schemas["ArticleAnswer"]["properties"]["offsets"]["const"] == "unicode characters"
    assert ask(client, schemas["ArticleRequest"]["examples"][0]["text"]).json()["quotes"]
