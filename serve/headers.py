"""Headers that every request may have and every answer gets: ids, places in a trace, orders to browsers."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from serve.paths import PAGE, PAGE_FILES
from serve.settings import Settings
from serve.tracing import TraceContext, new_id, read_traceparent

Header = tuple[bytes, bytes]

_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACESTATE = re.compile(rb"[\x20-\x7e]{1,512}")

_DOCS = "/docs"
_DOCS_FILES = ("/docs/", "/static-offline-docs/")  # the latter is what it loads; fastapi_offline names it so

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_ANSWER = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_PAGE_ANSWER = (
    (b"content-security-policy", _PAGE_POLICY),
    (b"cache-control", b"no-store"),  # Hugging Face's route has the same path; what may be kept says so itself
)
_DOCS_POLICY = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DOCUMENTATION = (
    (b"content-security-policy", _DOCS_POLICY),
    (b"cache-control", b"no-cache"),  # kept, but asked for: the page's script has more than a megabyte
)
_OURS_ONLY = ((b"cross-origin-resource-policy", b"same-origin"),)


class Identity(NamedTuple):
    """What a request is called, by its client or by us, and where it stands in its client's trace."""

    request_id: bytes
    parent: TraceContext | None
    tracestate: bytes | None


def read_identity(headers: Iterable[Header]) -> Identity:
    """Read X-Request-ID, traceparent and tracestate, as far as each is well formed and can be repeated."""
    ids: list[bytes] = []
    parents: list[bytes] = []
    states: list[bytes] = []
    for name, value in headers:
        if name == b"x-request-id":
            ids.append(value)
        elif name == b"traceparent":
            parents.append(value)
        elif name == b"tracestate":
            states.append(value)
    known = len(ids) == 1 and _REQUEST_ID.fullmatch(ids[0])
    request_id = ids[0] if known else new_id(128).encode()
    parent = read_traceparent(parents[0]) if len(parents) == 1 else None
    state = b",".join(states)
    return Identity(request_id, parent, state if parent is not None and _TRACESTATE.fullmatch(state) else None)


class Orders:
    """What browsers are told with each answer; only the pages at / and /docs may load anything, and that from here."""

    def __init__(self, settings: Settings) -> None:
        ours = () if settings.cors_origins else _OURS_ONLY
        self._answer = (*_ALWAYS, *_ANSWER, *ours)
        self._page = (*_ALWAYS, *_PAGE_ANSWER, *ours)
        self._documentation = (*_ALWAYS, *_DOCUMENTATION, *ours)

    def of(self, path: str) -> tuple[Header, ...]:
        """Return the headers of an answer to a path."""
        if path == PAGE or path.startswith(PAGE_FILES):
            return self._page
        return self._documentation if path == _DOCS or path.startswith(_DOCS_FILES) else self._answer


def with_missing(given: Iterable[Header], ours: Iterable[Header]) -> list[Header]:
    """Return an answer's headers and those of ours that it has not set itself."""
    headers = list(given)
    names = {name for name, _ in headers}
    return headers + [header for header in ours if header[0] not in names]
