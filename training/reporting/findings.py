"""All that a report says of a labelled file, found in one pass over its rows."""

from dataclasses import dataclass

from model.errors import DataError
from model.stance import Stance
from training.labelled import Judged, Labelled
from training.reporting.confusion import Confusion
from training.reporting.extremes import Extremes
from training.reporting.periods import Every
from training.reporting.quantify import Quantifier
from training.reporting.tally import Line, Tally

FEWEST = 20
"""Groups of fewer quotes are put together, and periods of fewer are marked, unless somebody asks otherwise."""

_SHOWN = 10
_APART = 0.15  # between shares of uncertain quotes


@dataclass(frozen=True, slots=True)
class Division:
    """What is asked of the rows: by a column of groups, a column of dates in periods, fewest quotes of a group."""

    by: str | None = None
    time: str | None = None
    every: Every = Every.MONTH
    fewest: int = FEWEST


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures of all rows, of groups and of periods; undated: judged rows that fall into no period.

    hostile, conciliatory: the quotes that are the most so, the most of all first.
    """

    labelled: Labelled
    division: Division
    confusion: Confusion
    whole: Line
    groups: tuple[Line, ...]
    periods: tuple[Line, ...]
    undated: int
    hostile: tuple[Judged, ...]
    conciliatory: tuple[Judged, ...]

    @property
    def errs_otherwise(self) -> str | None:
        """What to beware of where the model is much surer, or less sure, than on the quotes its errors come from."""
        there, here = self.confusion.uncertain, self.whole.uncertain / self.whole.quotes
        if abs(there - here) <= _APART:
            return None
        return (
            f"{here:.0%} of the quotes are uncertain, but {there:.0%} of those that the correction was counted on: the "
            "model errs otherwise here, and corrected figures may be worse than counted ones. Label a random sample of "
            "your own rows, and give its evaluation as --confusion"
        )


def find(labelled: Labelled, division: Division, confusion: Confusion) -> Findings:
    """Read a labelled file. Raises DataError for a column that is not there, or where nothing was judged."""
    tally = Tally(division.by, division.time, division.every)
    hostile, conciliatory = Extremes(Stance.HOSTILE, _SHOWN), Extremes(Stance.CONCILIATORY, _SHOWN)
    for row in labelled.rows():
        tally.add(row)
        if isinstance(row, Judged):
            hostile.offer(row)
            conciliatory.offer(row)
    if not tally.quotes:
        raise DataError(f"{labelled.path}: none of its {tally.errors:,} rows was judged")
    if division.time and tally.undated == tally.quotes:
        raise DataError(f"{labelled.path}: column {division.time!r} has no ISO date that tells its {division.every}")
    quantifier = Quantifier(confusion)
    return Findings(
        labelled=labelled,
        division=division,
        confusion=confusion,
        whole=tally.whole(quantifier),
        groups=tuple(tally.groups(quantifier, division.fewest)) if division.by else (),
        periods=tuple(tally.periods(quantifier)) if division.time else (),
        undated=tally.undated if division.time else 0,
        hostile=tuple(hostile.rows()),
        conciliatory=tuple(conciliatory.rows()),
    )
