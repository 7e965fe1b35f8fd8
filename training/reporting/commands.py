"""The command that reports on labelled files, a part of the front door (detente.py); imports its stage when it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.bundle import DEFAULT_BUNDLE, open_bundle
from model.errors import DataError
from training.commands import warn
from training.reporting.periods import Every

if TYPE_CHECKING:
    from training.labelled import Labelled
    from training.reporting.confusion import Confusion


def report(
    labelled: Annotated[Path, typer.Argument(metavar="LABELLED", help="A file that `detente label` wrote.")],
    by: Annotated[str | None, typer.Option(help="Column of groups, e.g. speaker or party; or date.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of ISO dates.")] = None,
    every: Annotated[Every, typer.Option(help="How long a period is.")] = Every.MONTH,
    document: Annotated[
        str | None, typer.Option(help="Column that tells which rows are of one document; intervals need it.")
    ] = None,
    fewest: Annotated[int, typer.Option(min=1, help="Groups of fewer quotes are put together.")] = 20,
    confusion: Annotated[
        Path | None, typer.Option(help="JSON of `detente evaluate --json` on your own labels.", dir_okay=False)
    ] = None,
    bundle: Annotated[Path, typer.Option(help="The bundle that labelled.", file_okay=False)] = DEFAULT_BUNDLE,
    out: Annotated[Path | None, typer.Option(help="Folder; LABELLED-report by default.", file_okay=False)] = None,
    text_column: Annotated[str | None, typer.Option(help="Column of the quotes, where there's no provenance.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column that names a row.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What `detente label --prefix` was given.")] = None,
) -> None:
    """Say what a labelled file says: shares of stances and tone, by group and over time, with honest intervals."""
    from training.labelled import Asked, open_labelled
    from training.reporting.findings import Division, find
    from training.reporting.report import PAGE, write_report

    if by == "date":
        by, time = None, time or "date"
    division = Division(by, time, every, fewest)
    others = tuple(column for column in (by, time) if column is not None)
    asked = Asked(text=text_column, id=id_column, document=document, prefix=prefix, others=others)
    opened = open_labelled(labelled, asked)
    findings = find(opened, division, _confusion(opened, bundle, confusion))
    folder = out or labelled.with_name(f"{labelled.name.split('.')[0]}-report")
    write_report(findings, folder)
    if findings.errs_otherwise is not None:
        warn([findings.errs_otherwise])
    whole = findings.whole
    typer.echo(f"{folder / PAGE}: {whole.quotes:,} quotes, {whole.uncertain:,} uncertain; errors: {whole.errors:,}")


def _confusion(opened: "Labelled", bundle: Path, given: Path | None) -> "Confusion":
    from training.reporting.confusion import read_confusion, shipped_confusion

    if given is not None:
        return read_confusion(given, opened.bundle)
    found = open_bundle(bundle)
    if opened.bundle not in {None, found.digest}:
        way_out = "name that one as --bundle, or its evaluation as --confusion"
        raise DataError(f"{opened.path}: was labelled by another bundle than {bundle}: {way_out}")
    return shipped_confusion(found)
