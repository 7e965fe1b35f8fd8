"""Files to label in tests, and labelling them with a predictor that is open already."""

import csv
import io
import json
from collections.abc import Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from model.articles.pointers import default_pointer
from model.device import Device
from model.predictor import Predictor
from serve.labelling.duplicates import Answers
from serve.labelling.labeller import Labeller
from serve.labelling.localengine import overlapped
from serve.labelling.options import Options
from serve.labelling.progress import Meter
from serve.labelling.run import Run
from serve.labelling.shards import Counts
from serve.labelling.sources import find_sources
from serve.labelling.stage import process, task_of

SAYINGS = (
    "We will never accept these terms.",
    "We thank our neighbours for their patience.",
    "The talks begin on Tuesday.",
    "They lied to us, and they will pay for it.",
)


DEFAULTS = Options()


class StopAfter(Exception):  # noqa: N818, it ends a run as a crash would
    """Breaks a run off after so many shards."""


def relabel(
    predictor: Predictor,
    given: Path | str,
    out: Path,
    options: Options = DEFAULTS,
    *,
    resume: bool = False,
    shards: int | None = None,
    known: bool = True,
) -> Counts:
    """Label a file; shards: break off when so many are saved. known: duplicates are found again."""

    @contextmanager
    def engine(task, work, note):
        assert task.digest == predictor.bundle.digest
        answers = Answers(work.answers, predictor.bundle.manifest.labels) if known else None
        pointer = default_pointer() if options.articles else None
        labeller = Labeller(predictor, options, pointer, answers, note)
        stage = partial(process, labeller=labeller, work=work)

        def run(cut):
            for number, receipt in enumerate(overlapped(stage, cut, labeller.stop), 1):
                yield receipt
                if number == shards:
                    raise StopAfter

        yield run

    sources = find_sources(str(given), str(out), None, articles=options.articles)
    task = task_of(predictor.bundle, options, Device.CPU)
    return Run(sources, task, predictor.bundle, out, Meter(), resume=resume).run(engine)


def write_csv(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode())
    return path


def read_csv(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter, strict=True))


def write_jsonl(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]]
