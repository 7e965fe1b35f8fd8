"""The command that labels files, a part of the front door (detente.py); it imports its stage when it runs."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.bundle import DEFAULT_BUNDLE
from model.device import Device
from model.untrusted import has_controls

if TYPE_CHECKING:
    from serve.labelling.kinds import Format
    from serve.labelling.shards import Counts
    from serve.labelling.stage import Engines

_STANDARD = "-"
_NAMED = ("csv", "tsv", "jsonl")  # what standard input and output can be


class EngineName(StrEnum):
    """Where shards are labelled: on this machine, or by the workers of a Ray cluster."""

    LOCAL = "local"
    RAY = "ray"


def label(  # noqa: PLR0917, typer takes arguments by position
    given: Annotated[str, typer.Argument(metavar="IN", help="A file, a folder of files, or - for standard input.")],
    out: Annotated[str, typer.Argument(metavar="OUT", help="A file, a folder for a folder, or - for standard output.")],
    text_column: Annotated[str, typer.Option(help="Column that holds the quotes.")] = "text",
    carrier_column: Annotated[str | None, typer.Option(help="Column of the sentences around them.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column that names a row where bad rows are listed.")] = None,
    articles: Annotated[
        bool, typer.Option("--articles", help="Each row, or .txt file, is a whole article: label its quotes.")
    ] = False,
    prefix: Annotated[str, typer.Option(help="Put before the names of the columns that are added.")] = "",
    named: Annotated[
        str | None, typer.Option("--format", help="Of standard input and output: csv, tsv, jsonl.")
    ] = None,
    bundle: Annotated[Path, typer.Option(help="Folder of the model's bundle.")] = DEFAULT_BUNDLE,
    device: Annotated[Device, typer.Option(help="auto takes a GPU that is there.")] = Device.CPU,
    shard_rows: Annotated[int, typer.Option(min=1, max=100_000, help="Rows that are saved together.")] = 4096,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    engine: Annotated[
        EngineName, typer.Option(help="ray: workers on the cluster at RAY_ADDRESS, or on this machine's cores.")
    ] = EngineName.LOCAL,
) -> None:
    """Label the rows of files: CSV, TSV, JSON Lines (also .gz, .zst) and Parquet come back with their stances."""
    from serve.labelling.label import label as label_files  # noqa: PLC0415, other commands don't pay for it
    from serve.labelling.options import Options  # noqa: PLC0415

    if articles and carrier_column is not None:
        raise typer.BadParameter("--carrier-column is for quotes; --articles finds what stands around them itself")
    if has_controls(prefix) or prefix != prefix.encode(errors="replace").decode():
        raise typer.BadParameter("--prefix holds what is no text")
    if out == _STANDARD and resume:
        raise typer.BadParameter("--resume is for files: what went to standard output is gone")
    engines = _engines(engine, device, out)
    options = Options(text_column, carrier_column, id_column, articles, prefix, shard_rows)
    kind = _format(named, standard=_STANDARD in {given, out})
    try:
        counts = label_files(given, out, options, bundle, device=device, named=kind, resume=resume, engines=engines)
    except BrokenPipeError as error:  # whoever read standard output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from error
    _report(out, counts)


def _engines(engine: EngineName, device: Device, out: str) -> "Engines":
    from serve.labelling.localengine import local_engine  # noqa: PLC0415
    from serve.labelling.rayengine import ray_engine  # noqa: PLC0415

    if engine is EngineName.LOCAL:
        return local_engine
    if out == _STANDARD:
        raise typer.BadParameter("--engine ray is for files: its workers save what they label beside OUT")
    if device is Device.AUTO:
        raise typer.BadParameter("--engine ray wants --device cpu or cuda: the workers must all be alike")
    return ray_engine


def _format(named: str | None, *, standard: bool) -> "Format | None":
    from serve.labelling.kinds import Format  # noqa: PLC0415

    if named is None:
        return None
    if not standard:
        raise typer.BadParameter("--format is for standard input and output; the names of files tell theirs")
    if named not in _NAMED:
        raise typer.BadParameter(f"--format {named}: there are {', '.join(_NAMED)}")
    return Format(named)


def _report(out: str, counts: "Counts") -> None:
    """Tell in a line what came of it, and on standard error what was wrong."""
    stances = ", ".join(f"{count:,} {stance}" for stance, count in sorted(counts.stances.items()))
    typer.echo(f"{out}: {counts.results:,} rows: {stances or 'no stance'}; {counts.uncertain:,} uncertain", err=True)
    if counts.errors:
        first = counts.bad[0]
        which = f"row {first.row}" if first.id is None else f"row {first.row}, {first.id}"
        many = f"{counts.errors:,} rows have errors, the first is" if counts.errors > 1 else "1 row has an error,"
        typer.echo(f"note: {many} {which}: {first.error}", err=True)
