"""Routes for whoever runs the server: health, the model that answers, figures, reloading."""

from fastapi import APIRouter, Depends, Request, Response

from model.errors import DetenteError
from serve.access import require_admin
from serve.asking import engine_of, service_of, unavailable
from serve.native import model_out
from serve.paths import METRICS, RELOAD
from serve.problems import RequestError, documented
from serve.schemas import Health, ManifestOut, ModelOut
from serve.service import Phase, UnavailableError

health = APIRouter(tags=["health"])
"""Open to everybody."""

router = APIRouter()
"""For who has a key, when keys are set."""


@health.get("/livez", responses=documented(503))
async def livez(request: Request) -> Health:
    """Answer while the process lives and can become ready."""
    if service_of(request).phase is Phase.FAILED:
        raise RequestError(503, "failed", "the model could not be opened; the log says why")
    return Health()


@health.get("/readyz", responses=documented(503))
async def readyz(request: Request) -> Health:
    """Answer 200 once the model has answered a first quote, until the server is told to end."""
    phase = service_of(request).phase
    if phase is not Phase.READY:
        raise unavailable(UnavailableError(phase, f"the server is {phase}"))
    return Health()


@router.get(
    METRICS,
    tags=["operation"],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **documented(401, 429)},
)
async def metrics(request: Request) -> Response:
    """Give figures to Prometheus."""
    body, kind = service_of(request).metrics.render(request.headers.get("accept", ""))
    return Response(body, media_type=kind)


@router.get("/v1/model", tags=["model"], responses=documented(401, 429, 503))
async def model(request: Request) -> ManifestOut:
    """Say which model answers: labels, thresholds, figures on its test split, digests of all its files."""
    engine = engine_of(request)
    return ManifestOut(
        **model_out(engine).model_dump(exclude={"name"}),
        **engine.bundle.manifest.model_dump(exclude_none=True),
    )


@router.post(
    RELOAD,
    tags=["model"],
    dependencies=[Depends(require_admin)],
    responses=documented(401, 403, 409, 429, 503),
)
async def reload(request: Request) -> ModelOut:
    """Open the bundle anew and let it answer from now on; it wants an admin key. A bad one changes nothing."""
    engine_of(request)
    service = service_of(request)
    try:
        engine = await service.reload()
    except DetenteError as error:
        raise RequestError(409, "bad_bundle", f"the old bundle goes on: {error}") from error
    service.spread()
    return model_out(engine)
