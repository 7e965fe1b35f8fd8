"""What stands around a quote, as the stance model has learned to read it: its paragraph, cut to the words nearby."""

from collections.abc import Sequence

from model.articles.spans import Span
from model.quote import SLOT

_BEFORE, _AFTER = 75, 55  # words of a paragraph that a carrier keeps on either side of the quote
_FURTHEST = 1000  # characters on either side: twice what so many words of news take; not every script has spaces
_CUT = "\u2026"


def carrier_of(text: str, paragraph: Span, holes: Sequence[Span]) -> str:
    """Give a paragraph with `[Q]` in the place of its first hole; the others, in their order behind it, are cut out.

    An ellipsis stands where the paragraph goes on. Spaces are made single.
    """
    slot = holes[0]
    before = text[max(paragraph.start, slot.start - _FURTHEST - 1) : slot.start]
    gaps = zip((hole.end for hole in holes), [*(hole.start for hole in holes[1:]), paragraph.end], strict=True)
    after = "".join(text[start : min(end, start + _FURTHEST + 1)] for start, end in gaps)
    return " ".join(f"{_end_of(before)}{SLOT}{_begin_of(after)}".split())


def _end_of(before: str) -> str:
    if len(before) > _FURTHEST:
        before = f"{_CUT} {before[-_FURTHEST:]}"
    words = before.rsplit(" ", _BEFORE)
    return " ".join([_CUT, *words[1:]] if len(words) > _BEFORE else words)


def _begin_of(after: str) -> str:
    if len(after) > _FURTHEST:
        after = f"{after[:_FURTHEST]} {_CUT}"
    words = after.split(" ", _AFTER)
    return " ".join([*words[:-1], _CUT] if len(words) > _AFTER else words)
