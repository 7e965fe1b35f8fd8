"""How far a run is, for people who wait: a bar with rate and time left on standard error, if that is a terminal."""

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

_RATE_FROM = 1.0  # seconds; before that a rate says nothing


class Meter:
    """Counts rows, from any thread, and shows them; reckons from what has been read of the input how many will come."""

    def __init__(self, console: Console | None = None) -> None:
        shown = console or Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.completed:,.0f} rows{task.fields[rate]}"),
            console=shown,
            disable=not shown.is_terminal,
            transient=True,
            refresh_per_second=4,
        )
        self._task = self._bar.add_task("", total=None, rate="")
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._skipped = 0
        self.done = 0
        self.expected: int | None = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def expect(self, rows: int, share: float) -> None:
        """Tell how many rows were read, and which share of the input they are; 0 for an input without end."""
        self.expected = round(rows / share) if share > 0 else None

    def skip(self, rows: int) -> None:
        """Count rows that an earlier sitting has labelled: they tell nothing of the rate."""
        self._skipped += rows
        self.add(rows)

    def add(self, rows: int) -> None:
        """Count rows that are done."""
        with self._lock:
            self.done += rows
        if not self._bar.disable:
            self._bar.update(self._task, completed=self.done, total=self.expected, rate=self.pace())

    def pace(self) -> str:
        """Return rate and time left in words, nothing while they are not known."""
        seconds = time.monotonic() - self._begun
        rate = (self.done - self._skipped) / seconds if seconds > _RATE_FROM else 0.0
        if not rate:
            return ""
        left = "" if self.expected is None else f", {_clock(max(self.expected - self.done, 0) / rate)} left"
        return f", {rate:,.0f} a second{left}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
