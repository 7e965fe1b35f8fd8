"""The front door: one command a stage, in the order of the data. Each command imports its stage when it runs."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from model.bundle import DEFAULT_BUNDLE, open_bundle
from model.errors import DetenteError, Interrupted, QuoteError
from training.commands import corpus, study, warn

app = typer.Typer(
    help="Tell whether the words of a quote are conciliatory, hostile or neutral.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.add_typer(corpus, name="corpus", no_args_is_help=True)
app.command()(study)

_Bundle = Annotated[Path, typer.Option("--bundle", help="Folder of the model's bundle.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 it failed, 2 wrong use, 130 stopped."""
    try:
        app()
    except Interrupted as stopped:
        _complain(str(stopped), "note")
        sys.exit(130)
    except DetenteError as error:
        _complain(str(error))
        sys.exit(1)
    except ModuleNotFoundError as error:
        setup = "pip install --constraint constraints.txt --editable '.[train]'"
        _complain(f"{error.name} is not installed; training and evaluating need `{setup}` (`make test` does it)")
        sys.exit(1)
    except OSError as error:
        _complain(f"{error.filename or 'output'}: {error.strerror or error}")
        sys.exit(1)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The recipe, e.g. configs/minilm.yaml.", dir_okay=False)],
    data: Annotated[
        list[str] | None,
        typer.Option("--data", help="Labelled quotes instead of the recipe's: CSV, TSV, JSONL, Parquet, a data set."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME by default.", file_okay=False)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew where a run is.")] = False,
) -> None:
    """Fine-tune an encoder on labelled quotes; writes the run folder."""
    from training.recipe import read_recipe

    if resume and overwrite:
        raise typer.BadParameter("--resume or --overwrite, not both")
    recipe = read_recipe(config)  # before torch is loaded: a slip of the pen is told at once
    recipe = recipe.with_files(data) if data else recipe

    from training.finetune import finetune
    from training.launch import is_main_process, new_run
    from training.runs import RUNS, open_run

    folder = out or RUNS / recipe.name
    if resume:
        run = open_run(folder)
        recipe, splits = run.recipe_for(recipe, same_data=not data), run.splits
    else:
        run, splits = new_run(recipe, folder, warn, overwrite=overwrite)
    metrics = finetune(recipe, splits, run, resume=resume)
    if is_main_process():
        typer.echo(f"{run.checkpoint}: dev macro-F1 {metrics['dev_macro_f1']:.4f} in epoch {metrics['best_epoch']}")


@app.command()
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


@app.command()
def export(
    checkpoint: Annotated[Path, typer.Argument(help="runs/NAME, or its checkpoint folder.", file_okay=False)],
    out: Annotated[Path, typer.Argument(help="Folder for the bundle.", file_okay=False)],
    as_json: _Json = False,
) -> None:
    """Turn a checkpoint into a bundle, calibrated on dev and compared with the checkpoint on test."""
    from training.export import export as export_run
    from training.runs import open_run

    run = open_run(checkpoint.parent if checkpoint.name == "checkpoint" else checkpoint)
    exported = export_run(run, out)
    if as_json:
        _print_json({"metrics": exported.metrics.model_dump(), "parity": exported.parity.model_dump()})
    else:
        typer.echo(exported.summary())


@app.command()
def evaluate(
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.", file_okay=False)],
    data: Annotated[list[str], typer.Argument(help="Labelled quotes: corpus, CSV, TSV, JSONL, Parquet, a data set.")],
    out: Annotated[Path | None, typer.Option(help="Folder for card, pictures, JSON.", file_okay=False)] = None,
    config: Annotated[Path | None, typer.Option(help="Recipe that maps labels and columns.", dir_okay=False)] = None,
    as_json: _Json = False,
) -> None:
    """Score a bundle on labelled quotes."""
    from training.dataset import read_dataset
    from training.evaluate import evaluate as evaluate_bundle
    from training.recipe import Recipe, read_recipe
    from training.report import evaluation_tables, write_report

    opened = open_bundle(bundle)
    recipe = Recipe(name="evaluation", labels=opened.manifest.labels) if config is None else read_recipe(config)
    if recipe.label_set != opened.manifest.labels:
        raise typer.BadParameter(f"{config}: its labels are not those of {bundle}")
    dataset = read_dataset(recipe.with_files(data))
    warn(dataset.warnings)
    evaluated = evaluate_bundle(opened, dataset.quotes)
    if out is not None:
        write_report(evaluated.evaluation, evaluated.answers, opened.manifest, out)
    if as_json:
        _print_json(evaluated.evaluation.model_dump())
    else:
        Console().print(*evaluation_tables(evaluated.evaluation), sep="\n")


@app.command()
def predict(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT… | -", help="Quotes; - reads one a line.")],
    carrier: Annotated[str | None, typer.Option(help="The sentence around the quote, with [Q] in its place.")] = None,
    bundle: _Bundle = DEFAULT_BUNDLE,
    as_json: _Json = False,
) -> None:
    """Predict the stance of quotes."""
    from model.predictor import Predictor
    from serve.lines import answer_lines, cells, read_lines

    failed = False
    table = Table("stance", "probability", "tone", "quote")
    piped = texts == ["-"]
    lines = read_lines(sys.stdin.buffer) if piped else iter(texts)
    typed = piped and sys.stdin.isatty()
    with Predictor(open_bundle(bundle)) as predictor:
        # A person who types wants each answer at once; a pipe wants all cores.
        for line in answer_lines(predictor, lines, carrier, one_by_one=typed):
            if isinstance(line.answer, QuoteError):
                failed = True
                _complain(f"quote {line.number}: {line.answer}")
            elif as_json:
                answer = {"text": line.text, **asdict(line.answer), "tone": line.answer.tone}
                typer.echo(json.dumps(answer, ensure_ascii=False))
            else:
                table.add_row(*cells(line.text, line.answer))
                if typed:
                    Console().print(*cells(line.text, line.answer)[:3])
    if table.row_count and not typed:
        Console().print(table)
    if failed:
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 8000 by default.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Folder of the model's bundle.")] = None,
) -> None:
    """Serve a bundle over HTTP; every setting can also be given as DETENTE_NAME in the environment."""
    import uvicorn
    from pydantic import ValidationError

    from serve.app import create_app
    from serve.settings import Settings

    given: dict[str, Any] = {"host": host, "port": port, "bundle": bundle}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    open_bundle(settings.bundle)  # a bad bundle is told here, in one line, rather than by a failed start-up
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port)


@app.command()
def bench(
    texts: Annotated[Path, typer.Argument(help="Quotes: JSONL with `text`, or one a line.", dir_okay=False)],
    bundle: _Bundle = DEFAULT_BUNDLE,
    as_json: _Json = False,
) -> None:
    """Measure a bundle: rate in process and over HTTP, time to ready, memory, latency."""
    from serve.bench import bench as measure
    from serve.bench import read_quotes

    report = measure(open_bundle(bundle), read_quotes(texts))
    if as_json:
        _print_json(asdict(report))
    else:
        Console().print(report.table())


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _complain(message: str, kind: str = "error") -> None:
    typer.echo(f"{kind}: {message}", err=True)


if __name__ == "__main__":
    main()
