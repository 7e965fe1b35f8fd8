"""The command that serves, a part of the front door (detente.py); it imports its stage when it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model.device import Device

if TYPE_CHECKING:
    from serve.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 8000 by default.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Folder of the model's bundle.")] = None,
    device: Annotated[Device | None, typer.Option(help="cpu by default; auto takes a GPU that is there.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port; 1 by default.")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine though no keys are set.")
    ] = False,
    log_quotes: Annotated[
        bool, typer.Option("--log-quotes", help="Write the quotes that are asked to the log.")
    ] = False,
) -> None:
    """Serve a bundle over HTTP; every setting can also be given as DETENTE_NAME in the environment."""
    from pydantic import ValidationError

    from serve.settings import Settings

    options = {"host": host, "port": port, "bundle": bundle, "device": device, "workers": workers}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    given |= {name: True for name, flag in (("insecure", insecure), ("log_quotes", log_quotes)) if flag}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{'.'.join(map(str, first['loc'])) or 'settings'}: {first['msg']}") from error
    raise typer.Exit(_serve(settings))


def _serve(settings: "Settings") -> int:
    """Serve until a signal ends it and return the exit code; what is wrong with the settings is told before."""
    from serve.access import is_loopback
    from serve.keys import read_keys
    from serve.logs import configure_logs
    from serve.server import listen, serve_here
    from serve.service import open_models

    if not (read_keys(settings) or settings.insecure or is_loopback(settings.host)):
        way_out = "set DETENTE_KEYS (`detente key new`), or say --insecure"
        raise typer.BadParameter(f"--host {settings.host} reaches beyond this machine: {way_out}")
    configure_logs(settings)
    models = open_models(settings)  # what is wrong with them is told here, in one line
    with listen(settings) as listening:
        if settings.workers == 1:
            return serve_here(settings, models, listening)
        models.predictor.close()
        from serve.processes import serve_processes

        return serve_processes(settings, listening)
