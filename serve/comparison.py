"""Two subjects measured beside each other: segments in turn, so that a slow minute of the machine meets both."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from model.quote import Quote
from serve.subjects import Subject


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rates in texts a second, median over the rounds.

    batch: quotes in one call of the baseline; the subject is given a whole segment, to do as it does best. ratio:
    the subject's rate over the baseline's, median of the rounds' ratios; lowest and highest: of them. same_label: the
    share of quotes, in [0, 1], that both gave one label.
    """

    subject: str
    baseline: str
    batch: int
    rounds: int
    rate: float
    baseline_rate: float
    ratio: float
    lowest: float
    highest: float
    same_label: float


def compare(
    subject: Subject, baseline: Subject, quotes: Sequence[Quote], *, batch: int, rounds: int, segment: int
) -> Comparison:
    """Ask both the same quotes, `segment` a round: the subject all at once, the baseline in calls of `batch`."""
    for warmed in (subject, baseline):
        warmed.answer(quotes[:batch])
    rates, baseline_rates, same = list[float](), list[float](), list[bool]()
    for number in range(rounds):
        part = [quotes[(number * segment + i) % len(quotes)] for i in range(segment)]
        seconds, labels = _segment(subject, part, segment)
        baseline_seconds, baseline_labels = _segment(baseline, part, batch)
        rates.append(segment / seconds)
        baseline_rates.append(segment / baseline_seconds)
        same.extend(ours == theirs for ours, theirs in zip(labels, baseline_labels, strict=True))
    ratios = [ours / theirs for ours, theirs in zip(rates, baseline_rates, strict=True)]
    return Comparison(
        subject=subject.name,
        baseline=baseline.name,
        batch=batch,
        rounds=rounds,
        rate=median(rates),
        baseline_rate=median(baseline_rates),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        same_label=fmean(same),
    )


def _segment(subject: Subject, quotes: Sequence[Quote], batch: int) -> tuple[float, list[str]]:
    """Return the seconds that a subject took and its labels."""
    labels = list[str]()
    started = time.perf_counter()
    for first in range(0, len(quotes), batch):
        labels.extend(answer.label for answer in subject.answer(quotes[first : first + batch]))
    return time.perf_counter() - started, labels
