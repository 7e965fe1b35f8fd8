"""Who may ask and how often, from the headers of a request to what the application sees."""

import asyncio
import hashlib
import json
from types import SimpleNamespace

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from model.errors import DetenteError
from serve.access import Access, is_loopback, require_admin
from serve.keys import ApiKey, Keys
from serve.problems import RequestError
from serve.rates import Rates, read_rate
from serve.settings import Settings

TOKEN, OTHER = "dtk_one", "dtk_two"
PROBLEM = "application/problem+json"


def key(name, token, rate=None, *, admin=False):
    return ApiKey(name, hashlib.sha256(token.encode()).hexdigest(), admin, rate and read_rate(rate, "here"))


KEYS = Keys((key("desk", TOKEN), key("chief", OTHER, admin=True)))


async def inner(scope, receive, send):
    """Answer with the name of the key that the request came with."""
    found = scope["state"]["key"]
    await JSONResponse({"key": found and found.name})(scope, receive, send)


def guarded(keys=KEYS, app=inner, **settings):
    """Return the middleware, and the list of reasons for which it has refused."""
    refused: list[str] = []
    return Access(app, keys, Rates(Settings(**settings)), refused.append), refused


def ask(app, path="/v1/stance", headers=(), method="POST", client=("192.0.2.1", 5)):
    """Send a request past every HTTP client's tidying up."""
    sent = []
    scope = {
        "type": "http", "method": method, "path": path, "client": client, "query_string": b"",
        "headers": [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers],
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent)
    return SimpleNamespace(status=sent[0]["status"], headers=told, json=json.loads(body) if body[:1] == b"{" else body)


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", f"Bearer {TOKEN}")],
        [("authorization", f"bEARER   {TOKEN} ")],
        [("x-api-key", TOKEN)],
        [("authorization", f"Bearer {TOKEN}"), ("x-api-key", TOKEN)],
        [("authorization", "Basic eDp5"), ("x-api-key", TOKEN)],
    ],
)
def test_known_keys_pass(headers):
    """A key is read from either header, and the application sees whose it is."""
    app, refused = guarded()
    assert ask(app, headers=headers).json == {"key": "desk"}
    assert refused == []


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", TOKEN)],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", f"Basic {TOKEN}")],
        [("authorization", "Bearer dtk_three")],
        [("x-api-key", KEYS.keys[0].digest)],
        [("authorization", f"Bearer {TOKEN}"), ("x-api-key", OTHER)],
        [("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer x")],
        [("x-api-key", f"{TOKEN} {OTHER}")],
        [("x-api-key", b"\xff\xfe")],
        [("x-api-key", "x" * 1_000_000)],
    ],
)
def test_others_are_told_to_bring_a_key(headers):
    """No key, an unknown one, or two different ones: 401, the challenge, and a count of it."""
    app, refused = guarded()
    answer = ask(app, headers=headers)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="detente"')
    assert (answer.headers["content-type"], answer.json["code"]) == (PROBLEM, "unauthorized")
    assert refused == ["unauthorized"]
    assert TOKEN not in json.dumps(answer.json)


@given(st.lists(st.tuples(st.sampled_from(["authorization", "x-api-key"]), st.binary(max_size=40)), max_size=4))
def test_no_header_breaks_it(headers):
    """Whatever bytes stand there, without a known token the answer is 401."""
    app, _ = guarded()
    bearers = [(name, b"Bearer " + value) for name, value in headers]
    assert ask(app, headers=headers).status == ask(app, headers=bearers).status == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v2/health/live", "/v2/health/ready/", "/", "/page/page.js"])
def test_health_and_the_page_need_no_key(path):
    """Probes and browsers bring none and are never counted; who posts to the same paths needs one."""
    app, _ = guarded(rate_limit="1/hour")
    for _ in range(3):
        assert ask(app, path, method="GET").json == {"key": None}
        assert ask(app, path, method="HEAD").status == 200
    assert ask(app, path, method="POST").status == 401


