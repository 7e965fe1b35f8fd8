"""The labelling loop's commands, a part of the front door (detente.py); each imports its stage when it runs."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.errors import DataError
from training.commands import warn

if TYPE_CHECKING:
    from training.reviewing.agreement import Agreement

_File = Annotated[Path, typer.Argument(help="What `detente annotate` wrote.", dir_okay=False, exists=True)]


def review(
    labelled: Annotated[Path, typer.Argument(metavar="LABELLED", help="A file that `detente label` wrote.")],
    out: Annotated[Path, typer.Option(help="Queue to write, JSON Lines.", dir_okay=False)],
    limit: Annotated[int, typer.Option(min=1, help="At most so many quotes.")] = 200,
    label_column: Annotated[
        str | None, typer.Option(help="Column of labels that rows came with; `label` where there is one.")
    ] = None,
    training: Annotated[
        list[str] | None, typer.Option(help="What the model learned from, if not the project's corpus alone.")
    ] = None,
    document: Annotated[str | None, typer.Option(help="Column that tells which rows are of one document.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column of the quotes, where there's no provenance.")] = None,
    carrier_column: Annotated[str | None, typer.Option(help="Column of the sentences around them.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column that names a row.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What `detente label --prefix` was given.")] = None,
) -> None:
    """Write a queue of the rows worth a person's look: uncertain, near a border, dissimilar, likely mislabelled."""
    from training.labelled import Asked, open_labelled
    from training.readers import read_rows
    from training.recipe import CORPUS
    from training.reviewing.queue import write_queue
    from training.reviewing.review import review as review_rows

    _refuse_to_overwrite(out)
    others = () if label_column is None else (label_column,)
    asked = Asked(text_column, carrier_column, id_column, document, prefix, others)
    texts = [str(row["text"]) for source in training or [CORPUS] for _, row in read_rows(source) if row.get("text")]
    reviewed = review_rows(open_labelled(labelled, asked), texts, limit, label_column or "label")
    warn(reviewed.warnings)
    write_queue(reviewed.candidates, labelled.name.split(".")[0], out)
    reasons = [finding.reason.value for each in reviewed.candidates for finding in each.findings]
    counts = ", ".join(f"{reasons.count(reason)} {reason}" for reason in dict.fromkeys(reasons))
    typer.echo(f"{out}: {len(reviewed.candidates):,} quotes" + (f": {counts}" if counts else ""))


def annotate(
    queue: Annotated[Path, typer.Argument(metavar="QUEUE", help="What `detente review` wrote.", dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Answers, JSON Lines; gone on with where they are.", dir_okay=False)],
    annotator: Annotated[str, typer.Option(help="Who labels.")],
    show: Annotated[bool, typer.Option("--show", help="Show what the model says before you answer.")] = False,
) -> None:
    """Label a queue, one key a quote; saved after each, so it can be stopped and gone on with at any time."""
    from training.reviewing.annotate import Annotation
    from training.reviewing.answers import Answers
    from training.reviewing.keys import keys
    from training.reviewing.queue import read_queue
    from training.reviewing.screen import Screen

    annotation = Annotation(read_queue(queue), Answers(out, annotator), Screen(Console(), show=show))
    with keys(sys.stdin) as read:
        annotation.run(read)
    typer.echo(f"{out}: {annotation.left:,} quotes are left")


def agreement(
    first: _File,
    second: _File,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Compare two annotators: Cohen's kappa with its interval, the confusion table, and where they disagree."""
    from training.reviewing.agreement import agree

    found = agree(first, second)
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    kappa = "undefined, since all have one label" if found.kappa is None else f"{found.kappa:.3f}"
    interval = "" if found.interval is None else f" (95 % interval {found.interval[0]:.3f} to {found.interval[1]:.3f})"
    typer.echo(f"Cohen's kappa {kappa}{interval}; {found.observed:.1%} of {found.pairs:,} quotes have the same label")
    typer.echo(f"unsure: {found.unsure:,}; answered by one alone: {found.alone:,}")
    Console().print(*_tables(found, first.name, second.name), sep="\n")


def _tables(found: "Agreement", first: str, second: str) -> list[Table]:
    from training.reviewing.screen import plain

    one, other, *labels = (escape(plain(name)) for name in (first, second, *found.labels))
    confusion = Table(f"{one} \\ {other}", *labels)
    for label, row in zip(labels, found.table, strict=True):
        confusion.add_row(label, *map(str, row))
    differing = Table("id", one, other, "quote")
    for each in found.disagreements:
        differing.add_row(*(escape(plain(cell)) for cell in (each.id, each.first, each.second, each.text)))
    return [confusion, differing] if found.disagreements else [confusion]


def _refuse_to_overwrite(out: Path) -> None:
    if out.exists():
        raise DataError(f"{out}: is there already, and answers may refer to it; name another file")
