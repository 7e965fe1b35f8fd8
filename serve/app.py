"""The HTTP application: thin routes over one predictor."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import Message
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi_offline import FastAPIOffline
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from model.bundle import open_bundle
from model.device import Device
from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve import problems
from serve.problems import ClientGoneError, RequestError, documented
from serve.scheduler import ClosedError, DeadlineError, Scheduler
from serve.schemas import (
    Health,
    LabelScore,
    ManifestOut,
    ModelOut,
    PredictRequest,
    Problem,
    QuoteIn,
    QuoteProblem,
    StanceAnswer,
    StanceOut,
    StanceRequest,
)
from serve.settings import Settings

_DESCRIPTION = """Tells whether the words of a quote are conciliatory, hostile or neutral.

A quote's answer depends on the quote, its carrier and the model, and on nothing else that is asked at the same time.
Errors are `application/problem+json` (RFC 9457)."""


def app_from_environment() -> FastAPI:
    """Return the application as DETENTE_* describe it: what each of several processes starts with."""
    return create_app(Settings())


def create_app(settings: Settings, opened: Predictor | None = None) -> FastAPI:
    """Return the application; the bundle is opened when it starts up, unless it is already, and closed at the end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        predictor = await run_in_threadpool(open_predictor, settings) if opened is None else opened
        scheduler = Scheduler(predictor)
        app.state.predictor, app.state.scheduler, app.state.settings = predictor, scheduler, settings
        try:
            yield
        finally:
            await run_in_threadpool(scheduler.close)
            predictor.close()

    app = FastAPIOffline(
        title="Detente",
        description=_DESCRIPTION,
        version="1",
        lifespan=lifespan,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    problems.install(app, settings.max_body_bytes)
    app.include_router(_router)
    return app


def open_predictor(settings: Settings) -> Predictor:
    """Open the bundle on the device and with the threads that are set. Raises BundleError and DeviceError."""
    return Predictor(open_bundle(settings.bundle), workers=settings.predictor_threads, device=settings.device)


def _predictor(request: Request) -> Predictor:
    predictor: Predictor = request.app.state.predictor
    return predictor


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _require_json(request: Request) -> None:
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    if message.get_content_type() != "application/json":
        given = request.headers.get("content-type") or "none"
        raise RequestError(415, "unsupported_media_type", f"content-type is {given}: send application/json")


_router = APIRouter()
_Predictor = Annotated[Predictor, Depends(_predictor)]
_Settings = Annotated[Settings, Depends(_settings)]
_JSON = [Depends(_require_json)]
_REFUSALS = documented(400, 413, 415, 422, 503, 504)


@_router.post("/v1/stance", dependencies=_JSON, responses=_REFUSALS, tags=["stance"])
async def stance(body: StanceRequest, request: Request, predictor: _Predictor, settings: _Settings) -> StanceAnswer:
    """Judge quotes. A bad quote gets its error in its place, the others are answered."""
    _check_count(len(body.quotes), settings)
    parsed = [_parse(item) for item in body.quotes]
    answers = iter(await _predict(request, [quote for quote, _ in parsed if isinstance(quote, Quote)]))
    results = [
        _stance_out(next(answers), id_) if isinstance(quote, Quote) else QuoteProblem(id=id_, error=quote)
        for quote, id_ in parsed
    ]
    return StanceAnswer(model=_model_out(predictor), results=results)


@_router.post("/predict", dependencies=_JSON, responses=_REFUSALS, tags=["stance"])
async def predict(body: PredictRequest, request: Request, settings: _Settings) -> list[list[LabelScore]]:
    """Classify texts in the shape of Hugging Face's text-classification: for each text its labels, likeliest first."""
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    _check_count(len(texts), settings)
    quotes = []
    for place, text in enumerate(texts):
        try:
            quotes.append(Quote(text))
        except QuoteError as error:
            raise RequestError(422, error.code, f"inputs.{place}: {error}") from error
    return [_scores(answer)[: body.parameters.top_k] for answer in await _predict(request, quotes)]


@_router.get("/v1/model", tags=["model"])
async def model(predictor: _Predictor) -> ManifestOut:
    """Say which model answers: labels, thresholds, figures on its test split, digests of all its files."""
    return ManifestOut(**_model_out(predictor).model_dump(exclude={"name"}), **predictor.bundle.manifest.model_dump())


@_router.get("/livez", tags=["health"])
async def livez() -> Health:
    """Answer while the process lives."""
    return Health()


@_router.get("/readyz", tags=["health"])
async def readyz(_: _Predictor) -> Health:
    """Answer 200 once the model is loaded and has answered a first quote."""
    return Health()


def _parse(item: Any) -> tuple[Quote | Problem, str | int | None]:
    """Return the quote, or what is wrong with it, and the id to answer with."""
    try:
        given = QuoteIn.model_validate(item)
        return Quote(given.text, given.carrier), given.id
    except (ValidationError, QuoteError) as error:
        return problems.of_quote(error), _id_of(item)


def _id_of(item: Any) -> str | int | None:
    """Return the id of a bad quote, so that its error can be told apart."""
    try:
        return QuoteIn.model_validate({"text": "", "id": item.get("id")}).id
    except (ValidationError, AttributeError):
        return None


def _check_count(count: int, settings: Settings) -> None:
    if count > settings.max_quotes:
        detail = f"{count:,} quotes in one request, at most {settings.max_quotes:,} are read: split them"
        raise RequestError(413, "too_many_quotes", detail)


async def _predict(request: Request, quotes: Sequence[Quote]) -> list[Prediction]:
    """Predict on the scheduler's threads, for as long as the client is there and the time allows."""
    scheduler: Scheduler = request.app.state.scheduler
    seconds = _settings(request).request_seconds
    asked = asyncio.ensure_future(scheduler.predict(quotes, seconds))
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise ClientGoneError
        return await asked
    except DeadlineError as error:
        detail = f"not all quotes were read within {seconds:g} s: send fewer, or ask again when less is going on"
        raise RequestError(504, "deadline_exceeded", detail) from error
    except ClosedError as error:
        raise RequestError(
            503, "shutting_down", "the server is shutting down: ask again", {"Retry-After": "1"}
        ) from error
    finally:
        asked.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _model_out(predictor: Predictor) -> ModelOut:
    manifest, exact = predictor.bundle.manifest, predictor.device is Device.CPU
    return ModelOut(name=manifest.name, digest=predictor.bundle.digest, deterministic=exact)


def _stance_out(answer: Prediction, id_: str | int | None) -> StanceOut:
    return StanceOut(
        id=id_,
        label=answer.label,
        probabilities=dict(answer.probabilities),
        tone=answer.tone,
        uncertain=answer.uncertain,
        windows=answer.windows,
    )


def _scores(answer: Prediction) -> list[LabelScore]:
    ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    return [LabelScore(label=label, score=score) for label, score in ranked]
