"""Where the paragraphs of a text lie: one to a line, or wrapped over several lines with blank lines between."""

from collections.abc import Iterator
from itertools import pairwise

from model.articles.spans import Span

WIDEST = 100  # what is longer than this is no line of a wrapped paragraph
NARROWEST = 40  # and nobody wraps narrower: these are lines of a list, a verse or an address
SENTENCE_ENDS = frozenset(".!?:…。！？\"'”’»)")  # noqa: RUF001 - full-width marks end sentences too


def paragraphs(text: str) -> Iterator[Span]:
    """Give each paragraph without the space around it, in order.

    A newline ends a paragraph, unless the lines between two blank lines look as if a program had wrapped them: none is
    too long or begins with a space, each breaks where the next line's first word would have made it the longest, and
    some line breaks inside a sentence. The look of one block never depends on another, so that what stands in a
    paragraph means the same whatever follows it.
    """
    block: list[Span] = []
    for line in _lines(text):
        if line.start < line.end:
            block.append(line)
        elif block:
            yield from _of_block(text, block)
            block = []
    if block:
        yield from _of_block(text, block)


def _lines(text: str) -> Iterator[Span]:
    """Give the lines without the space at their ends; blank ones are empty."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield Span(start, start + len(line.rstrip()))
        start += len(line)


def _of_block(text: str, lines: list[Span]) -> Iterator[Span]:
    for part in [Span(lines[0].start, lines[-1].end)] if _wrapped(text, lines) else lines:
        if text[part.start].isspace():
            yield Span(part.end - len(part.of(text).lstrip()), part.end)
        else:
            yield part


def _wrapped(text: str, lines: list[Span]) -> bool:
    width = max(line.end - line.start for line in lines)
    if len(lines) == 1 or not NARROWEST <= width <= WIDEST:
        return False
    inside = False
    for line, following in pairwise(lines):
        word = following.of(text).split(maxsplit=1)[0]
        if text[following.start].isspace() or line.end - line.start + 1 + len(word) <= width:
            return False
        inside = inside or text[line.end - 1] not in SENTENCE_ENDS
    return inside
