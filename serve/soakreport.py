"""What a soak has seen: memory, files and threads over time, what came of the requests, and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from statistics import median

import numpy as np
from rich.table import Table

_GROWTH = 1.05  # of memory from the first quarter to the last
_SLACK = 4  # files and threads that are no leak: a pool's that grew by one
_AROUND = 16  # a point in time stands for this part of the whole around it, so that no moment decides


class Outcome(StrEnum):
    """What came of a request."""

    RIGHT = "right"  # the expected bits, or the refusal that it deserves
    BUSY = "busy"  # 503 with Retry-After
    WRONG = "wrong"  # another answer
    FAILED = "failed"  # another status, or none


@dataclass(frozen=True, slots=True)
class Sample:
    """A look at the server's process; seconds: since the load began."""

    seconds: float
    resident_mb: float
    files: int
    threads: int


def look(pid: int, seconds: float = 0) -> Sample | None:
    """Return how a process stands; None when it is gone, or the system has no /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return None
    status = dict(line.split(":", 1) for line in lines)
    if "VmRSS" not in status:  # it has ended, and nobody has asked how
        return None
    return Sample(seconds, int(status["VmRSS"].split()[0]) / 1024, files, int(status["Threads"]))


@dataclass(frozen=True, slots=True)
class Soak:
    """Samples before, during and after the load, the first and the last with no connection open.

    counts: how many requests of each kind came to each outcome. latencies: p50 and p99 of single quotes, in ms. died:
    the server did not answer at the end. watched: whether its process was to be looked at. notes: on what failed.
    """

    minutes: float
    samples: Sequence[Sample]
    counts: Mapping[str, Mapping[Outcome, int]]
    latencies: tuple[float, float]
    died: bool = False
    watched: bool = True
    notes: Sequence[str] = ()

    def faults(self) -> list[str]:
        """Return what was wrong, a sentence each; nothing when the server can be trusted."""
        found = ["the server died"] if self.died else []
        for outcome in (Outcome.WRONG, Outcome.FAILED):
            kinds = {kind: counts[outcome] for kind, counts in self.counts.items() if counts.get(outcome)}
            if kinds:
                named = ", ".join(f"{count:,} of {kind}" for kind, count in kinds.items())
                found.append(f"requests with outcome {outcome}: {named}")
        if not any(counts.get(Outcome.RIGHT) for counts in self.counts.values()):
            found.append("no request was answered right")
        return found + (self._growth() if self.watched and not self.died else [])

    def _growth(self) -> list[str]:
        if len(self.samples) < 2:  # noqa: PLR2004, a start and an end
            return ["the server was not looked at"]
        found = []
        first, last, start, end = self.at(1 / 4), self.at(7 / 8, parts=4), self.samples[0], self.samples[-1]
        if last.resident_mb > _GROWTH * first.resident_mb:
            found.append(f"memory grew: {first.resident_mb:.1f} MB after a quarter, {last.resident_mb:.1f} in the last")
        for name in ("files", "threads"):
            before, after = getattr(start, name), getattr(end, name)
            if after > before + _SLACK:
                found.append(f"{name} grew: {before} before the load, {after} after it")
        return found

    def at(self, share: float, parts: int = _AROUND) -> Sample:
        """Return the medians of the samples around a point, given as a share of the load's time."""
        loaded = self.samples[1:-1] or self.samples
        whole = loaded[-1].seconds - loaded[0].seconds
        point, width = loaded[0].seconds + share * whole, whole / parts / 2
        near = [sample for sample in loaded if abs(sample.seconds - point) <= width]
        near = near or [min(loaded, key=lambda sample: abs(sample.seconds - point))]
        files, threads = (round(median(getattr(sample, name) for sample in near)) for name in ("files", "threads"))
        return Sample(point, median(sample.resident_mb for sample in near), files, threads)

    def tables(self) -> list[Table]:
        """Return the figures for people."""
        requests = Table("requests", *Outcome, title=f"{self.minutes:g} min")
        for kind, counts in self.counts.items():
            requests.add_row(kind, *(f"{counts.get(outcome, 0):,}" for outcome in Outcome))
        requests.caption = "single quotes: p50 {:.1f} ms, p99 {:.1f} ms".format(*self.latencies)
        return [requests, self._over_time()] if self.samples else [requests]

    def _over_time(self) -> Table:
        table = Table("the server", "start", "after 1/4", "1/2", "3/4", "end", "min", "max")
        chosen = [self.samples[0], *(self.at(share) for share in (1 / 4, 1 / 2, 3 / 4)), self.samples[-1]]
        for field in fields(Sample)[1:]:
            every = [getattr(sample, field.name) for sample in self.samples]
            shown = [getattr(sample, field.name) for sample in chosen] + [min(every), max(every)]
            table.add_row(field.name.replace("_", " "), *(f"{value:.4g}" for value in shown))
        return table


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p99 in ms."""
    return tuple(1000 * np.percentile(seconds, [50, 99])) if seconds else (float("nan"),) * 2
