"""Two workers of a local Ray beside one, and with one of them killed: `python -m serve.labelling.raterays`."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from model.bundle import DEFAULT_BUNDLE
from model.files import digest
from serve.labelling.label import label
from serve.labelling.million import CORPUS, Maker, write_rows
from serve.labelling.options import Options
from serve.labelling.raycluster import cluster, start
from serve.labelling.rayengine import ray_engine
from serve.labelling.stage import Engine, Note, Task
from serve.labelling.work import Work


@dataclass(slots=True)
class _Watch:
    """When shards were done, and with how many rows; kill: a worker of the Ray in that folder, after so many shards."""

    folder: Path
    kill: int | None
    done: list[tuple[float, int]] = field(default_factory=list)

    @contextmanager
    def engine(self, task: Task, work: Work, note: Note) -> Iterator[Engine]:
        """Open the engine that is watched."""

        def watched(rows: int) -> None:
            self.done.append((time.perf_counter(), rows))
            note(rows)
            if len(self.done) == self.kill:
                os.kill(workers(self.folder)[0], signal.SIGKILL)

        with ray_engine(task, work, watched) as engine:
            yield engine

    @property
    def rate(self) -> float:
        """Rows a second from the first shard that was done to the last, so that no start counts."""
        return sum(rows for _, rows in self.done[1:]) / (self.done[-1][0] - self.done[0][0])


def workers(folder: Path) -> list[int]:
    """Return the ids of the processes of workers of the Ray whose files lie in a folder, on Linux."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if not (each / "cmdline").read_bytes().startswith(b"ray::Worker"):
                continue
            parent = (each / "stat").read_text().rpartition(")")[2].split()[1]
            if str(folder).encode() in Path("/proc", parent, "cmdline").read_bytes():
                found.append(int(each.name))
    return sorted(found)


def measure(home: Path, given: Path, out: Path, options: Options, cpus: int, *, kill: int | None = None) -> float:
    """Label a file on a Ray with so many workers, which is started for it in home; return rows a second."""
    start(home, cpus)
    watch = _Watch(home, kill)
    with cluster() as ray:
        label(str(given), str(out), options, DEFAULT_BUNDLE, engines=watch.engine)
        ray.shutdown()
    return watch.rate


def main(
    rows: Annotated[int, typer.Option(min=1, help="Of the file, all different.")] = 20_000,
    shard_rows: Annotated[int, typer.Option(min=1, help="Rows of a shard.")] = 256,
    rounds: Annotated[int, typer.Option(min=1, help="Of all, in turn.")] = 3,
) -> None:
    """Label a file with one worker, with two, and with two of which one is killed after a quarter of the shards."""
    if rows < 8 * shard_rows:
        raise typer.BadParameter(f"--rows {rows}: at least eight shards of {shard_rows} rows")
    options = Options(carrier_column="carrier", shard_rows=shard_rows)
    table = Table("round", "workers", "rows/s", "times one worker", "same output", title=f"{rows:,} rows, JSON Lines")
    # A short name: those of Ray's sockets are bounded.
    with TemporaryDirectory() as folder, TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as home:
        given = Path(folder) / "in.jsonl"
        write_rows(Maker(CORPUS, seed=0).rows(rows, copies=0), given)
        first = ""
        for number in range(1, rounds + 1):
            alone = 0.0
            for name, cpus, kill in (("1", 1, None), ("2", 2, None), ("2, one killed", 2, rows // shard_rows // 4)):
                out = Path(folder) / f"out-{number}-{name}.jsonl"
                rate = measure(Path(home), given, out, options, cpus, kill=kill)
                alone = alone or rate
                found = digest(out.read_bytes())
                first = first or found
                table.add_row(
                    str(number), name, f"{rate:,.0f}", f"{rate / alone:.2f}", "yes" if found == first else "NO"
                )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
