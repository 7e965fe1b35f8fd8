"""The Open Inference Protocol, version 2, over HTTP: what the clients of KServe and Triton speak."""

from collections.abc import Callable, Sequence
from email.message import Message
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from model.errors import QuoteError
from model.quote import Quote
from model.stance import Prediction, Stance
from serve.asking import TIMEOUT, ask, check_count, engine_of, read_quote, service_of, unavailable
from serve.engine import Engine
from serve.oipschemas import (
    InferRequest,
    InferResponse,
    ModelMetadata,
    ModelParameters,
    ModelReady,
    OipError,
    ServerLive,
    ServerMetadata,
    ServerReady,
    TensorMetadata,
    inlined,
)
from serve.problems import ClientGoneError, RequestError
from serve.service import Phase, UnavailableError
from serve.settings import Settings
from serve.tensors import HEADER_LENGTH, Asked, Datatype, Tensor, TensorError, read_request, write_response

_VERSION = "1"  # of any model: which bundle it is, its digest says
_PLATFORM = "onnx_onnxv1"  # the protocol's name for ONNX
_JSON, _BINARY = "application/json", "application/octet-stream"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_JSON_LENGTH = {"description": "How many bytes of the body are JSON.", "schema": {"type": "integer", "minimum": 0}}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"description": HTTPStatus(status).phrase, "model": OipError} for status in statuses}


async def server_metadata(request: Request) -> ServerMetadata:
    """Say what the server is."""
    return ServerMetadata(name="detente", version=request.app.version, extensions=["binary_tensor_data"])


async def server_live(request: Request) -> ServerLive:
    """Answer while the process lives and can become ready."""
    if service_of(request).phase is Phase.FAILED:
        raise RequestError(503, "failed", "the model could not be opened; the log says why")
    return ServerLive()


async def server_ready(request: Request) -> ServerReady:
    """Answer 200 once the model has answered a first quote, until the server is told to end."""
    _check_ready(request)
    return ServerReady()


async def model_metadata(request: Request) -> ModelMetadata:
    """Say what the model takes and gives, which bundle it is, and what the columns of `probabilities` are."""
    bundle = _engine(request).bundle
    labels = bundle.manifest.labels
    return ModelMetadata(
        name=bundle.manifest.name,
        versions=[_VERSION],
        platform=_PLATFORM,
        inputs=[TensorMetadata(name=each, datatype=Datatype.BYTES, shape=[-1]) for each in ("text", "carrier")],
        outputs=[
            TensorMetadata(name=each.name, datatype=each.datatype, shape=[-1, *each.shape[1:]])
            for each in _tensors([], labels).values()
        ],
        parameters=ModelParameters(digest=bundle.digest, labels=list(labels)),
    )


async def model_ready(request: Request) -> ModelReady:
    """Answer 200 while the model can be asked."""
    _check_ready(request)
    return ModelReady(name=_engine(request).bundle.manifest.name)


async def infer(request: Request) -> Response:
    """Judge quotes. A bad one refuses the request as a whole.

    Tensors are JSON, or come in the binary form of Triton's extension after the JSON, whose length a header gives.
    """
    engine = _engine(request)
    asked, quotes = await _read(request)
    _wanted(asked, _tensors([], engine.bundle.manifest.labels))  # refused before anything is computed
    answered = await ask(request, quotes)
    manifest, digest = answered.engine.bundle.manifest, answered.engine.bundle.digest
    head = {"model_name": manifest.name, "model_version": _VERSION, "parameters": {"digest": digest}}
    if asked.request.id is not None:
        head["id"] = asked.request.id
    body, length = write_response(head, _wanted(asked, _tensors(answered.predictions, manifest.labels)))
    if length is None:
        return Response(body, media_type=_JSON)
    return Response(body, media_type=_BINARY, headers={HEADER_LENGTH: str(length)})


async def _read(request: Request) -> tuple[Asked, list[Quote]]:
    """Return what is asked. Raises RequestError with the place of the first quote that is none."""
    settings = service_of(request).settings
    _check_content_type(request)
    lengths = request.headers.getlist(HEADER_LENGTH)
    if len(lengths) > 1:
        raise RequestError(400, "invalid_header", f"{HEADER_LENGTH} is given {len(lengths)} times: give it once")
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise ClientGoneError from error
    try:
        asked = read_request(body, lengths[0] if lengths else None)
        check_count(asked.text.count, settings)
        pairs = asked.pairs()
    except TensorError as error:
        raise RequestError(400, "invalid_tensor", str(error)) from error
    return asked, [_quote(place, *pair, settings) for place, pair in enumerate(pairs)]


def _quote(place: int, text: str, carrier: str | None, settings: Settings) -> Quote:
    try:
        return read_quote(text, carrier, settings)
    except QuoteError as error:
        raise RequestError(400, error.code, f"quote {place}: {error}") from error


