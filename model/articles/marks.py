"""The strings in quotation marks: finds them in a text paragraph by paragraph, by code alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

from model.articles.glyphs import Mark, marks_of
from model.articles.pairing import Pair, pairs_of
from model.articles.paragraphs import paragraphs
from model.articles.spans import Span


@dataclass(frozen=True, slots=True)
class Marked:
    """A string in quotation marks within one paragraph.

    span: the words between the marks, without space at their ends; outer: from the opening mark to behind the closing
    one, or to the end of the words where that is missing; depth: 0 for the outermost; closed: a closing mark was
    found; continues: none was, and the next paragraph begins with a mark that takes the quote up again.
    """

    span: Span
    outer: Span
    depth: int
    continues: bool
    closed: bool


class _Paragraph(NamedTuple):
    """The end of a paragraph, its marks, and those of them that it begins with."""

    end: int
    marks: list[Mark]
    lead: list[Mark]


def marked_strings(text: str) -> tuple[Marked, ...]:
    """Find the strings in quotation marks, in the order of their start; inner ones lie inside outer ones.

    A mark that pairs with none is left alone, except that a double, angle or corner mark which clearly opens makes a
    string that reaches to the end of its paragraph, or to the next such mark.
    """
    strings: list[Marked] = []
    for paragraph, following in pairwise(chain(_read(text), [_Paragraph(len(text), [], [])])):
        if paragraph.marks:
            strings += _strings(text, pairs_of(paragraph.marks, paragraph.end, paragraph.lead, following.lead))
    return tuple(strings)


def _read(text: str) -> Iterator[_Paragraph]:
    for place in paragraphs(text):
        marks = list(marks_of(text, place))
        yield _Paragraph(place.end, marks, _leading(marks, place.start))


def _leading(marks: Sequence[Mark], start: int) -> list[Mark]:
    """Give the marks that a paragraph begins with."""
    lead: list[Mark] = []
    for mark in marks:
        if mark.start != start or mark.lean < 0 or mark.weak:
            break
        lead.append(mark)
        start = mark.end
    return lead


def _strings(text: str, pairs: Sequence[Pair]) -> Iterator[Marked]:
    """Make strings of pairs in order; those that hold nothing but space are dropped."""
    ends: list[int] = []
    for pair in pairs:
        start, end = pair.opening.end, pair.inner_end
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if start == end:
            continue
        while ends and ends[-1] <= pair.opening.start:
            ends.pop()
        outer = Span(pair.opening.start, pair.end if pair.closing else end)
        yield Marked(Span(start, end), outer, len(ends), pair.continues, pair.closing is not None)
        ends.append(outer.end)
