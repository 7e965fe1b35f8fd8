"""The command that serves, a part of the front door (detente.py); it imports its stage when it runs."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from model.device import Device


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 8000 by default.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Folder of the model's bundle.")] = None,
    device: Annotated[Device | None, typer.Option(help="cpu by default; auto takes a GPU that is there.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port; 1 by default.")] = None,
) -> None:
    """Serve a bundle over HTTP; every setting can also be given as DETENTE_NAME in the environment."""
    import uvicorn
    from pydantic import ValidationError

    from serve.app import create_app, open_predictor
    from serve.settings import PREFIX, Settings

    options = {"host": host, "port": port, "bundle": bundle, "device": device, "workers": workers}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    predictor = open_predictor(settings)  # what is wrong with it is told here, in one line
    if settings.workers == 1:
        uvicorn.run(create_app(settings, predictor), host=settings.host, port=settings.port)
        return
    predictor.close()
    # Each process builds its application anew, from the environment.
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()})
    app = "serve.app:app_from_environment"
    uvicorn.run(app, factory=True, host=settings.host, port=settings.port, workers=settings.workers)
