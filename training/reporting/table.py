"""The figures as a CSV, one line a group or period, for whoever draws or tests on with them."""

import csv
import io
from collections.abc import Iterator

from model.stance import STANCES
from training.reporting.findings import Findings
from training.reporting.quantify import Estimate
from training.reporting.tally import Line

_COUNTS = ("kind", "name", "quotes", "documents", "uncertain", "errors", "groups_pooled")
_FIGURES = (*(f"raw_{stance}" for stance in STANCES), *(f"corrected_{stance}" for stance in STANCES), "tone", "balance")


def to_csv(findings: Findings) -> bytes:
    """Return the table; every figure is followed by the bounds of its 95 % interval, empty where there is none."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COUNTS, *(f"{figure}{end}" for figure in _FIGURES for end in ("", "_low", "_high"))])
    writer.writerows(_rows(findings))
    return text.getvalue().encode()


def _rows(findings: Findings) -> Iterator[list[str | int]]:
    for kind, lines in (("all", (findings.whole,)), ("group", findings.groups), ("period", findings.periods)):
        for line in lines:
            counts = (kind, line.name, line.quotes, line.documents, line.uncertain, line.errors, line.pooled)
            yield [*counts, *(cell for each in _estimates(line) for cell in _cells(each))]


def _estimates(line: Line) -> tuple[Estimate, ...]:
    found = line.estimates
    return (*found.raw, *found.corrected, found.tone, found.balance)


def _cells(estimate: Estimate) -> tuple[str, str, str]:
    value, low, high = (f"{figure:.6f}" for figure in (estimate.value, estimate.low, estimate.high))
    return (value, low, high) if estimate.bounded else (value, "", "")
