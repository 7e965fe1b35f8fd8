"""Tells whether a quote that names no source goes on with the quote before it."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from model.articles.spans import Span

_WORD = re.compile(r"\w+")
_FURTHEST = 500  # characters between two quotes that belong together
_SHORT, _LONGER = 5, 12  # words after a source, up to the end of its clause
_AFTERTHOUGHT = 15  # words between two quotes, each of which opens its own paragraph
_MARKS = "\"'\u201d\u2019\u00bb\u201c\u201e\u00ab\u2018"


def continuation(text: str, places: Sequence[Span], before: Span, source: Span | None, quote: Span) -> float:
    """How sure it is that the speaker of the quote `before`, whom `source` names, says `quote` too.

    0 where that is a guess; the other figures are how often it was so in news articles. `places` are the paragraphs.
    """
    if not 0 <= quote.start - before.end <= _FURTHEST:
        return 0.0
    one, two = (bisect_right(places, place, key=_start) - 1 for place in (before.end, quote.start))
    if one != two:
        return _over_paragraphs(text, places[two], before, quote) if two == one + 1 else 0.0
    if not _WORD.search(text, before.end, quote.start):
        return 0.95
    if source is None or not before.end <= source.start < quote.start:
        return 0.0
    return _in_one_sentence(text, source, quote)


def _start(place: Span) -> int:
    return place.start


def _in_one_sentence(text: str, source: Span, quote: Span) -> float:
    """Tell for "A," he said. "B" and "A," he said, "b"."""
    rest = text[source.end : quote.start].rstrip(f"{_MARKS} \u00a0\n")
    count = len(_WORD.findall(rest))
    if rest.endswith(".") and count <= _LONGER:
        return 0.99
    if rest.endswith(",") and count <= _SHORT:
        begins = _WORD.search(text, quote.start, quote.end)
        return 0.99 if begins is not None and begins[0][0].islower() else 0.87
    return 0.0


def _over_paragraphs(text: str, place: Span, before: Span, quote: Span) -> float:
    """Tell for a quote in the paragraph after the one where the quote before it ends."""
    if _WORD.search(text, place.start, quote.start):
        return 0.0
    count = len(_WORD.findall(text, before.end, quote.start))
    if not count and text[before.end - 1 : before.end] not in set(_MARKS):
        return 0.91  # no mark closed it
    alone = _WORD.search(text, quote.end, place.end) is None
    return 0.9 if alone and count <= _AFTERTHOUGHT else 0.0
