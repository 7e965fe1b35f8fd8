"""Counts how often the rules of model/articles/rules.py are right: the numbers in model/articles/certainty.py.

`python -m training.rule_classes DATA.jsonl`
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from model.articles.certainty import Family, family_of
from model.articles.findings import Finding, Rule
from model.articles.looks import Length, Look, look_of
from model.articles.marks import Marked, marked_strings
from model.articles.rules import find
from training.attribution_data import Article, read_articles
from training.attribution_match import is_speaker, overlap

_DRAWN = 4  # strings that speak for what the look alone says


@dataclass(slots=True)
class Classes:
    """Counts by rule (quotes, right sources, right cues) and by family, look and length (quotes, strings)."""

    quotes: Counter[Rule] = field(default_factory=Counter)
    sources: Counter[Rule] = field(default_factory=Counter)
    cues: Counter[Rule] = field(default_factory=Counter)
    said: Counter[tuple[Family, Look, Length]] = field(default_factory=Counter)
    strings: Counter[tuple[Family, Look, Length]] = field(default_factory=Counter)

    def likelihood(self, family: Family, look: Look, length: Length) -> float:
        """Give the share of quotes, drawn toward that of all families."""
        said = sum(self.said[other, look, length] for other in Family)
        strings = sum(self.strings[other, look, length] for other in Family)
        of_look = (said + 1) / (strings + 1)
        key = (family, look, length)
        return (self.said[key] + _DRAWN * of_look) / (self.strings[key] + _DRAWN)

    def right(self, counts: Counter[Rule], rule: Rule) -> float:
        """Give the share of right sources or cues, drawn toward a half as two quotes would."""
        return (counts[rule] + 1) / (self.quotes[rule] + 2)


def count(articles: Sequence[Article]) -> Classes:
    """Count over the strings that were judged by hand."""
    classes = Classes()
    for article in articles:
        strings = marked_strings(article.text)
        for string, finding in zip(strings, find(article.text, strings), strict=True):
            _add(classes, article, string, finding)
    return classes


def _add(classes: Classes, article: Article, string: Marked, finding: Finding) -> None:
    quote = next((quote for quote in article.quotes if quote.span == string.span), None)
    if quote is None and not any(place.span == string.span for place in article.non_quotes):
        return
    key = (family_of(finding.rule), *look_of(article.text, string))
    classes.strings[key] += 1
    if quote is None:
        return
    classes.said[key] += 1
    classes.quotes[finding.rule] += 1
    classes.sources[finding.rule] += is_speaker(article.text, quote, finding.source)
    classes.cues[finding.rule] += overlap(finding.cue, quote.cue_span)


def main(path: str) -> None:
    """Print the numbers."""
    classes = count(read_articles(Path(path)))
    console = Console()
    rules = Table("rule", "quotes", "source right", "cue right")
    for rule in Rule:
        right = (classes.right(counts, rule) for counts in (classes.sources, classes.cues))
        rules.add_row(rule.value, str(classes.quotes[rule]), *(f"{share:.2f}" for share in right))
    console.print(rules)
    looks = Table("family", "look", *(length.name.lower() for length in Length))
    for family in Family:
        for look in Look:
            cells = [
                f"{classes.likelihood(family, look, length):.2f} of {classes.strings[family, look, length]}"
                for length in Length
            ]
            looks.add_row(family.value, look.value, *cells)
    console.print(looks)


if __name__ == "__main__":
    main(*sys.argv[1:])
