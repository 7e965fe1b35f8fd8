"""From a request to its answers: the edge where what the service says becomes HTTP."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from fastapi import Request

from model.errors import QuoteError
from model.quote import Quote
from serve.engine import CrowdedError, DeadlineError, Engine
from serve.problems import ClientGoneError, RequestError
from serve.scheduler import ClosedError
from serve.service import Answered, AnsweredArticle, Service, UnavailableError
from serve.settings import Settings

_AnsweredT = TypeVar("_AnsweredT", Answered, AnsweredArticle)

_UNWATCHED = 0.05  # seconds

_TIMEOUT_HEADER = "X-Request-Timeout"

TIMEOUT: dict[str, Any] = {
    "parameters": [
        {
            "name": _TIMEOUT_HEADER,
            "in": "header",
            "schema": {"type": "number", "exclusiveMinimum": 0},
            "description": "Seconds in which the answer is wanted, up to the server's own limit; 504 after that.",
        }
    ]
}
"""The entry in the OpenAPI document of a route that asks."""


def service_of(request: Request) -> Service:
    """Return what stands behind the application."""
    service: Service = request.app.state.service
    return service


def engine_of(request: Request) -> Engine:
    """Return the engine that answers now. Raises RequestError before there is one."""
    try:
        return service_of(request).engine
    except UnavailableError as error:
        raise unavailable(error) from error


def check_count(count: int, settings: Settings) -> None:
    """Raise RequestError for more quotes than a request may have."""
    if count > settings.max_quotes:
        detail = f"{count:,} quotes in one request, at most {settings.max_quotes:,} are read: split them"
        raise RequestError(413, "too_many_quotes", detail)


def read_quote(text: str, carrier: str | None, settings: Settings) -> Quote:
    """Return the quote. Raises QuoteError, for one that is longer than the server takes, too."""
    if len(text) > settings.max_characters:
        detail = f"text has {len(text):,} characters, at most {settings.max_characters:,} are read: split it"
        raise QuoteError("text_too_long", detail)
    return Quote(text, carrier)


def read_article(text: str, settings: Settings) -> str:
    """Return the text of an article. Raises RequestError for one that holds nothing, is too long, or no Unicode."""
    most = settings.max_article_characters
    if len(text) > most:
        detail = f"text has {len(text):,} characters, at most {most:,} are read: split it where a section begins"
        raise RequestError(422, "text_too_long", detail)
    if not text.strip():
        raise RequestError(422, "text_empty", "text is empty or holds only spaces")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        detail = f"text is not valid Unicode: lone surrogate at character {error.start}"
        raise RequestError(422, "text_not_unicode", detail) from error
    return text


async def ask(request: Request, quotes: Sequence[Quote]) -> Answered:
    """Answer quotes for as long as the client is there and the time allows. Raises RequestError, ClientGoneError."""
    _note(request, [quote.text for quote in quotes])
    return await _wanted(request, partial(service_of(request).predict, quotes))


async def ask_article(request: Request, text: str) -> AnsweredArticle:
    """Read an article as ask() answers quotes. Raises RequestError, for too many strings too, and ClientGoneError."""
    service = service_of(request)
    try:
        answered = await _wanted(request, partial(service.read, text))
    except CrowdedError as error:
        detail = f"{error} in one article, at most {service.settings.max_quotes:,} are read: split it"
        raise RequestError(413, "too_many_quotes", detail) from error
    article = answered.article.article
    _note(request, [quote.span.of(article.text) for quote in article.quotes])
    return answered


def _note(request: Request, texts: Sequence[str]) -> None:
    """Leave for the log how many quotes there are, and their texts where they are wanted."""
    request.state.quotes = len(texts)
    if service_of(request).settings.log_quotes:
        request.state.texts = texts


async def _wanted(request: Request, answer: Callable[[float], Awaitable[_AnsweredT]]) -> _AnsweredT:
    """Give a request's answer its time, and drop it when nobody waits for it any more."""
    service = service_of(request)
    seconds = _seconds(request, service.settings)
    asked = asyncio.ensure_future(answer(seconds))
    gone: asyncio.Future[None] | None = None
    try:
        # Most answers come sooner than it would pay to look out for the client's going.
        await asyncio.wait({asked}, timeout=_UNWATCHED)
        if not asked.done():
            gone = asyncio.ensure_future(_disconnected(request))
            await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise ClientGoneError
        answered = await asked
    except UnavailableError as error:
        service.metrics.rejected(error.reason)
        raise unavailable(error) from error
    except DeadlineError as error:
        service.metrics.rejected("deadline")
        detail = f"not all was read within {seconds:g} s: send less, or ask again when less is going on"
        raise RequestError(504, "deadline_exceeded", detail) from error
    except ClosedError as error:
        service.metrics.rejected("draining")
        raise unavailable(UnavailableError("draining", "the server is shutting down: ask again")) from error
    finally:
        asked.cancel()
        if gone is not None:
            gone.cancel()
    request.state.digest = answered.engine.bundle.digest
    return answered


def unavailable(error: UnavailableError) -> RequestError:
    """Return the 503 that says when to ask again."""
    return RequestError(503, error.reason, str(error), {"Retry-After": str(error.retry_after)})


def _seconds(request: Request, settings: Settings) -> float:
    """Return the time that the request has, in seconds: what its client asks for, up to the server's own limit."""
    given = request.headers.get(_TIMEOUT_HEADER)
    if given is None:
        return settings.request_seconds
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        detail = f"{_TIMEOUT_HEADER} is {given[:50]!r}: give a number of seconds above 0, or leave it out"
        raise RequestError(400, "invalid_timeout", detail)
    return min(seconds, settings.request_seconds)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
