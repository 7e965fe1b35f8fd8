"""The command that makes API keys, a part of the front door (detente.py); it imports its stage when it runs."""

import json
from typing import Annotated

import typer

from model.errors import DetenteError

key = typer.Typer(help="API keys of a server: who may ask, and how often.")


@key.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Whose key it is; stands in the server's log.")],
    admin: Annotated[bool, typer.Option("--admin", help="May exchange the server's model too.")] = False,
    rate: Annotated[str | None, typer.Option(help="Requests it may make, such as 600/minute.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Make a key: a token for whoever asks, and the line with its hash for the server."""
    from serve.keys import new_key  # noqa: PLC0415, other commands don't pay for it

    try:
        token, line = new_key(name, admin=admin, rate=rate)
    except DetenteError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        typer.echo(json.dumps({"name": name, "token": token, "line": line}))
        return
    typer.echo(f"The token, shown only now, for whoever asks (Authorization: Bearer TOKEN):\n\n    {token}\n")
    typer.echo(f"The line for the server, into DETENTE_KEYS or the file DETENTE_KEYS_FILE names:\n\n    {line}")
