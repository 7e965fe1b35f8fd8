"""The same server as replicas on a Ray cluster: what Ray's command runs as `serve run serve.ray_app:build`."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, ConfigDict, Field

from model.device import Device
from model.errors import DetenteError
from serve.app import create_app
from serve.keys import read_keys
from serve.logs import configure_logs
from serve.metrics import Metrics
from serve.problems import RequestError
from serve.service import Phase, Service, open_models
from serve.settings import Settings

try:
    import ray
    from ray import serve as ray_serve
    from ray.serve.metrics import Gauge
except ModuleNotFoundError as error:
    setup = "pip install --constraint constraints.txt '.[cluster]'"
    raise DetenteError(f"{error.name} is not installed; replicas on a cluster need `{setup}`") from error

_LAST_SECONDS = 5  # after the last request, for the threads to end

_METRICS = "one replica's figures mislead: those of all are at Ray's exporters, as ray_stance_queue_size and so on"
_RELOAD = "one replica of several must not exchange its model: deploy again, and Ray exchanges them one by one"


class Scale(BaseModel):
    """How many replicas there are and what each may use; Ray adds some while they have more to do than the target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=4, ge=1)
    target_ongoing_requests: float = Field(default=4, gt=0)  # a replica
    cpus: int = Field(default=2, ge=1)  # a replica; it reads as many texts at once


class Replica:
    """One process of the server. It is ready when its model has answered a first quote, which Ray waits for."""

    def __init__(self, given: dict[str, Any]) -> None:
        cpus = ray.get_runtime_context().get_assigned_resources()["CPU"]  # type: ignore[no-untyped-call]
        # Ray reserves cores without binding processes to them, so the machine's number of cores would mislead.
        self._settings = Settings(**given).model_copy(update={"threads": math.ceil(cpus)})
        configure_logs(self._settings)
        self._service: Service | None = None
        self._exported: dict[str, Gauge] = {}

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Return the application; what is wrong with the bundle fails the replica, and Ray tells why."""
        app = create_app(self._settings, open_models(self._settings))
        # Requests go to any replica. The first route that fits answers.
        for path, method, detail in (("/metrics", "GET", _METRICS), ("/v1/model/reload", "POST", _RELOAD)):
            route = APIRoute(path, _refusing(detail), methods=[method], include_in_schema=False)
            app.router.routes.insert(0, route)
        self._service = app.state.service
        return app

    async def check_health(self) -> None:
        """Raise RuntimeError unless the replica is ready; Ray asks every few seconds, and replaces one that is not."""
        if self._service is None or self._service.phase is not Phase.READY:
            raise RuntimeError("the service is not ready")
        await asyncio.to_thread(self._export, self._service.metrics)

    def _export(self, metrics: Metrics) -> None:
        """Give the figures to Ray, whose exporters tell Prometheus those of all replicas, with the replica's name."""
        for family in text_string_to_metric_families(metrics.render()[0].decode()):
            for sample in family.samples:
                if sample.name not in self._exported:
                    labels = tuple(sample.labels)
                    self._exported[sample.name] = Gauge(sample.name, family.documentation, labels)  # type: ignore[arg-type]
                self._exported[sample.name].set(sample.value, sample.labels)


def _refusing(detail: str) -> Callable[[], Awaitable[None]]:
    async def refuse() -> None:
        raise RequestError(404, "not_on_ray", detail)

    return refuse


def build(scale: Scale) -> ray_serve.Application:
    """Return the application that Ray deploys, with the settings of the environment (DETENTE_*) as far as they are set.

    Raises DetenteError when there are no keys and nobody said that none are wanted.
    """
    settings = Settings()
    if not (read_keys(settings) or settings.insecure):
        ways = "set DETENTE_KEYS (`detente key new`), or say DETENTE_INSECURE=true"
        raise DetenteError(f"who can reach Ray's proxies is not known here: {ways}")
    deployment: ray_serve.Deployment = ray_serve.deployment(
        name="detente",
        autoscaling_config={
            "min_replicas": scale.min_replicas,
            "max_replicas": scale.max_replicas,
            "target_ongoing_requests": scale.target_ongoing_requests,
        },
        ray_actor_options={"num_cpus": scale.cpus, "num_gpus": int(settings.device is Device.CUDA)},
        # Beyond what a replica admits it refuses itself, as problem+json that says when to ask again.
        max_ongoing_requests=settings.max_connections,
        max_queued_requests=settings.max_connections,
        graceful_shutdown_timeout_s=settings.drain_seconds + _LAST_SECONDS,
    )(ray_serve.ingress()(Replica))
    application: ray_serve.Application = deployment.bind(settings.model_dump(exclude_unset=True))
    return application
