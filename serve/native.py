"""Detente's own routes: stances of quotes, and the shape of Hugging Face's text classification."""

from email.message import Message
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError

from model.errors import QuoteError
from model.quote import Quote
from model.stance import Prediction
from serve import problems
from serve.asking import TIMEOUT, ask, check_count, read_quote, service_of
from serve.bodies import StrictRoute
from serve.engine import Engine
from serve.problems import RequestError, documented
from serve.schemas import (
    LabelScore,
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


async def require_json(request: Request) -> None:
    """Raise RequestError for a body that is not said to be JSON: a dependency of routes that read one."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    if message.get_content_type() != "application/json":
        given = request.headers.get("content-type") or "none"
        raise RequestError(415, "unsupported_media_type", f"content-type is {given}: send application/json")


router = APIRouter(
    route_class=StrictRoute,
    dependencies=[Depends(require_json)],
    responses=documented(400, 401, 408, 413, 415, 422, 429, 503, 504),
    tags=["stance"],
)


@router.post("/v1/stance", openapi_extra=TIMEOUT)
async def stance(body: StanceRequest, request: Request) -> StanceAnswer:
    """Judge quotes. A bad quote gets its error in its place, the others are answered."""
    settings = service_of(request).settings
    check_count(len(body.quotes), settings)
    parsed = [_parse(item, settings) for item in body.quotes]
    answered = await ask(request, [quote for quote, _ in parsed if isinstance(quote, Quote)])
    answers = iter(answered.predictions)
    results = [
        _stance_out(next(answers), id_) if isinstance(quote, Quote) else QuoteProblem(id=id_, error=quote)
        for quote, id_ in parsed
    ]
    return StanceAnswer(model=model_out(answered.engine), results=results)


@router.post("/", include_in_schema=False)  # where Hugging Face's own servers answer, too
@router.post("/predict", openapi_extra=TIMEOUT)
async def predict(body: PredictRequest, request: Request) -> list[list[LabelScore]]:
    """Classify texts in the shape of Hugging Face's text-classification: for each text its labels, likeliest first."""
    settings = service_of(request).settings
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    check_count(len(texts), settings)
    quotes = []
    for place, text in enumerate(texts):
        try:
            quotes.append(read_quote(text, None, settings))
        except QuoteError as error:
            raise RequestError(422, error.code, f"inputs.{place}: {error}") from error
    answered = await ask(request, quotes)
    most = None if body.parameters is None else body.parameters.top_k
    return [_scores(answer)[:most] for answer in answered.predictions]


def model_out(engine: Engine) -> ModelOut:
    """Return what an answer says of the model that it comes from."""
    return ModelOut(name=engine.bundle.manifest.name, digest=engine.bundle.digest, deterministic=engine.exact)


def _parse(item: Any, settings: Settings) -> tuple[Quote | Problem, str | int | None]:
    """Return the quote, or what is wrong with it, and the id to answer with."""
    try:
        given = QuoteIn.model_validate(item)
        return read_quote(given.text, given.carrier, settings), given.id
    except (ValidationError, QuoteError) as error:
        return problems.of_quote(error), _id_of(item)


def _id_of(item: Any) -> str | int | None:
    """Return the id of a bad quote, so that its error can be told apart."""
    try:
        return QuoteIn.model_validate({"text": "", "id": item.get("id")}).id
    except (ValidationError, AttributeError):
        return None


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
