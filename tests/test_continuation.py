"""Quotes that go on with the quote before them."""

import re

import pytest

from model.articles.continuation import continuation
from model.articles.paragraphs import paragraphs
from model.articles.spans import Span


def sure(text):
    """Ask about the first two “quotes” of a text whose [source] stands in brackets, which count as words."""
    before, quote = (Span(*match.span()) for match in re.finditer(r"“[^”\n]*(?:”|(?=\n))", text))
    named = re.search(r"\[.*?\]", text)
    source = Span(*named.span()) if named else None
    return continuation(text, tuple(paragraphs(text)), before, source, quote)


@pytest.mark.parametrize(
    "text",
    [
        "“We will wait,” [she] said. “We always do.”",
        "“We will wait,” said [Ilse Brandt] on Monday in Geneva. “We always do.”",
        "“We will,” [she] said, “wait for them.”",
        "[She] said: “We will wait.” “We always do.”",
        "“We will wait.” [She] said so.\n\n“We always do.”",
        "“We will wait\n\n“We always do.”",
        "“We will wait,” [she] said, “We always do.”",
    ],
)
def test_it_goes_on(text):
    """After the clause that names the source, beside it, in a paragraph of its own, or without a closing mark."""
    assert sure(text) > 0.8


@pytest.mark.parametrize(
    "text",
    [
        "“We will wait,” [she] said. The hall was cold and no tea in it, for nobody had thought of any “soup.”",
        "“We will wait,” [she] said about the “talks.”",
        "[She] said: “We will wait.” The “talks” went on.",
        "“We will wait,” [she] said.\n\nThe “talks” went on.",
        "“We will wait,” [she] said.\n\n“We do not,” said the other side.",
        "“We will wait,” [she] said.\n\nIt rained.\n\n“We always do.”",
        "“We will wait,” [she] said." + " It rained." * 60 + " “No.”",
    ],
)
def test_it_does_not(text):
    """What stands in other words, far away, or in a paragraph that says more is anybody's."""
    assert sure(text) == 0


def test_order():
    """A quote before the other one, or inside it, does not go on with it."""
    text = "“We will wait,” she said. “We do.”"
    assert continuation(text, tuple(paragraphs(text)), Span(26, 34), None, Span(0, 15)) == 0
    assert continuation(text, tuple(paragraphs(text)), Span(0, 15), None, Span(4, 8)) == 0
