"""Scores how the pieces of utterances are linked, on articles marked by hand.

`python -m training.utterance_links DATA.jsonl`
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table

from model.articles.attribution import Pointer, point
from model.articles.marks import marked_strings
from model.articles.paragraphs import paragraphs
from model.articles.pointers import default_pointer
from model.articles.utterances import Piece, link, pieces_of
from model.errors import DataError
from training.attribution_data import Place
from training.readers import read_rows


class LinkedQuote(Place):
    """A quote; those of one article with the same attribution are pieces of one utterance."""

    attribution: str


class LinkedArticle(BaseModel):
    """An article and its quotes, in order."""

    text: str
    quotes: tuple[LinkedQuote, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Counts of neighbours: linked by hand and by code, by code alone, by hand alone, by neither."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    apart: int = 0

    @property
    def precision(self) -> float:
        """The share of the links that are right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of the links marked by hand that were found."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def read_linked(path: Path) -> list[LinkedArticle]:
    """Read one article a line. Raises DataError."""
    articles = []
    for place, row in read_rows(str(path)):
        try:
            articles.append(LinkedArticle.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return articles


def score(articles: Sequence[LinkedArticle], pointer: Pointer) -> Links:
    """Compare neighbours by hand and by code; quotes that no string in marks was found for are passed over."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for article in articles:
        by_hand, pieces = _pieces(article, pointer)
        linked = link(article.text, tuple(paragraphs(article.text)), pieces)
        by_code = [number for number, utterance in enumerate(linked) for _ in utterance]
        for one, two in pairwise(zip(by_hand, by_code, strict=True)):
            counts[one[0] == two[0], one[1] == two[1]] += 1
    return Links(counts[True, True], counts[False, True], counts[True, False], counts[False, False])


def _pieces(article: LinkedArticle, pointer: Pointer) -> tuple[list[str], list[Piece]]:
    """Give the attributions of an article's quotes, and what linking reads of them."""
    text, strings = article.text, marked_strings(article.text)
    pointed = point(pointer, text, strings)
    at = {string.span: number for number, string in enumerate(strings)}
    quotes = [quote for quote in article.quotes if quote.span in at]
    found = [(strings[at[quote.span]], pointed[at[quote.span]]) for quote in quotes]
    return [quote.attribution for quote in quotes], pieces_of(text, found)


def main(path: str) -> Links:
    """Score the pointer that ships and print."""
    links = score(read_linked(Path(path)), default_pointer())
    table = Table("neighbours", "one utterance", "precision", "recall", "F1")
    neighbours = links.right + links.wrong + links.missed + links.apart
    shares = (f"{share:.3f}" for share in (links.precision, links.recall, links.f1))
    table.add_row(str(neighbours), str(links.right + links.missed), *shares)
    Console().print(table)
    return links


if __name__ == "__main__":
    main(*sys.argv[1:])
