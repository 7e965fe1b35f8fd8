"""A run into files: sources cut into shards, shards labelled by an engine, outputs put together, provenance last."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.bundle import Bundle
from model.errors import DataError, Interrupted
from model.files import to_json
from serve.labelling.columns import added_names
from serve.labelling.faults import LabelError
from serve.labelling.joining import join
from serve.labelling.progress import Meter
from serve.labelling.provenance import bundle_facts, input_facts, provenance_file, versions
from serve.labelling.shards import Counts, Receipt, Shard
from serve.labelling.sources import Source, cut, opened
from serve.labelling.stage import Engines, Task
from serve.labelling.work import Begun, Work, whole_file_of


@dataclass(slots=True)
class _Tally:
    """How far a source is. seen, done: shards cut, and labelled; whole: all have been cut; placed: so is its output."""

    columns: tuple[str, ...] = ()
    seen: int = 0
    done: int = 0
    whole: bool = False
    placed: bool = False
    counts: Counts = field(default_factory=Counts)


class Run:
    """A run of a task over sources into `out`, a file or a folder; resume: goes on with one that was stopped."""

    def __init__(
        self, sources: Sequence[Source], task: Task, bundle: Bundle, out: Path, meter: Meter, *, resume: bool = False
    ) -> None:
        self._sources, self._task, self._bundle, self._out, self._meter = sources, task, bundle, out, meter
        self._resume = resume
        self._work = Work(out.with_name(f"{out.name}.parts"))
        self._begun: Begun | None = None
        self._added = added_names(bundle.manifest.labels, task.options)
        self._tallies = {source.number: _Tally() for source in sources}
        self._clock = time.monotonic()

    def run(self, engines: Engines) -> Counts:
        """Label everything and return what came of it.

        Raises LabelError for an output that is there or can't be written and for a run that can't go on, DataError for
        a source that can't be read, Interrupted after Ctrl-C; what is labelled by then is kept.
        """
        try:
            self._check()
            with (
                engines(self._task, self._work, self._meter.add) as engine,
                closing(engine(self._shards())) as receipts,
            ):
                for receipt in receipts:
                    self._count(receipt)
                    self._place()
                self._place()
            self._explain()
        except KeyboardInterrupt as error:
            raise Interrupted(self._stopped()) from error
        finally:
            self._work.close()
        self._work.remove()
        return self._total

    @property
    def _total(self) -> Counts:
        return sum((tally.counts for tally in self._tallies.values()), Counts())

    def _check(self) -> None:
        """Find out now what would else be found out in hours."""
        if not self._work.folder.exists():
            for there in (self._out, provenance_file(self._out)):
                if there.exists():
                    raise LabelError(f"{there}: exists already: remove it, or name another output")
        for source in self._sources:
            if source.paths:  # standard input can be read only once
                with opened(source, self._task.options, self._added) as table:
                    if next(table.pieces(1), None) is None:
                        raise DataError(f"{source.shown}: holds no rows")

    def _begin(self) -> None:
        if self._begun is None:
            now = Begun(identity=self._identity(), started=_now())
            self._begun = self._work.begin(now, resume=self._resume)

    def _identity(self) -> dict[str, Any]:
        """Return all that the output depends on, as JSON gives it back, and as an error names it."""
        task = self._task
        return {
            **asdict(task.options),
            "bundle": task.digest,
            "pointer": task.pointer,
            "device": str(task.device),
            "output": self._out.name,
            **{f"size of {source.name}": source.size for source in self._sources},
            **{f"{name} version": version for name, version in versions().items()},
        }

    def _shards(self) -> Iterator[Shard]:
        """Yield what is left to label."""
        whole, before = sum(source.size or 0 for source in self._sources), 0
        rows = 0
        for source in self._sources:
            if source.paths:
                self._begin()
            tally = self._tallies[source.number]
            placed = self._work.finished(source.number)
            if placed is not None:
                tally.counts, tally.placed = placed, True
                self._meter.skip(placed.rows)
            for shard, share in () if placed else cut(source, self._task.options, self._added):
                self._begin()
                tally.columns = shard.columns
                tally.seen += 1
                rows += shard.rows
                size = source.size or 0
                self._meter.expect(rows, (before + share * size) / whole if whole else 0.0)
                receipt = self._work.find(shard)
                if receipt is None:
                    yield shard
                else:
                    self._count(receipt)
                    self._meter.skip(shard.rows)
            tally.whole = True
            before += source.size or 0

    def _count(self, receipt: Receipt) -> None:
        tally = self._tallies[receipt.source]
        tally.done += 1
        tally.counts += receipt.counts

    def _place(self) -> None:
        """Put together the outputs whose shards are all labelled."""
        for source in self._sources:
            tally = self._tallies[source.number]
            if tally.placed or not tally.whole or tally.done < tally.seen or source.target is None:
                continue
            parts = self._work.parts(source.number, tally.seen)
            join(parts, source.target, source.out, [*tally.columns, *self._added])
            self._work.finish(source.number, tally.counts)
            tally.placed = True

    def _explain(self) -> None:
        """Write the provenance."""
        begun = self._begun
        facts = {
            "versions": versions(),
            "bundle": bundle_facts(self._bundle),
            "pointer": self._task.pointer,
            "device": str(self._task.device),
            "options": asdict(self._task.options),
            "inputs": input_facts(self._sources, {number: tally.counts for number, tally in self._tallies.items()}),
            "counts": self._total.model_dump(),
            "started": begun.started if begun else None,
            "finished": _now(),
            "sittings": begun.sittings if begun else 0,
            "seconds": round(time.monotonic() - self._clock, 1),
        }
        whole_file_of(provenance_file(self._out), to_json(facts))

    def _stopped(self) -> str:
        rows = self._total.rows
        expected = self._meter.expected
        of = "" if expected is None else f" of about {expected:,}"
        return f"stopped: {rows:,}{of} rows are labelled and kept in {self._work.folder}; --resume goes on from there"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
