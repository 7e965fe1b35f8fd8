"""Labelled rows in, a queue out: of each reason in turn the strongest row, no two of nearly the same words."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest

import numpy as np

from model.errors import QuoteError
from model.quote import LabelledQuote, Quote, render
from model.stance import STANCES
from training.dataset import Warnings
from training.labelled import Failed, Judged, Labelled, text_of
from training.reviewing.distance import Distance
from training.reviewing.doubt import doubts
from training.reviewing.queue import Candidate, Finding, Reason
from training.splits import near_duplicates

_CLOSE = 0.2  # the two likeliest stances are no further apart at a border
_TOGETHER = 2048  # rows looked at together
_NEAR = 0.7  # Jaccard index of words from which two quotes are one to a reader


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The queue, and what was left out, in lines."""

    candidates: tuple[Candidate, ...]
    warnings: tuple[str, ...]


class _Strongest:
    """Keeps the candidates with the strongest findings of a reason."""

    def __init__(self, reason: Reason, most: int) -> None:
        self._reason, self._most = reason, most
        self._kept: list[tuple[float, int, Candidate]] = []

    def offer(self, candidate: Candidate) -> None:
        for finding in candidate.findings:
            if finding.reason is self._reason:
                self._kept.append((-finding.score, candidate.row.number, candidate))
        if len(self._kept) > 4 * self._most:
            self._cut()

    def candidates(self) -> list[Candidate]:
        self._cut()
        return [candidate for _, _, candidate in self._kept]

    def _cut(self) -> None:
        self._kept = sorted(self._kept, key=lambda kept: kept[:2])[: self._most]


def review(labelled: Labelled, training: Sequence[str], limit: int, label_column: str | None) -> Reviewed:
    """Find the rows worth a look, limit at most; training: texts that the model learned from.

    Rows that come with a label are looked at for mistakes in it, the others for what the model is unsure of.
    """
    warnings = Warnings()
    strongest = [_Strongest(reason, 2 * limit) for reason in Reason]
    known: list[tuple[Judged, str]] = []  # filled while the rows are read, so complete when they are looked at
    unlabelled = _unlabelled(labelled, label_column, known, warnings)
    for candidate in chain(_of_unlabelled(unlabelled, Distance(training)), _of_labelled(known, warnings)):
        for kept in strongest:
            kept.offer(candidate)
    in_turn = zip_longest(*(kept.candidates() for kept in strongest))
    chosen = _without_near([candidate for each in in_turn for candidate in each if candidate is not None])
    return Reviewed(tuple(islice(chosen, limit)), warnings.lines())


def _unlabelled(
    labelled: Labelled, label_column: str | None, known: list[tuple[Judged, str]], warnings: Warnings
) -> Iterator[Judged]:
    """Yield the rows without a label of their own, and put the others aside; of one text the first row counts."""
    seen = set[bytes]()
    for read in labelled.rows():
        row = _sound(read)
        if row is None:
            warnings.add("an error instead of a stance, or no readable text", f"row {read.number}")
            continue
        text = hashlib.blake2b(row.text.lower().encode(), digest_size=8).digest()
        if text in seen:
            continue
        seen.add(text)
        label = text_of(row.fields, label_column)
        if label in STANCES:
            known.append((row, label))
            continue
        if label is not None:
            warnings.add(f"{label_column} {label!r} is no stance: taken for unlabelled", f"row {row.number}")
        yield row


def _sound(row: Judged | Failed) -> Judged | None:
    """Return a row that can be read, without a carrier that does not hold its quote."""
    if isinstance(row, Failed):
        return None
    for carrier in (row.carrier, None):
        try:
            Quote(row.text, carrier)
        except QuoteError:
            continue
        return replace(row, carrier=carrier)
    return None


def _of_unlabelled(rows: Iterable[Judged], distance: Distance) -> Iterator[Candidate]:
    """Say of rows what the model is unsure of, and what it has not learned from."""
    left = iter(rows)
    while part := list(islice(left, _TOGETHER)):
        for row, far in zip(part, distance.of([render(Quote(row.text)).text for row in part]).tolist(), strict=True):
            findings = [*_doubts_of(row)]
            if far > distance.far:
                findings.append(Finding(Reason.DISSIMILAR, far, "few of its words are in the training quotes"))
            if findings:
                yield Candidate(row, tuple(findings))


def _doubts_of(row: Judged) -> Iterator[Finding]:
    (_, third), (second, other), (first, likeliest) = sorted(zip(row.probabilities, STANCES, strict=True))
    del third
    if row.uncertain:
        yield Finding(Reason.UNCERTAIN, 1 - first, f"{likeliest} at {first:.2f}")
    if first - second < _CLOSE:
        yield Finding(Reason.BORDER, 1 - (first - second), f"{likeliest} or {other}")


def _of_labelled(known: Sequence[tuple[Judged, str]], warnings: Warnings) -> Iterator[Candidate]:
    """Say of rows with labels which are likely wrong."""
    quotes = [LabelledQuote(Quote(row.text), label, row.document) for row, label in known]
    found = doubts(quotes, np.array([row.probabilities for row, _ in known]))
    if found is None:
        for row, _ in known:
            warnings.add(
                "too few labelled documents to tell which labels are wrong: 5 of each label", f"row {row.number}"
            )
        return
    for doubt in found:
        row, label = known[doubt.place]
        finding = Finding(Reason.MISLABELLED, doubt.score, f"labelled {label}, likelier {doubt.likelier}")
        yield Candidate(row, (finding,), label)


def _without_near(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield candidates, but of those with nearly the same words the first alone."""
    numbers = {candidate.row.number: candidate for candidate in candidates}  # one may have several reasons
    distinct = list(numbers.values())
    near = near_duplicates([candidate.row.text for candidate in distinct], _NEAR)
    later = {max(pair) for pair in near}
    yield from (candidate for i, candidate in enumerate(distinct) if i not in later)
