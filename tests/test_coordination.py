"""Coordination: which names "and" joins."""

import pytest

from model.articles.coordination import coordinated, joins
from model.articles.mentions import find_names
from model.articles.words import read_words


def read(text):
    words = read_words(text, [])
    return words, find_names(text, words)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Then Brandt and Voss left.", True),
        ("Then Brandt, and Voss left.", True),
        ("Then Brandt and the mayor, Voss, left.", None),
        ("Then Brandt (D-Ohio) and Voss left.", True),
        ("Then Brandt, Voss left.", False),
        ("Then Brandt saw Voss.", None),
        ("Then Brandt saw and Voss heard.", None),
    ],
)
def test_joins(text, joined):
    """By "and" with nothing but titles between, by a comma, or not at all."""
    words, names = read(text)
    assert joins(words, names[0].last, names[-1].first) is joined


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Brandt, Voss and Marsh of Geneva left.", 3),
        ("Brandt of Geneva and Voss left.", 2),
        ("Brandt, Voss, Marsh left.", 1),
        ("Brandt and Voss supporters left.", 1),
        ("Brandt and the Harbour Board left.", 1),
    ],
)
def test_lists_end_with_and(text, count):
    """Names that only commas part are no list, and neither a group nor what a name qualifies is a speaker in one."""
    words, names = read(text)
    following = range(1, len(names))
    assert 1 + len(coordinated(words, names, following, names[0], len(words))) == count
