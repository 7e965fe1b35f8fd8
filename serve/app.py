"""The HTTP application: routes over one service, behind what watches, limits and asks who is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from serve import articles, native, oip, operations, problems, webpage
from serve.access import Access
from serve.engine import Models
from serve.gate import Gate
from serve.keys import read_keys
from serve.metrics import Metrics
from serve.observe import Observe
from serve.rates import Rates
from serve.service import Service
from serve.settings import Settings
from serve.tracing import open_tracer

_DESCRIPTION = """Tells whether the words of a quote are conciliatory, hostile or neutral, and finds the quotes in
articles.

A quote's answer depends on the quote, its carrier and the model, and on nothing else that is asked at the same time.
Errors are `application/problem+json` (RFC 9457); those of 429 and 503 say in `Retry-After` when to ask again."""

_BEARER = HTTPBearer(auto_error=False, description="A key made by `detente key new`.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key, where Bearer is taken.")

# FastAPI's own OpenTelemetry would tell what stands in addresses and exceptions to whoever the environment names.
_SILENT = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


def create_app(settings: Settings, opened: Models | None = None) -> FastAPI:
    """Return the application, which closes the models at its end; without any it opens those that are set.

    Until they are open requests get 503. Raises DetenteError for keys, rates or traces that can't be set up.
    """
    service = Service(settings, Metrics())
    keys, rates, tracer = read_keys(settings), Rates(settings), open_tracer(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        opening = None
        if opened is None:
            opening = asyncio.create_task(service.open())
        else:
            service.start(opened)
        try:
            yield
        finally:
            if opening is not None:
                await opening
            await service.close()
            if tracer is not None:
                await run_in_threadpool(tracer.close)  # it waits for a collector that does not answer

    app = FastAPIOffline(
        title="Detente",
        description=_DESCRIPTION,
        version="1",
        lifespan=lifespan,
        redoc_url=None,
        openapi_url="/openapi.json",
        telemetry=_SILENT,
    )
    app.state.service = service
    problems.install(app)
    # Dependencies only for the document's sake: Access has the say before any route.
    named = [Depends(_BEARER), Depends(_HEADER)] if keys else []
    for router in (native.router, articles.router, oip.router, operations.router):
        app.include_router(router, dependencies=named)
    app.include_router(operations.health)
    app.include_router(webpage.page_router(keys=bool(keys), characters=settings.max_article_characters))
    # The last one added is the first that a request meets.
    app.add_middleware(Access, keys=keys, rates=rates, rejected=service.metrics.rejected)
    app.add_middleware(Gate, service=service)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins.split(),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["Retry-After", "WWW-Authenticate", "X-Request-ID"],
        )
    app.add_middleware(Observe, metrics=service.metrics, settings=settings, tracer=tracer)
    return app
