"""Tests of what stands between commas."""

import pytest

from model.articles.appositions import is_apposition, part_end
from model.articles.clauses import read_paragraphs
from model.articles.marks import marked_strings


@pytest.mark.parametrize(
    ("part", "tells"),
    [
        ("the mayor", True),
        ("who left", True),
        ("40", True),
        ("former mayor", True),
        ("in a letter", False),
        ("speaking softly", False),
        ("when asked", False),
        ("however", False),
        ("she", False),
    ],
)
def test_who_somebody_is(part, tells):
    """Appositions are told from what says how, where or when."""
    text = f'Quill, {part}, said "x"'
    ((tokens,),) = read_paragraphs(text, marked_strings(text))
    end = part_end(tokens, 2, len(tokens))
    assert tokens[end].text == ","
    assert is_apposition(tokens, 2, end) is tells


def test_nothing_is_no_apposition():
    """Two commas with nothing between say nothing."""
    assert not is_apposition([], 0, 0)
