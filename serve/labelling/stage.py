"""The stage that any engine runs, on any machine that sees the work folder: read a shard, score it, save it."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from model.articles.pointers import default_pointer
from model.bundle import Bundle, open_bundle
from model.device import Device
from model.predictor import Predictor
from serve.labelling.duplicates import Answers
from serve.labelling.faults import LabelError
from serve.labelling.labeller import Labeller
from serve.labelling.options import Options
from serve.labelling.shards import Receipt, Shard
from serve.labelling.work import Work


@dataclass(frozen=True, slots=True)
class Task:
    """All that a worker must know besides its shards: which bundle and pointer, asked how, on which device.

    digest, pointer: of the bundle, and of the pointer's, if it has one.
    """

    bundle: Path
    digest: str
    pointer: str | None
    options: Options
    device: Device


Note = Callable[[int], None]
"""Is told of so many more rows that are done, from any thread."""

Engine = Callable[[Iterable[Shard]], Generator[Receipt, None, None]]
"""Runs `process` over shards, which it asks for as it needs them, and yields the receipts in their order."""

Engines = Callable[[Task, Work, Note], AbstractContextManager[Engine]]
"""Opens an engine for a task."""


def task_of(bundle: Bundle, options: Options, device: Device) -> Task:
    """Return the task of labelling with a bundle."""
    pointer = default_pointer().digest if options.articles else None
    return Task(bundle.path, bundle.digest, pointer, options, device)


@contextmanager
def open_labeller(task: Task, answers: Path | None, note: Note, *, threads: int | None = None) -> Iterator[Labeller]:
    """Open what labels a task's shards; answers: a file of this process alone where answers are found again.

    threads: of the predictor; by default as many as it can use.
    Raises BundleError and DeviceError, and LabelError for another bundle or pointer than the task's.
    """
    bundle = open_bundle(task.bundle)
    pointer = default_pointer() if task.options.articles else None
    if bundle.digest != task.digest or (pointer and pointer.digest != task.pointer):
        raise LabelError(f"{task.bundle}: it or the pointer is not the one that the run began with: put that one back")
    known = None if answers is None else Answers(answers, bundle.manifest.labels)
    try:
        with Predictor(bundle, workers=threads, device=task.device) as predictor:
            yield Labeller(predictor, task.options, pointer, known, note)
    finally:
        if known:
            known.close()


def process(shard: Shard, labeller: Labeller, work: Work) -> Receipt:
    """Label a shard and save it in the work folder."""
    return work.save(labeller.label(shard))
