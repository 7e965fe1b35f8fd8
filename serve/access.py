"""Who may ask, and how often: the keys and rates that stand before the routes."""

import math
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serve.keys import ApiKey, Keys
from serve.paths import HEALTH, PAGE, PAGE_FILES
from serve.problems import RequestError, refusal
from serve.rates import Rates, notation

_OPEN = frozenset({PAGE, *HEALTH, *(f"{path}/" for path in HEALTH if path.startswith("/v2/"))})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="detente"'}
_POLICY_VIOLATION = 1008  # of RFC 6455
_CLIENTS_NETWORK = 64  # bits of an IPv6 address that a provider gives away as one


class Access:
    """Lets requests pass that carry a configured key, at the key's rate, and puts the key into their state.

    Without configured keys everybody passes, at the rate of the settings a client address. Health and the page need no
    key and are not counted. Nor are requests that are refused for their key: tokens that nobody knows take no memory.
    Must stand inside of CORSMiddleware: browsers send no key with a preflight, and read no refusal that lacks its
    headers.
    """

    def __init__(self, app: ASGIApp, keys: Keys, rates: Rates, rejected: Callable[[str], None]) -> None:
        self._app, self._keys, self._rates, self._rejected = app, keys, rates, rejected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, and hand the others on."""
        if scope["type"] == "websocket":  # none is served
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        refused = None
        if scope["type"] == "http":
            scope.setdefault("state", {})["key"] = None
            if not _is_open(scope["path"]) or scope["method"] not in {"GET", "HEAD"}:
                refused = await self._refused(scope)
        await (refused or self._app)(scope, receive, send)

    async def _refused(self, scope: Scope) -> Response | None:
        key = None
        if self._keys:
            tokens = _tokens(Headers(scope=scope))
            key = self._keys.find(tokens.pop()) if len(tokens) == 1 else None
            if key is None:
                self._rejected("unauthorized")
                detail = "this needs one key that is known here, as Authorization: Bearer TOKEN or X-API-Key: TOKEN"
                return refusal(scope["path"], 401, "unauthorized", detail, _CHALLENGE)
            scope["state"]["key"] = key
        rate = (key and key.rate) or self._rates.default
        if rate is None:
            return None
        wait = await self._rates.wait(rate, f"key {key.name}" if key else f"client {_address(scope)}")
        if wait is None:
            return None
        self._rejected("rate_limited")
        seconds = max(1, math.ceil(wait))
        detail = f"more requests than {notation(rate)}: ask again in {seconds} s"
        return refusal(scope["path"], 429, "rate_limited", detail, {"Retry-After": str(seconds)})


async def require_admin(request: Request) -> None:
    """Raise RequestError unless an admin key asks: a dependency of routes that change the server."""
    key: ApiKey | None = getattr(request.state, "key", None)
    if key is None:
        detail = "reloading over HTTP needs an admin key, and none is configured: add one, or send the process SIGHUP"
        raise RequestError(403, "forbidden", detail)
    if not key.admin:
        raise RequestError(403, "forbidden", f"the key {key.name} is no admin key: ask with one that is")


def is_loopback(host: str) -> bool:
    """Return whether who listens there is reached from this machine only; of names that holds for localhost alone."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(PAGE_FILES)


def _tokens(headers: Headers) -> set[str]:
    given = headers.getlist("x-api-key")
    for value in headers.getlist("authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer":
            given.append(token)
    return {token.strip() for token in given} - {""}


def _address(scope: Scope) -> str:
    """Return what stands for a client: its address, or the IPv6 network in which it may have any address."""
    host: str = scope["client"][0] if scope.get("client") else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((int(address), _CLIENTS_NETWORK), strict=False))
    return host
