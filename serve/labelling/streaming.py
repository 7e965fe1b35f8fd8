"""A run to standard output: what is labelled goes out shard by shard; there is nothing to go on with."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from model.errors import Interrupted
from serve.labelling.joining import head
from serve.labelling.labeller import Labeller
from serve.labelling.localengine import overlapped
from serve.labelling.progress import Meter
from serve.labelling.shards import Counts, Shard
from serve.labelling.sources import Source, cut
from serve.labelling.stage import Task, open_labeller


def stream(source: Source, task: Task, out: BinaryIO, meter: Meter) -> Counts:
    """Label a source to a stream and return what came of it. Raises DataError, Interrupted, and what `out` raises."""
    total = Counts()
    try:
        with (
            TemporaryDirectory() as folder,
            open_labeller(task, Path(folder) / "answers.sqlite", meter.add) as labeller,
        ):
            shards = _shards(source, task, labeller, out, meter)
            with closing(overlapped(labeller.label, shards, labeller.stop)) as parts:
                for part in parts:
                    out.write(part.data)
                    out.flush()
                    total += part.receipt.counts
    except KeyboardInterrupt as error:
        rows = f"{total.rows:,} rows are written"
        raise Interrupted(f"stopped: {rows}; only what is labelled into a file can be gone on with") from error
    return total


def _shards(source: Source, task: Task, labeller: Labeller, out: BinaryIO, meter: Meter) -> Iterator[Shard]:
    """Cut the source, and write the head of the output before its first shard is labelled."""
    rows = 0
    for shard, share in cut(source, task.options, labeller.added):
        if not rows:
            out.write(head(source.out, [*shard.columns, *labeller.added]))
        rows += shard.rows
        meter.expect(rows, share)
        yield shard