def _check_content_type(request: Request) -> None:
    given = request.headers.getlist("content-type")
    if not given:
        return  # Triton's client says nothing
    message = Message()
    message["content-type"] = given[0]
    kind = message.get_content_type()
    if len(given) > 1 or kind not in {_JSON, _BINARY}:
        detail = f"content-type is {', '.join(given)[:100]!r}: send {_JSON}, or {_BINARY} with binary tensors"
        raise RequestError(415, "unsupported_media_type", detail)
    if kind == _BINARY and HEADER_LENGTH not in request.headers:
        raise RequestError(400, "invalid_header", f"{_BINARY} needs the header {HEADER_LENGTH}")


def _tensors(predictions: Sequence[Prediction], labels: Sequence[str]) -> dict[str, Tensor]:
    """Return what the protocol calls outputs; `tone` only when the model tells stances."""
    n = len(predictions)
    probabilities = [each.probabilities[label] for each in predictions for label in labels]
    tensors = [
        Tensor("label", Datatype.BYTES, [n], [each.label for each in predictions]),
        Tensor("probabilities", Datatype.FP64, [n, len(labels)], probabilities),
        Tensor("uncertain", Datatype.BOOL, [n], [each.uncertain for each in predictions]),
        Tensor("windows", Datatype.INT32, [n], [each.windows for each in predictions]),
    ]
    if {Stance.CONCILIATORY, Stance.HOSTILE} <= set(labels):
        tones = [each.tone for each in predictions if each.tone is not None]
        tensors.insert(2, Tensor("tone", Datatype.FP64, [n], tones))
    return {tensor.name: tensor for tensor in tensors}


def _wanted(asked: Asked, tensors: dict[str, Tensor]) -> list[tuple[Tensor, bool]]:
    """Return the outputs in the order in which they are wanted, and whether in binary form. Raises RequestError."""
    if not asked.request.outputs:
        return [(tensor, asked.binary(None)) for tensor in tensors.values()]
    wanted: dict[str, tuple[Tensor, bool]] = {}
    for output in asked.request.outputs:
        if output.name not in tensors:
            detail = f"output {output.name[:50]!r} is none of this model: it has {', '.join(tensors)}"
            raise RequestError(400, "unknown_output", detail)
        if output.name in wanted:
            raise RequestError(400, "unknown_output", f"output {output.name} is wanted twice")
        wanted[output.name] = tensors[output.name], asked.binary(output)
    return list(wanted.values())


def _check_ready(request: Request) -> None:
    phase = service_of(request).phase
    if phase is not Phase.READY:
        raise unavailable(UnavailableError(phase, f"the server is {phase}"))


def _engine(request: Request) -> Engine:
    """Return what answers for the model of the path. Raises RequestError when that is another one, or none yet."""
    engine = engine_of(request)
    served = {"name": engine.bundle.manifest.name, "version": _VERSION}
    for what, given in request.path_params.items():
        if given != served[what]:
            detail = f"model {what} {given[:50]!r} is not served here, but {served[what]!r} is"
            raise RequestError(404, "unknown_model", detail)
    return engine


def _add(router: APIRouter, path: str, endpoint: Callable[..., Any], method: str = "GET", **about: Any) -> None:
    """Add a route, with a slash at its end too: the protocol's text has none, its OpenAPI document has one."""
    router.add_api_route(path, endpoint, methods=[method], **about)
    router.add_api_route(f"{path}/", endpoint, methods=[method], **about, include_in_schema=False)


def _add_model(router: APIRouter, path: str, *names: str) -> None:
    # Named by hand: FastAPI would document a 422 for them that can't happen.
    named = [{"in": "path", "name": name, "required": True, "schema": {"type": "string"}} for name in names]
    refusals = _errors(401, 404, 429, 503)
    for end, endpoint in (("", model_metadata), ("/ready", model_ready)):
        _add(router, path + end, endpoint, responses=refusals, openapi_extra={"parameters": named})
    answer = {"model": InferResponse, "content": {_BINARY: _BYTES}, "headers": {HEADER_LENGTH: _JSON_LENGTH}}
    _add(
        router,
        f"{path}/infer",
        infer,
        "POST",
        responses={200: answer, **refusals, **_errors(400, 408, 413, 415, 504)},
        openapi_extra={
            "parameters": [*named, {"in": "header", "name": HEADER_LENGTH, **_JSON_LENGTH}, *TIMEOUT["parameters"]],
            "requestBody": {
                "required": True,
                "content": {_JSON: {"schema": inlined(InferRequest)}, _BINARY: _BYTES},
            },
        },
    )


router = APIRouter(prefix="/v2", tags=["open inference protocol"])
_add(router, "", server_metadata, responses=_errors(401, 429, 503))
for _path, _endpoint in (("/health/live", server_live), ("/health/ready", server_ready)):
    # Told without a key too, where the application asks for one.
    _add(router, _path, _endpoint, responses=_errors(503), openapi_extra={"security": [{}]})
_add_model(router, "/models/{name}", "name")
_add_model(router, "/models/{name}/versions/{version}", "name", "version")
