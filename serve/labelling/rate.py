"""The rate of labelling files as a share of the predictor's own: `python -m serve.labelling.rate`."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from model.bundle import DEFAULT_BUNDLE, Bundle, open_bundle
from model.device import Device
from model.predictor import Predictor
from model.quote import Quote
from serve.labelling.duplicates import Answers
from serve.labelling.labeller import Labeller
from serve.labelling.localengine import overlapped
from serve.labelling.million import CORPUS, Maker, Row, write_rows
from serve.labelling.options import Options
from serve.labelling.progress import Meter
from serve.labelling.run import Run
from serve.labelling.sources import find_sources
from serve.labelling.stage import Engine, Note, Task, process, task_of
from serve.labelling.work import Work

_OPTIONS = Options(carrier_column="carrier")


def label_with(predictor: Predictor, given: Path, out: Path) -> None:
    """Label a file with a predictor that is open already, so that what is timed is the labelling."""

    @contextmanager
    def engine(task: Task, work: Work, note: Note) -> Iterator[Engine]:
        answers = Answers(work.answers, predictor.bundle.manifest.labels)
        labeller = Labeller(predictor, task.options, None, answers, note)
        yield lambda shards: overlapped(partial(process, labeller=labeller, work=work), shards, labeller.stop)
        answers.close()

    sources = find_sources(str(given), str(out), None, articles=False)
    task = task_of(predictor.bundle, _OPTIONS, Device.CPU)
    Run(sources, task, predictor.bundle, out, Meter()).run(engine)


def compare(bundle: Bundle, rows: Sequence[Row], endings: Sequence[str], rounds: int) -> Table:
    """Time the predictor on quotes in memory and the labelling of files in turn; return rates and shares."""
    quotes = [Quote(row.text, row.carrier) for row in rows]
    table = Table(
        "file", "rows", "predictor, quotes/s", "labelling, rows/s", "share", title="medians of rounds in turn"
    )
    with TemporaryDirectory() as folder, Predictor(bundle) as predictor:
        predictor.predict(quotes[:200])
        for ending in endings:
            given = Path(folder) / f"in.{ending}"
            write_rows(iter(rows), given)
            raw, labelled = [], []
            for number in range(rounds):
                raw.append(len(rows) / _seconds(lambda: predictor.predict(quotes)))
                out = Path(folder) / f"out-{number}.{ending}"
                labelled.append(len(rows) / _seconds(partial(label_with, predictor, given, out)))
            share = median(ours / theirs for ours, theirs in zip(labelled, raw, strict=True))
            table.add_row(ending, f"{len(rows):,}", f"{median(raw):,.0f}", f"{median(labelled):,.0f}", f"{share:.1%}")
    return table


def _seconds(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def main(
    rows: Annotated[int, typer.Option(min=1, help="Of each file, all different.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, help="Each times the predictor, then the labelling.")] = 5,
    ending: Annotated[list[str] | None, typer.Option(help="Kinds of files; jsonl and parquet by default.")] = None,
) -> None:
    """Compare the rate of labelling files with that of the predictor on quotes in memory, in one process."""
    made = list(Maker(CORPUS, seed=0).rows(rows, copies=0))
    Console().print(compare(open_bundle(DEFAULT_BUNDLE), made, ending or ["jsonl", "parquet"], rounds))


if __name__ == "__main__":
    typer.run(main)
