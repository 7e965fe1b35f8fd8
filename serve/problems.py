"""Errors as application/problem+json (RFC 9457): the edge where domain errors become HTTP answers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from model.errors import QuoteError
from serve.schemas import Problem

MEDIA_TYPE = "application/problem+json"

_OIP = "/v2"  # the Open Inference Protocol's errors have a shape of their own

_CLIENT_GONE = 499  # of no standard, but what servers write into their logs for it

_MOST_DETAILS, _LONGEST_NAME = 5, 50  # of what a request did wrong

_SCHEMA = {"schema": {"$ref": "#/components/schemas/Problem"}}


_RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}  # RFC 9110's names, on every Python


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of the problems that a route answers with."""
    return {
        status: {"description": _title(status), "model": Problem, "content": {MEDIA_TYPE: _SCHEMA}}
        for status in statuses
    }


class RequestError(Exception):
    """A request that is refused as a whole."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem, self.headers = problem(status, code, detail), headers


class ClientGoneError(Exception):
    """A request whose client has closed the connection: nobody reads an answer."""


def problem(status: int, code: str, detail: str) -> Problem:
    """Return a problem with the title that belongs to its status."""
    return Problem(title=_title(status), status=status, detail=detail, code=code)


def _title(status: int) -> str:
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def refusal(path: str, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer to a request for a path that is refused: a problem, under /v2 the error of that protocol."""
    return _answer(path, problem(status, code, detail), headers)


def of_quote(error: QuoteError | ValidationError) -> Problem:
    """Return the problem of one quote."""
    if isinstance(error, QuoteError):
        return problem(422, error.code, str(error))
    return problem(422, "invalid_quote", _details(error.errors()))


def refusal_of(path: str, error: RequestError) -> JSONResponse:
    """Return the answer that a RequestError gets, for what stands before the routes."""
    return _answer(path, error.problem, error.headers)


def raw_refusal(path: str, error: RequestError, headers: Mapping[str, str]) -> bytes:
    """Return the answer that a RequestError gets as HTTP/1.1, for what stands before the application."""
    answer = refusal_of(path, error)
    answer.headers.update({"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **headers})
    head = [f"HTTP/1.1 {error.problem.status} {error.problem.title}".encode()]
    head += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + bytes(answer.body)


def install(app: FastAPI) -> None:
    """Make the application answer every error as a problem."""

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> JSONResponse:
        return refusal_of(request.url.path, error)

    @app.exception_handler(ClientGoneError)
    async def gone(_: Request, __: ClientGoneError) -> Response:
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = error.errors()
        if problems and problems[0]["type"] == "json_invalid":
            where = f"{problems[0]['ctx']['error']} at character {problems[0]['loc'][-1]}"
            return _answer(request.url.path, problem(400, "malformed_json", f"the body is no JSON: {where}"))
        return _answer(request.url.path, problem(422, "invalid_request", _details(problems)))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        status, detail = error.status_code, str(error.detail)
        code = _title(status).lower().replace(" ", "_").replace("-", "_")
        if isinstance(error.__cause__, UnicodeDecodeError):
            code, detail = "not_utf8", f"the body is not UTF-8: byte {error.__cause__.start}"
        return _answer(request.url.path, problem(status, code, detail), dict(error.headers or {}))


def _answer(path: str, body: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    if path == _OIP or path.startswith(f"{_OIP}/"):
        return JSONResponse({"error": body.detail}, body.status, headers)
    return JSONResponse(body.model_dump(), body.status, headers, media_type=MEDIA_TYPE)


def _details(errors: Any) -> str:
    """Name each faulty field and its fault, never its value: quotes are not repeated in errors."""
    named = []
    for error in errors[:_MOST_DETAILS]:
        # A place in a union has the name of a type in it, such as list[str].
        place = ".".join(str(part)[:_LONGEST_NAME] for part in error["loc"] if part != "body" and "[" not in str(part))
        place = place or "body"
        message = "unknown field" if error["type"] == "extra_forbidden" else error["msg"]
        named.append(f"{place}: {message}")
    return "; ".join(dict.fromkeys(named))
