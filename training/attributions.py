"""Scores a pointer on articles marked by hand: the quotes, who is pointed at as their speaker, their cues, the persons.

`python -m training.attributions DATA.jsonl [--pointer rules | BUNDLE] [--threshold 0.7]`
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from model.articles.attribution import LIKELY, Pointer, point
from model.articles.marks import marked_strings
from model.articles.pointing import LearnedPointer
from model.articles.rules import Rules
from model.articles.speakers import Mentioned, resolve
from model.bundle import open_bundle
from training.attribution_data import Article, read_articles
from training.attribution_match import Judged, judge

RULES = "rules"
"""Names the pointer that needs no bundle."""

_THRESHOLDS = tuple(hundredths / 100 for hundredths in range(5, 100, 5))
_ENOUGH = 0.95  # the recall at which non-quotes are to be left alone
_RESAMPLES = 2000
_SEED = 0

_COUNTS = (
    "quotes",
    "found",
    "wrong",
    "non_quotes",
    "alone",
    "speaker",
    "mention",
    "cue",
    "cue_exact",
    "named",
    "person",
)


class Figure(BaseModel):
    """A share and its 95 % bootstrap interval over articles."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


class Point(BaseModel):
    """A threshold on is_quote and what it does."""

    model_config = ConfigDict(frozen=True)

    threshold: float
    f1: float
    recall: float
    alone: float


class Report(BaseModel):
    """How right a pointer is.

    f1, precision and recall are those of exact spans taken for quotes. alone: the share of the non-quotes that are not
    taken; alone_enough: that at the highest threshold with a recall of .95 (nan if there is none). speaker and cue
    (overlapping), mention_exact and cue_exact are shares of all quotes marked by hand, speaker_found and cue_found of
    those found; where nobody marked a speaker or a cue, none is right. person: the share of the quotes with a name
    marked by hand whose last name was resolved. milliseconds: an article, for marks and pointer.
    """

    model_config = ConfigDict(frozen=True)

    articles: int
    quotes: int
    non_quotes: int
    named: int
    threshold: float
    f1: Figure
    precision: Figure
    recall: Figure
    alone: Figure
    alone_enough: Figure
    speaker: Figure
    speaker_found: Figure
    mention_exact: Figure
    cue: Figure
    cue_found: Figure
    cue_exact: Figure
    person: Figure
    milliseconds: float
    curve: tuple[Point, ...]


def score(articles: Sequence[Article], pointer: Pointer, threshold: float = LIKELY) -> Report:
    """Score a pointer; strings count as quotes from `threshold` on."""
    judged, seconds = [], 0.0
    for article in articles:
        started = time.perf_counter()
        strings = marked_strings(article.text)
        pointed = point(pointer, article.text, strings)
        seconds += time.perf_counter() - started
        taken = [number for number, answer in enumerate(pointed) if answer.is_quote >= threshold]
        mentioned = [Mentioned(strings[number].outer, pointed[number].source) for number in taken]
        persons = dict(zip(taken, resolve(article.text, mentioned), strict=True))
        judged.append(judge(article, strings, pointed, [persons.get(number, ()) for number in range(len(strings))]))
    curve = tuple(_point(judged, at) for at in _THRESHOLDS)
    enough = max((point.threshold for point in curve if point.recall >= _ENOUGH), default=None)
    figures = _figures(_counted(judged, threshold))
    nothing = Figure(value=np.nan, low=np.nan, high=np.nan)
    return Report(
        articles=len(articles),
        quotes=sum(len(one.quotes) for one in judged),
        non_quotes=sum(len(one.non_quotes) for one in judged),
        named=sum(answer.named for one in judged for answer in one.quotes),
        threshold=threshold,
        alone_enough=nothing if enough is None else _figures(_counted(judged, enough))["alone"],
        milliseconds=1000 * seconds / len(articles),
        curve=curve,
        **figures,
    )


