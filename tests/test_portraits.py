"""Portraits: what an article says about those whom it names."""

import pytest

from model.articles.genders import Gender
from model.articles.mentions import find_names
from model.articles.people import find_people
from model.articles.portraits import portray
from model.articles.words import read_words


def portrait(text, sources=()):
    """Give the first entity of a text."""
    words = read_words(text, [])
    people = find_people(words, find_names(text, words))
    portray(text, words, people, sources)
    return people.entities[0]


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("Then Ingrid Xyz left.", Gender.WOMAN),
        ("Then Mr. Xyz left.", Gender.MAN),
        ("Then Mr. Ingrid Xyz left.", Gender.MAN),
        ("Then Abcd Xyz, a congresswoman, left.", Gender.WOMAN),
        ("Then Abcd Xyz said that he was late.", Gender.MAN),
        ("Then Abcd Xyz said that Ingrid said she was late.", None),
        ("Then Robin Xyz left.", None),
    ],
)
def test_gender(text, gender):
    """A style goes before a first name, that before a description, that before a pronoun right after the name."""
    assert portrait(text).gender is gender


@pytest.mark.parametrize(
    ("text", "human", "doubtful"),
    [
        ("Then Ingrid Xyz left.", True, False),
        ("Then Mayor Xyz left.", True, False),
        ("Then Xyz, 45, left.", True, False),
        ("Then Xyz said no.", True, True),
        ("Then they saw Xyz.", False, True),
        ("Then XYZ said no.", False, True),
        ("Then Xyz said no. It rained in Xyz.", False, True),
    ],
)
def test_human(text, human, doubtful):
    """A first name, a title or an age shows a person; a verb lets it seem so; places and abbreviations are none."""
    found = portrait(text)
    assert (found.human, found.doubtful) == (human, doubtful)


def test_sources_are_human():
    """Whom a quote names as its source is."""
    assert not portrait("Then they saw Xyz.", sources={0}).doubtful


def test_titles_are_collected():
    """All of them, in the order of the text, but no Mr."""
    text = "Mayor Ilse Brandt came. Brandt, a lawyer, left. Ms. Brandt, the union's leader, slept."
    assert portrait(text).titles == ["Mayor", "lawyer", "union's leader"]
