"""JSON bodies read strictly: a repeated name, NaN or endless nesting is malformed, not a matter of taste."""

import gc
import json
import traceback
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

_MOST_NAMES = 64  # of an object: no request has so many, and each that is unknown makes an error of its own


class StrictRoute(APIRoute):
    """A route whose handler reads JSON strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given a request that parses its own body."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            try:
                return await handle(_StrictRequest(request.scope, request.receive))
            except (RequestValidationError, HTTPException) as error:
                _forget_body(error)
                raise

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        return loads(await self.body())


def _forget_body(error: BaseException | None) -> None:
    """Clear what an error was raised from: FastAPI's errors and their tracebacks hold each other, and so the body.

    Megabytes a request would wait for the garbage collector, which counts objects and not bytes.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__


def loads(body: bytes) -> Any:
    """Parse JSON after RFC 8259, names unique in their object. Raises JSONDecodeError, and UnicodeDecodeError."""
    text = body.decode("utf-8-sig")
    try:
        with _uncollected():
            return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except _MalformedError as error:
        raise json.JSONDecodeError(str(error), text, 0) from error
    except RecursionError as error:
        raise json.JSONDecodeError("nested too deeply", text, 0) from error
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise
        raise json.JSONDecodeError("a number with too many digits", text, 0) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector away, which looks at millions of small values again and again while they are read."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _MalformedError(Exception):
    """JSON that Python would take and others would not."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MOST_NAMES:
        raise _MalformedError(f"an object with {len(pairs):,} names, more than {_MOST_NAMES}")
    read = dict(pairs)
    if len(read) < len(pairs):
        raise _MalformedError("a name stands twice in an object")
    return read


def _constant(name: str) -> NoReturn:
    raise _MalformedError(f"{name} is no JSON number")
