"""The command that reads an article, a part of the front door (detente.py); it imports its stage when it runs."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from model.bundle import DEFAULT_BUNDLE, open_bundle
from model.device import Device
from model.untrusted import has_controls


def article(
    file: Annotated[str, typer.Argument(metavar="FILE | -", help="Text or HTML in UTF-8; - for standard input.")],
    bundle: Annotated[Path, typer.Option("--bundle", help="Folder of the model's bundle.")] = DEFAULT_BUNDLE,
    pointer: Annotated[
        Path | None, typer.Option("--pointer", help="Folder of a pointer's bundle; the one that ships by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Find the quotes of an article, who said them, and their stances."""
    from model.articles.pointers import default_pointer, open_pointer  # noqa: PLC0415, other commands don't pay
    from model.articles.reader import read_article  # noqa: PLC0415
    from model.predictor import Predictor  # noqa: PLC0415
    from serve.articlefile import read_source  # noqa: PLC0415

    if "://" in file:
        raise typer.BadParameter(f"{file} is an address, and nothing is fetched: save the page, and give its file")
    source = read_source(file, sys.stdin.buffer)
    points = default_pointer() if pointer is None else open_pointer(pointer)
    with Predictor(open_bundle(bundle)) as predictor:
        read = read_article(source.text, points, predictor)
    if as_json:
        from serve.articleschemas import article_answer  # noqa: PLC0415

        answer = article_answer(read, predictor.bundle, points, exact=predictor.device is Device.CPU)
        _print_json({"text": source.text, "extracted": source.extracted, **answer.model_dump()})
        return
    from serve.articleprint import shown  # noqa: PLC0415

    console = Console()
    # A terminal wants lines of its own width; a file wants those of the article.
    console.print(*shown(read, predictor.bundle.manifest.labels), sep="\n", soft_wrap=not console.is_terminal)


def _print_json(value: Any) -> None:
    """Print JSON that does nothing to a terminal."""
    written = json.dumps(value, indent=2, ensure_ascii=False)
    if has_controls(written.replace("\n", "")):
        written = "".join(f"\\u{ord(sign):04x}" if sign != "\n" and has_controls(sign) else sign for sign in written)
    typer.echo(written)
