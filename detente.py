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
from serve.articlecommand import article
from serve.commands import serve
from serve.keycommands import key
from serve.labelcommand import label
from training.commands import corpus, study, teach, warn
from training.reporting.commands import report
from training.reviewing.commands import agreement, annotate, review

app = typer.Typer(
    help="Tell whether the words of a quote are conciliatory, hostile or neutral.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.add_typer(corpus, name="corpus", no_args_is_help=True)
app.add_typer(key, name="key", no_args_is_help=True)
app.command()(teach)
app.command()(study)
app.command()(serve)
app.command()(article)
app.command()(label)
app.command()(report)
app.command()(review)
app.command()(annotate)
app.command()(agreement)

_CORPUS = Path(__file__).parent / "training" / "data" / "quotes.jsonl"
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
        typer.Option(help="Labelled quotes instead of the recipe's: CSV, TSV, JSONL, Parquet, a data set."),
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

    from training.launch import is_main_process, train_new, train_on
    from training.runs import RUNS, open_run

    folder = out or RUNS / recipe.name
    if resume:
        run = open_run(folder)
        metrics = train_on(run, run.recipe_for(recipe, same_data=not data))
    else:
        run, metrics = train_new(recipe, folder, warn, overwrite=overwrite)
    if is_main_process():
        figure = next(name for name in metrics if name.startswith("dev_"))
        best = f"{figure.removeprefix('dev_').replace('_', ' ')} on dev {metrics[figure]:.4f}"
        typer.echo(f"{run.checkpoint}: {best} in epoch {metrics['best_epoch']}")


@app.command()
def export(
    checkpoint: Annotated[Path, typer.Argument(help="runs/NAME, or its checkpoint folder.", file_okay=False)],
    out: Annotated[Path, typer.Argument(help="Folder for the bundle.", file_okay=False)],
    as_json: _Json = False,
) -> None:
    """Turn a checkpoint into a bundle, calibrated on dev and compared with the checkpoint on test."""
    from training.export import export as export_stance
    from training.pointer_export import export_pointer
    from training.runs import open_run

    run = open_run(checkpoint.parent if checkpoint.name == "checkpoint" else checkpoint)
    exported = export_pointer(run, out) if run.recipe.task == "pointer" else export_stance(run, out)
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
def bench(
    texts: Annotated[Path, typer.Argument(help="Quotes: JSONL with `text`, or one a line.", dir_okay=False)] = _CORPUS,
    bundle: _Bundle = DEFAULT_BUNDLE,
    url: Annotated[str | None, typer.Option(help="Ask a server there instead of the bundle in this process.")] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="single-stream, offline or server; all of them by default.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="A checkpoint, to measure its `transformers` pipeline beside it.", exists=True)
    ] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Find the highest rate that holds the bound.")] = False,
    p99: Annotated[float, typer.Option(min=1, help="Bound of the server scenario, in ms.")] = 50,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Texts a second offered; four rates by default.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="The least that a scenario runs.")] = 10,
    quotes: Annotated[int, typer.Option(min=100, help="At most so many distinct texts.")] = 2000,
    footprint: Annotated[bool, typer.Option("--footprint", help="Measure a server process too.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for JSON, picture and logs.", file_okay=False)] = None,
    as_json: _Json = False,
) -> None:
    """Measure a bundle with MLPerf LoadGen: rates, latencies, the share of what the machine can do."""
    from serve.bench import Plan, bench_file
    from serve.benchreport import tables, write_report
    from serve.loadgen import Scenario

    try:
        scenarios = tuple(Scenario(name) for name in scenario or Scenario)
    except ValueError as error:
        raise typer.BadParameter(f"--scenario: {error}; there are {', '.join(Scenario)}") from error
    beside = None
    if baseline is not None:
        from training.pipeline import TransformersPipeline

        beside = TransformersPipeline(baseline)
    plan = Plan(scenarios, seconds, bound_ms=p99, rate=rate, sweep=sweep)
    with Console(stderr=True).status("", refresh_per_second=1) as status:
        report = bench_file(
            texts, open_bundle(bundle), plan, most=quotes, url=url, out=out, footprint=footprint, baseline=beside,
            note=status.update,
        )  # fmt: skip
    if out is not None:
        write_report(report, out)
    if as_json:
        _print_json(report.model_dump(mode="json"))
    else:
        Console().print(*tables(report))
    if report.failures:
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _complain(message: str, kind: str = "error") -> None:
    typer.echo(f"{kind}: {message}", err=True)


if __name__ == "__main__":
    main()
