"""Times the reading of an article in this process, part by part: `python -m serve.articlerate FILE [--rounds 20]`."""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from model.articles.pointers import default_pointer
from model.articles.reader import assemble, open_article
from model.bundle import DEFAULT_BUNDLE, open_bundle
from model.predictor import Predictor

_T = TypeVar("_T")


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Measure and print; return milliseconds by part, medians of the rounds behind the first."""
    parser = argparse.ArgumentParser(prog="python -m serve.articlerate", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    text, pointer = options.file.read_text(encoding="utf-8"), default_pointer()
    rounds: list[dict[str, float]] = []
    with Predictor(open_bundle(DEFAULT_BUNDLE)) as predictor:
        for _ in range(options.rounds + 1):
            parts: dict[str, float] = {}
            opened = _timed(parts, "marks, rules, views", lambda: open_article(text, pointer))
            pointed = _timed(parts, "pointer", lambda: predictor.share(opened.steps))  # noqa: B023, called at once
            article = _timed(parts, "names, utterances", lambda: assemble(opened, pointed, pointer.threshold))  # noqa: B023
            _timed(parts, "stances", lambda: predictor.predict(article.asked))  # noqa: B023
            rounds.append({**parts, "whole": sum(parts.values())})
    middle = {part: median(each[part] for each in rounds[1:]) for part in rounds[0]}
    title = f"{len(text.split()):,} words, {len(article.quotes)} quotes, {len(article.asked)} texts judged"
    table = Table("part", "ms", title=f"{title}, {predictor.workers} threads")
    for part, value in middle.items():
        table.add_row(part, f"{value:.1f}")
    Console().print(table)
    return middle


def _timed(parts: dict[str, float], name: str, work: Callable[[], _T]) -> _T:
    started = time.perf_counter()
    result = work()
    parts[name] = 1000 * (time.perf_counter() - started)
    return result


if __name__ == "__main__":
    main()
