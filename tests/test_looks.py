"""Tests of how strings look."""

# ruff: noqa: RUF001
# The marks that look like others are what is read.

import pytest

from model.articles.looks import Length, Look, is_single, look_of
from model.articles.marks import marked_strings


def look(text):
    """Give the look of the only string."""
    (string,) = marked_strings(text)
    return look_of(text, string)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('The plan was "bad" for all.', (Look.PLAIN, Length.ONE)),
        ('The "easy" way was closed.', (Look.MODIFIER, Length.ONE)),
        ('They cried "Save Our Port" all night.', (Look.TITLE, Length.FEW)),
        ('It was the novel "Tide" that won.', (Look.WORK, Length.ONE)),
        ('She is the star of the series "Low Tide".', (Look.WORK, Length.FEW)),
        ('It stars "Low Tide" star Ada Quill.', (Look.WORK, Length.FEW)),
        ('Ada "Sunny" Quill won.', (Look.NICKNAME, Length.ONE)),
        ('"The sea has come up to here," she said.', (Look.PLAIN, Length.SOME)),
        ('"The Sea Has Come Up To The Old Church," she said.', (Look.PLAIN, Length.MANY)),
        ('"..." she said.', (Look.PLAIN, Length.ONE)),
    ],
)
def test_looks(text, expected):
    """A string's look and length follow from it and the words beside it."""
    assert look(text) == expected


@pytest.mark.parametrize(("text", "single"), [("‘x’", True), ("'x'", True), ("''x''", False), ('"x"', False)])
def test_single_marks(text, single):
    """Single marks are told from two apostrophes."""
    (string,) = marked_strings(text)
    assert is_single(text, string) is single
