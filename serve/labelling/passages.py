"""The quotes of articles as rows: which article, which words, where, whose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from model.articles.article import Article
from model.articles.attribution import Pointer
from model.articles.reader import assemble, open_article
from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from serve.labelling.tables import Cell

LONGEST_ARTICLE = 1_000_000
"""Characters; a day's debate of a parliament is shorter."""

_TOGETHER = 32  # articles whose strings are pointed at together: enough to keep the threads busy


@dataclass(frozen=True, slots=True)
class Passage:
    """A quote of the article at a place of its table, or what is wrong with the article.

    text, start, end: the words without their marks, and where they stand in it, counted in Unicode characters.
    speaker: names, with "; " between several; None where naming one would be a guess. cue: words that tell of the
    speaking.
    """

    place: int
    quote: Quote | QuoteError
    text: str = ""
    start: int | None = None
    end: int | None = None
    speaker: str | None = None
    cue: str | None = None

    @property
    def carrier(self) -> str | None:
        """What stands around the quote."""
        return self.quote.carrier if isinstance(self.quote, Quote) else None


def passages_of(articles: Sequence[Cell], pointer: Pointer, predictor: Predictor) -> Iterator[Passage]:
    """Yield the quotes of articles in order, found on the predictor's threads; an article without any yields none."""
    waiting = iter(enumerate(articles))
    while group := list(islice(waiting, _TOGETHER)):
        checked = [(place, _checked(cell)) for place, cell in group]
        opened = {place: open_article(text, pointer) for place, text in checked if isinstance(text, str)}
        answers = iter(predictor.share(step for each in opened.values() for step in each.steps))
        for place, text in checked:
            if isinstance(text, QuoteError):
                yield Passage(place, text)
                continue
            pointed = list(islice(answers, len(opened[place].steps)))
            yield from _passages(place, assemble(opened[place], pointed, pointer.threshold))


def _passages(place: int, article: Article) -> Iterator[Passage]:
    for found in article.quotes:
        yield Passage(
            place=place,
            quote=found.quote,
            text=found.span.of(article.text),
            start=found.span.start,
            end=found.span.end,
            speaker="; ".join(person.name for person in found.speakers) or None,
            cue=found.cue.span.of(article.text) if found.cue else None,
        )


def _checked(cell: Cell) -> str | QuoteError:
    if isinstance(cell, QuoteError):
        return cell
    if cell is None or not cell.strip():
        return QuoteError("article_empty", "the article is empty or holds only spaces")
    if len(cell) > LONGEST_ARTICLE:
        message = f"the article has {len(cell):,} characters, at most {LONGEST_ARTICLE:,} are read: split it"
        return QuoteError("article_too_long", message)
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        message = f"the article is not valid Unicode: lone surrogate at character {error.start}"
        return QuoteError("article_not_unicode", message)
    return cell
