"""Quotation marks put where there were none: around reported speech, and around words that nobody said."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.articles.marks import marked_strings
from model.articles.spans import Span
from training.attribution_data import Article, Attribution
from training.edits import Edit, Edited

_MARKS = re.compile("[\"\u201c\u201d\u201e\u00ab\u00bb\n]|''|``")
# Names of several words, as titles are, and one to three plain words.
_TITLE = re.compile(r"\b[A-Z]\w+(?: (?:(?:of|the|and|for|in|to|on) )?[A-Z]\w+){1,4}\b")
_PLAIN = re.compile(r"\b[a-z]{4,}(?:[ -][a-z]{4,}){0,2}\b")


@dataclass(frozen=True, slots=True)
class Labels:
    """What people marked in a text: attributions by the strings they belong to, and strings that are no quotes.

    direct: whether the strings stood in marks already, so that it is known that they are quotes.
    """

    attributions: Mapping[Span, Attribution]
    none: frozenset[Span]
    direct: bool


def direct(article: Article) -> Labels:
    """Return what people marked in an article as it was printed."""
    none = frozenset(place.span for place in article.non_quotes)
    return Labels({quote.span: quote for quote in article.quotes}, none, direct=True)


def markable(article: Article) -> Iterator[tuple[Span, Attribution]]:
    """Yield reported speech in one piece that could as well stand in marks: within a line that has none there."""
    for indirect in article.indirect:
        if len(indirect.spans) == 1:
            span = Span(*indirect.spans[0])
            if not _MARKS.search(span.of(article.text)) and indirect.speaker_start is not None:
                yield span, indirect


def drawn_unsaid(article: Article, count: float, rng: random.Random) -> list[Span]:
    """Draw places that could stand in marks without being anybody's words: outside of all attributions.

    count: how many on average; half of them are names of several words.
    """
    taken = [_hull([(quote.start, quote.end)], quote) for quote in article.quotes]
    taken += [_hull(indirect.spans, indirect) for indirect in article.indirect]
    taken += [string.outer for string in marked_strings(article.text)]
    drawn: list[Span] = []
    for pattern in (_TITLE, _PLAIN):
        places = [Span(*match.span()) for match in pattern.finditer(article.text)]
        free = [place for place in places if not any(_touch(place, other) for other in taken)]
        wanted = int(count / 2 + rng.random())
        drawn += rng.sample(free, min(wanted, len(free)))
    return drawn


def put_in_marks(
    article: Article, said: Sequence[tuple[Span, Attribution]], unsaid: Sequence[Span], names: Sequence[Edit]
) -> tuple[Edited, Labels]:
    """Return the article with marks around places, and other names; places that touch another one are left out."""
    opening, closing = ("\u201c", "\u201d") if "\u201c" in article.text else ('"', '"')
    attributions = dict(said)
    kept: list[Span] = []
    for span in sorted((*attributions, *unsaid)):
        if not kept or kept[-1].end < span.start:
            kept.append(span)
    edges = [edge for span in kept for edge in (span.start, span.end)]
    whole = [name for name in names if not any(name.start < edge < name.end for edge in edges)]
    put = [Edit(edge, edge, mark) for edge, mark in zip(edges, (opening, closing) * len(kept), strict=True)]
    told = {span: attributions[span] for span in kept if span in attributions}
    return Edited(article.text, [*whole, *put]), Labels(told, frozenset(kept) - told.keys(), direct=False)


def _hull(said: Sequence[tuple[int, int]], attribution: Attribution) -> Span:
    """Return the stretch from the first to the last word of what was said, its source and its cue."""
    ends = [end for span in said for end in span]
    for place in (attribution.speaker, attribution.cue_span):
        ends += () if place is None else (place.start, place.end)
    return Span(min(ends), max(ends))


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end
