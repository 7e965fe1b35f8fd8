"""The page at `/` and its files, read once from the package and kept in memory."""

import hashlib
import json
from importlib.resources import files
from pathlib import PurePath

from fastapi import APIRouter, Request
from fastapi.responses import Response

from serve.paths import PAGE, PAGE_FILES
from serve.problems import RequestError

_INDEX = "index.html"
_SETTINGS = "settings.json"

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class _File:
    """Something that the page loads; browsers keep it and ask whether it is still the same."""

    def __init__(self, name: str, content: bytes) -> None:
        self._content = content
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        self._headers = {"content-type": _KINDS[PurePath(name).suffix], "etag": etag, "cache-control": "no-cache"}

    def answer(self, request: Request) -> Response:
        """Return the content, or 304 to who has it already."""
        known = request.headers.get("if-none-match", "")
        if (
            self._headers["etag"] in {tag.strip().removeprefix("W/") for tag in known.split(",")}
            or known.strip() == "*"
        ):
            return Response(status_code=304, headers=self._headers)
        return Response(self._content, headers=self._headers)


def page_router(*, keys: bool, characters: int) -> APIRouter:
    """Return the routes of the page; keys: whether asking needs one; characters: the longest article."""
    found = {
        each.name: _File(each.name, each.read_bytes())
        for each in files("serve").joinpath("page").iterdir()
        if PurePath(each.name).suffix in _KINDS
    }
    found[_SETTINGS] = _File(_SETTINGS, json.dumps({"keys": keys, "characters": characters}).encode())
    index = found.pop(_INDEX)
    router = APIRouter(include_in_schema=False)

    @router.api_route(PAGE, methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        return index.answer(request)

    @router.api_route(PAGE_FILES + "{name}", methods=["GET", "HEAD"])
    async def file(name: str, request: Request) -> Response:
        if name not in found:
            raise RequestError(404, "not_found", f"the page has no file {name[:50]}")
        return found[name].answer(request)

    return router
