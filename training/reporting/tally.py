"""Labelled rows as columns of numbers, a few bytes a row, and the figures of their groups and periods."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from model.stance import STANCES
from training.labelled import Failed, Judged, text_of
from training.reporting.periods import Every, period_name, period_of
from training.reporting.quantify import Estimates, Quantifier

NAMELESS = "(none)"
"""The name of the group of rows that name none."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one group or period; quotes: that were judged; errors: rows that were not.

    pooled: how many small groups are put together in it, 0 for one of its own. first: of a period, its first day.
    """

    name: str
    quotes: int
    documents: int
    uncertain: int
    errors: int
    estimates: Estimates
    pooled: int = 0
    first: date = date.min


class _Keys:
    """The values of a column: a number each, the numbers of the judged rows, and how many rows of each failed."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.rows = array("q")
        self.errors = Counter[int]()

    def number(self, value: str) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def add(self, value: str) -> None:
        self.rows.append(self.number(value))

    def fail(self, value: str) -> None:
        self.errors[self.number(value)] += 1


class Tally:
    """Counts rows as they come; by: the column of groups, time: that of dates, None where there is none."""

    def __init__(self, by: str | None, time: str | None, every: Every) -> None:
        self._by, self._time, self._every = by, time, every
        self._groups, self._periods = _Keys(), _Keys()
        self._documents: dict[str, int] = {}
        self._of_documents, self._stances, self._uncertain = array("q"), array("b"), array("b")
        self._tones = array("d")
        self._alone = 0  # documents of one row that name none
        self.errors = 0

    @property
    def quotes(self) -> int:
        """How many rows were judged."""
        return len(self._stances)

    def add(self, row: Judged | Failed) -> None:
        """Count a row."""
        first = period_of(text_of(row.fields, self._time), self._every)
        group, period = text_of(row.fields, self._by) or NAMELESS, "" if first is None else first.isoformat()
        if isinstance(row, Failed):
            self._groups.fail(group)
            self._periods.fail(period)
            self.errors += 1
            return
        self._groups.add(group)
        self._periods.add(period)
        self._of_documents.append(self._document(row.document))
        self._stances.append(STANCES.index(row.stance))
        self._uncertain.append(row.uncertain)
        self._tones.append(row.tone)

    @property
    def undated(self) -> int:
        """How many judged rows fall into no period."""
        return self._periods.rows.count(self._periods.numbers.get("", -1))

    def whole(self, quantifier: Quantifier) -> Line:
        """Return the figures of all rows; there must be a judged one."""
        return self._line("all", np.arange(self.quotes), self.errors, quantifier)

    def groups(self, quantifier: Quantifier, fewest: int) -> list[Line]:
        """Return the figures of each group of so many quotes, the largest first, then those of the others as one."""
        names, errors = list(self._groups.numbers), self._groups.errors
        rows = _column(self._groups.rows)
        sizes = np.bincount(rows, minlength=len(names))
        large = [int(i) for i in np.argsort(-sizes, kind="stable") if sizes[i] >= fewest]
        small = sorted(set(range(len(names))) - set(large))
        members = _members(rows)
        lines = [self._line(names[i], members[i], errors[i], quantifier) for i in large]
        rest = np.flatnonzero(np.isin(rows, small))
        if len(rest):
            failed = sum(errors[i] for i in small)
            lines.append(replace(self._line("others", rest, failed, quantifier), pooled=len(small)))
        return lines

    def periods(self, quantifier: Quantifier) -> list[Line]:
        """Return the figures of each period that has a quote, the earliest first; rows without a date are in none."""
        members, errors = _members(_column(self._periods.rows)), self._periods.errors
        dated = sorted((name, i) for name, i in self._periods.numbers.items() if name and i in members)
        lines = []
        for name, i in dated:
            first = date.fromisoformat(name)
            line = self._line(period_name(first, self._every), members[i], errors[i], quantifier)
            lines.append(replace(line, first=first))
        return lines

    def _document(self, name: str | None) -> int:
        if name is None:
            self._alone += 1
            return -self._alone
        return self._documents.setdefault(name, len(self._documents))

    def _line(self, name: str, rows: Places, errors: int, quantifier: Quantifier) -> Line:
        documents, units = np.unique(_column(self._of_documents)[rows], return_inverse=True)
        counts = np.zeros((len(documents), len(STANCES)), dtype=np.int64)
        np.add.at(counts, (units, _column(self._stances)[rows]), 1)
        tones = np.bincount(units, weights=_column(self._tones)[rows]).astype(np.float64)
        uncertain = int(_column(self._uncertain)[rows].sum())
        return Line(name, len(rows), len(documents), uncertain, errors, quantifier.estimate(counts, tones))


def _column(values: "array[Any]") -> npt.NDArray[Any]:
    """Return an array without copying it."""
    return np.frombuffer(values, dtype=values.typecode)


def _members(rows: Places) -> Mapping[int, Places]:
    """Return the places of each number."""
    order = np.argsort(rows, kind="stable")
    numbers, starts = np.unique(rows[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, starts[1:]), strict=True))