def _counted(judged: Sequence[Judged], threshold: float) -> npt.NDArray[np.float64]:
    """Count per article, in the order of _COUNTS."""
    rows = []
    for one in judged:
        found = [answer for answer in one.quotes if answer.likely >= threshold]
        taken = sum(likely >= threshold for likely in one.non_quotes)
        wrong = taken + sum(likely >= threshold for likely in one.others)
        rows.append(
            (
                len(one.quotes),
                len(found),
                wrong,
                len(one.non_quotes),
                len(one.non_quotes) - taken,
                sum(answer.speaker for answer in found),
                sum(answer.mention for answer in found),
                sum(answer.cue for answer in found),
                sum(answer.cue_exact for answer in found),
                sum(answer.named for answer in one.quotes),
                sum(answer.person for answer in found),
            )
        )
    return np.asarray(rows, dtype=np.float64)


def _shares(sums: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    """Make shares of sums of shape (…, counts); 0 / 0 is nan."""
    count = {name: sums[..., place] for place, name in enumerate(_COUNTS)}
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "f1": 2 * count["found"] / (count["found"] + count["wrong"] + count["quotes"]),
            "precision": count["found"] / (count["found"] + count["wrong"]),
            "recall": count["found"] / count["quotes"],
            "alone": count["alone"] / count["non_quotes"],
            "speaker": count["speaker"] / count["quotes"],
            "speaker_found": count["speaker"] / count["found"],
            "mention_exact": count["mention"] / count["quotes"],
            "cue": count["cue"] / count["quotes"],
            "cue_found": count["cue"] / count["found"],
            "cue_exact": count["cue_exact"] / count["quotes"],
            "person": count["person"] / count["named"],
        }


def _figures(counts: npt.NDArray[np.float64]) -> dict[str, Figure]:
    articles = len(counts)
    drawn = np.random.default_rng(_SEED).multinomial(articles, np.full(articles, 1 / articles), size=_RESAMPLES)
    resampled = _shares(drawn @ counts)
    figures = {}
    for name, share in _shares(counts.sum(axis=0)).items():
        defined = resampled[name][~np.isnan(resampled[name])]
        low, high = np.quantile(defined, (0.025, 0.975)) if len(defined) else (np.nan, np.nan)
        figures[name] = Figure(value=float(share), low=float(low), high=float(high))
    return figures


def _point(judged: Sequence[Judged], threshold: float) -> Point:
    shares = _shares(_counted(judged, threshold).sum(axis=0))
    return Point(
        threshold=threshold,
        f1=float(shares["f1"]),
        recall=float(shares["recall"]),
        alone=float(shares["alone"]),
    )


_ROWS = (
    ("exact span F1 of quotes", "f1"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("non-quotes left alone", "alone"),
    ("the same at recall .95", "alone_enough"),
    ("speaker right, of all quotes", "speaker"),
    ("speaker right, of those found", "speaker_found"),
    ("speaker's mention exact, of all", "mention_exact"),
    ("cue overlaps, of all", "cue"),
    ("cue overlaps, of those found", "cue_found"),
    ("cue exact, of all", "cue_exact"),
    ("person right, of those with a name", "person"),
)


def show(report: Report, console: Console) -> None:
    """Print a report as two tables."""
    title = f"{report.articles} articles, {report.quotes} quotes ({report.named} with a name)"
    title += f", {report.non_quotes} non-quotes; is_quote from {report.threshold:.2f}"
    table = Table("", "value", "95 % interval", title=title)
    for text, name in _ROWS:
        figure: Figure = getattr(report, name)
        table.add_row(text, f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}")
    table.add_row("ms an article", f"{report.milliseconds:.1f}", "")
    console.print(table)
    curve = Table("is_quote from", "F1", "recall", "left alone")
    for at in report.curve:
        curve.add_row(f"{at.threshold:.2f}", f"{at.f1:.3f}", f"{at.recall:.3f}", f"{at.alone:.3f}")
    console.print(curve)


def main(arguments: Sequence[str] | None = None) -> Report:
    """Score and print."""
    parser = argparse.ArgumentParser(prog="python -m training.attributions", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pointer", default=RULES, help="rules, or the folder of a pointer's bundle")
    parser.add_argument("--threshold", type=float, help="the pointer's own by default")
    options = parser.parse_args(arguments)
    pointer: Pointer = Rules() if options.pointer == RULES else LearnedPointer(open_bundle(Path(options.pointer)))
    threshold = pointer.threshold if options.threshold is None else options.threshold
    report = score(read_articles(options.data), pointer, threshold)
    show(report, Console())
    return report


if __name__ == "__main__":
    main()
