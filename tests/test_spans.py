"""Spans: a place in a text."""

from hypothesis import given
from hypothesis import strategies as st

from model.articles.spans import Span


def test_span_gives_its_words():
    """Offsets count characters, also those that take more than one unit in UTF-16."""
    assert Span(2, 5).of("\U0001f54a yes!") == "yes"


@given(st.lists(st.builds(Span, st.integers(0, 9), st.integers(0, 9))))
def test_spans_sort_by_their_start(spans):
    """Spans order like the pairs of their offsets."""
    assert [(span.start, span.end) for span in sorted(spans)] == sorted((span.start, span.end) for span in spans)
