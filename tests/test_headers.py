"""Headers of every request and answer: what is read strictly, and what browsers are told."""

import re

import pytest
from fastapi.testclient import TestClient
from fastapi_offline import FastAPIOffline
from hypothesis import given
from hypothesis import strategies as st

from serve.headers import Orders, read_identity, with_missing
from serve.settings import Settings

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
COMMON = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
}


@given(ids=st.lists(st.binary(max_size=130) | st.from_regex(rb"[!-~]{126,130}", fullmatch=True), max_size=2))
def test_request_ids(ids):
    """One visible ASCII word of up to 128 characters is taken; anything else is replaced, never repeated."""
    read = read_identity([(b"accept", b"*/*"), *((b"x-request-id", each) for each in ids)]).request_id
    if len(ids) == 1 and 1 <= len(ids[0]) <= 128 and all(0x20 < byte < 0x7F for byte in ids[0]):
        assert read == ids[0]
    else:
        assert re.fullmatch(rb"[0-9a-f]{32}", read)
        assert read != read_identity([]).request_id


@pytest.mark.parametrize(
    ("parents", "states", "follows", "state"),
    [
        ([PARENT], [], True, None),
        ([PARENT], [b"a=1", b"b=2"], True, b"a=1,b=2"),
        ([PARENT], [b"a=" + b"1" * 510], True, b"a=" + b"1" * 510),
        ([PARENT], [b"a=" + b"1" * 511], True, None),
        ([PARENT], [b"a=\x80"], True, None),
        ([PARENT], [b"a=1\x00"], True, None),
        ([PARENT.upper()], [b"a=1"], False, None),
        ([PARENT, PARENT], [b"a=1"], False, None),
        ([], [b"a=1"], False, None),
    ],
)
def test_places_in_a_trace(parents, states, follows, state):
    """One valid parent is followed; a state goes with it when it has 512 or less printable characters."""
    headers = [(b"traceparent", each) for each in parents] + [(b"tracestate", each) for each in states]
    read = read_identity(headers)
    assert ((read.parent is not None), read.tracestate) == (follows, state)
    assert read.parent is None or read.parent.header == PARENT


def test_answers_forbid_browsers_everything():
    """An answer is no page: nothing may be loaded by it, and nobody may keep, frame or embed it."""
    assert dict(Orders(Settings()).of("/v1/stance")) == {
        **COMMON,
        b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
        b"cache-control": b"no-store",
    }
    assert Orders(Settings()).of("/docsandmore") == Orders(Settings()).of("/v1/stance")


@pytest.mark.parametrize("path", ["/v1/stance", "/docs"])
def test_pages_that_may_ask_may_read(path):
    """With origins of other pages set, answers are not kept from them."""
    shared = dict(Orders(Settings(cors_origins="https://a.example")).of(path))
    assert shared == {k: v for k, v in Orders(Settings()).of(path) if k != b"cross-origin-resource-policy"}


@pytest.mark.parametrize("path", ["/", "/page/page.js"])
def test_the_page_may_load_its_own_files(path):
    """Scripts, styles, pictures and answers from here and nothing else; no text ever becomes HTML or a script."""
    told = dict(Orders(Settings()).of(path))
    assert told.items() > COMMON.items()
    assert told[b"cache-control"] == b"no-store"
    policy = dict(part.split(" ", 1) for part in told[b"content-security-policy"].decode().split("; "))
    own = dict.fromkeys(("script-src", "style-src", "img-src", "connect-src"), "'self'")
    nothing = dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors", "trusted-types"), "'none'")
    assert policy == {**own, **nothing, "require-trusted-types-for": "'script'"}


def test_the_documentation_may_load_what_it_loads():
    """The policy of /docs allows its scripts, styles and pictures, and nothing from elsewhere; they may be kept."""
    page = TestClient(FastAPIOffline(redoc_url=None)).get("/docs").text
    loaded = re.findall(r'<(?:script|link)[^>]*? (?:src|href)="([^"]*)"', page)
    assert {source.rpartition(".")[2] for source in loaded} == {"js", "css", "png"}
    told = [dict(Orders(Settings()).of(path)) for path in ("/docs", "/docs/oauth2-redirect", *loaded)]
    assert all(headers == told[0] for headers in told)
    assert told[0].items() > COMMON.items()
    assert told[0][b"cache-control"] == b"no-cache"
    policy = dict(part.split(" ", 1) for part in told[0][b"content-security-policy"].decode().split("; "))
    assert policy["script-src"] == policy["style-src"] == "'self' 'unsafe-inline'"
    assert (policy["img-src"], policy["connect-src"]) == ("'self' data:", "'self'")
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_what_an_answer_says_itself_stays():
    """Headers are completed, not doubled, and the list that was given is not changed."""
    given_ = [(b"cache-control", b"max-age=60")]
    assert with_missing(given_, [(b"cache-control", b"no-store"), (b"x-frame-options", b"DENY")]) == [
        (b"cache-control", b"max-age=60"),
        (b"x-frame-options", b"DENY"),
    ]
    assert given_ == [(b"cache-control", b"max-age=60")]