@pytest.mark.parametrize(
    "path",
    ["//", "/docs", "/openapi.json", "/metrics", "/v1/model", "/page", "/livez/", "/livez/x", "//livez", "/LIVEZ"],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT"])
def test_all_else_needs_one(path, method):
    """Documents, metrics and paths that do not exist tell nothing without a key."""
    app, _ = guarded()
    assert ask(app, path, method=method).status == 401


def test_open_inference_protocol_has_errors_of_its_own():
    """Under /v2 a refusal has the shape that its clients read."""
    answer = ask(guarded()[0], "/v2/models/minilm/infer")
    assert (answer.status, list(answer.json)) == (401, ["error"])


def test_without_keys_all_pass():
    """Where none is configured nobody needs one, and one that is sent says nothing."""
    app, refused = guarded(Keys())
    assert ask(app, headers=[("x-api-key", TOKEN)]).json == {"key": None}
    assert refused == []


def test_browsers_get_through():
    """Inside of CORSMiddleware a preflight needs no key, and scripts can read a refusal."""
    app = CORSMiddleware(guarded()[0], allow_origins=["https://a.example"], allow_headers=["authorization"])
    origin = ("origin", "https://a.example")
    wish = [("access-control-request-method", "GET"), ("access-control-request-headers", "authorization")]
    assert ask(app, headers=[origin, *wish], method="OPTIONS").status == 200
    for more, status in (([], 401), ([("authorization", f"Bearer {TOKEN}")], 200)):
        answer = ask(app, headers=[origin, *more], method="GET")
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, origin[1])


def test_keys_have_their_rates():
    """Each key is counted for itself, at its own rate or else the server's; refusals say when to come again."""
    keys = Keys((key("own", TOKEN, "2/hour"), key("common", OTHER), key("third", "dtk_three")))
    app, refused = guarded(keys, rate_limit="1/hour")
    for token, amount in ((TOKEN, 2), (OTHER, 1), ("dtk_three", 1)):
        headers = [("x-api-key", token)]
        assert [ask(app, headers=headers).status for _ in range(amount)] == [200] * amount
        answer = ask(app, "/metrics", headers=headers)
        assert (answer.status, answer.json["code"], answer.headers["content-type"]) == (429, "rate_limited", PROBLEM)
        assert f"more requests than {amount}/hour" in answer.json["detail"]
        assert 3000 < int(answer.headers["retry-after"]) <= 3600
    assert refused == ["rate_limited"] * 3


def test_only_what_is_counted_takes_memory():
    """Neither keys without a rate nor tokens that nobody knows, however many are tried, are kept."""
    free, _ = guarded()
    assert {ask(free, headers=[("x-api-key", TOKEN)]).status for _ in range(5)} == {200}
    app, _ = guarded(rate_limit="5/hour")
    for number in range(50):
        ask(app, headers=[("x-api-key", f"dtk_{number}")])
    assert len(free._rates._window) == len(app._rates._window) == 0
    ask(app, headers=[("x-api-key", TOKEN)])
    assert len(app._rates._window) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("here", "there", False),
        (None, None, True),
    ],
)
def test_without_keys_addresses_are_counted(one, other, same):
    """The server's rate is each client address's, of IPv6 each network's."""
    app, _ = guarded(Keys(), rate_limit="1/hour")
    clients = [host and (host, 5) for host in (one, other)]
    assert [ask(app, client=client).status for client in clients] == [200, 429 if same else 200]


@pytest.mark.parametrize("settings", [{"rate_limit": "often"}, {"rate_storage": "paper"}])
def test_bad_settings_stop_the_start(settings):
    """A rate or storage that can't be used is told when the middleware is made, not by the first request."""
    with pytest.raises(DetenteError, match=f"DETENTE_{next(iter(settings)).upper()}"):
        guarded(**settings)


def test_web_sockets_are_closed_and_the_lifespan_passes():
    """Nothing is served over web sockets, so none is accepted; start and end concern the application alone."""
    sent, seen = [], []

    async def watching(scope, *_):
        seen.append(scope["type"])

    async def send(message):
        sent.append(message)

    app, _ = guarded(Keys(), watching)
    for kind in ("websocket", "lifespan"):
        asyncio.run(app({"type": kind, "path": "/", "headers": []}, None, send))
    assert seen == ["lifespan"]
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_admin_keys_may_change_the_server():
    """Others are told what is missing, and where no key is configured, the ways there are."""
    desk, chief = KEYS.keys
    asyncio.run(require_admin(Request({"type": "http", "state": {"key": chief}})))
    for state, detail in (({"key": desk}, "the key desk is no admin key"), ({"key": None}, "SIGHUP"), ({}, "SIGHUP")):
        with pytest.raises(RequestError, match=detail) as caught:
            asyncio.run(require_admin(Request({"type": "http", "state": state})))
        assert (caught.value.problem.status, caught.value.problem.code) == (403, "forbidden")


def test_loopback_addresses():
    """Only what surely stays on this machine counts as such; a name may stand for anything tomorrow."""
    inside = ["localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]
    outside = ["", "::", "0.0.0.0", "192.0.2.1", "::ffff:192.0.2.1", "example.org", "localhost.example.org", "127.1"]  # noqa: S104
    assert [host for host in inside + outside if is_loopback(host)] == inside
