"""Commands about real quotes, teachers and studies, a part of the front door (detente.py); each imports its stage."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

corpus = typer.Typer(help="Real quotes: your own copies of their texts, and the project's labels for them.")

_Out = Annotated[Path, typer.Argument(help="JSON Lines to write.", dir_okay=False)]
_Polnear = Annotated[Path | None, typer.Option(help="Folder of PolNeAR.", file_okay=False, exists=True)]
_Unscon = Annotated[Path | None, typer.Option(help="UNSCon's table.", dir_okay=False, exists=True)]
_Newsmtsc = Annotated[Path | None, typer.Option(help="Folder of NewsMTSC.", file_okay=False, exists=True)]


@corpus.command("build")
def build(out: _Out, polnear: _Polnear = None, unscon: _Unscon = None, newsmtsc: _Newsmtsc = None) -> None:
    """Join the project's labels with copies of PolNeAR, UNSCon and NewsMTSC, for `detente train --data`."""
    from training.corpora import read_copies
    from training.standoff import join, read_real_labels, write_rows

    joined = join(read_real_labels(), read_copies(polnear, unscon, newsmtsc))
    warn(joined.missing)
    write_rows(joined.rows, out)
    typer.echo(f"{out}: {len(joined.rows):,} labelled quotes")


@corpus.command("texts")
def texts(out: _Out, polnear: _Polnear = None, unscon: _Unscon = None, newsmtsc: _Newsmtsc = None) -> None:
    """Cut the copies into unlabelled sentences and clauses for `detente teach --texts`; what is tested on stays out."""
    from training.corpora import read_copies
    from training.standoff import read_real_labels, write_rows
    from training.unlabelled import texts_of

    rows = list(texts_of(read_copies(polnear, unscon, newsmtsc), read_real_labels()))
    write_rows(rows, out)
    typer.echo(f"{out}: {len(rows):,} texts")


def teach(
    teachers: Annotated[list[Path], typer.Argument(help="Run folders of the teachers: runs/mpnet …", file_okay=False)],
    out: Annotated[Path, typer.Option(help="Lessons to write, for `train.lessons`.", dir_okay=False)],
    texts: Annotated[list[str] | None, typer.Option(help="Unlabelled texts to judge too, e.g. JSONL.")] = None,
    fillings: Annotated[int, typer.Option(min=1, help="Sets of names for a quote that holds names.")] = 2,
) -> None:
    """Cache what teachers say of their training quotes, for a student to learn from; goes on where it was stopped."""
    from training.runs import open_run
    from training.teach import teach as write_lessons
    from training.unlabelled import read_texts

    runs = [open_run(teacher) for teacher in teachers]
    splits = runs[0].splits
    read = read_texts(texts or (), (*splits.dev, *splits.test), runs[0].recipe.data.near_duplicates)
    warn(read.warnings)
    typer.echo(f"{out}: {write_lessons(runs, out, fillings=fillings, texts=read.quotes):,} lessons")


def study(
    config: Annotated[Path, typer.Argument(help="The study, e.g. configs/study.yaml.", dir_okay=False)],
    real: Annotated[Path, typer.Option(help="What `detente corpus build` wrote.", dir_okay=False, exists=True)],
    copies: Annotated[
        Path | None, typer.Option(help="Folder with newsmtsc_quotes.jsonl, unscon_sents.jsonl: two more sets.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for models and scores.", file_okay=False)] = Path("runs/study"),
    only: Annotated[str, typer.Option(help="Regular expression: the rows to make.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Models trained at a time.")] = 1,
) -> None:
    """Train and score every model of a study, what is there already left alone, and write its table."""
    from training.study import run_study, write_table
    from training.studyplan import Place, jobs_of, read_study
    from training.studysets import divide

    described, place = read_study(config), Place(out, copies)
    if not place.data.exists():
        near = divide(real, place.data)
        warn([f"{near} quotes of dev and test have nearly the words of a training quote: left out"] if near else ())
    run_study(described, [job for job in jobs_of(described) if re.search(only, job.row.name)], place, workers=workers)
    typer.echo(write_table(described, place))


def warn(warnings: Iterable[str]) -> None:
    """Tell what was left out, a line each, on standard error."""
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
