"""Descriptions of people by titles."""

import pytest

from model.articles.nominals import Titles, described, is_qualified, may_mean_the_main_one
from model.articles.people import Entity
from model.articles.words import read_words


def words_of(text):
    return read_words(text, [])


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("The senator left", "senator"),
        ("The Ohio governor left", "governor"),
        ("The Republican presidential candidate left", "candidate"),
        ("The Republican left", "Republican"),
        ("The Republican convention ended", None),
        ("The table broke", None),
        ("The quick brown fox met a senator", None),
        ("The senator Harold Voss left", None),
    ],
)
def test_described(text, noun):
    """The last noun that names a person, unless a name follows or the words name a thing."""
    words = words_of(text)
    head = described(words, 0)
    assert (None if head is None else words[head].text) == noun


def entity(name, *titles):
    return Entity((name,), "", group=False, titles=list(titles))


def holders(text, *entities):
    words = words_of(text)
    return [found.parts[0] for found in Titles(entities).holders(words, 0, len(words) - 1)]


def test_holders():
    """Whose title has the noun, in any of its forms; of several those whom more words fit; none of another party."""
    people = (
        entity("a", "Sen."),
        entity("b", "Utah senator"),
        entity("c", "deputy mayor"),
        entity("d", "Democratic chairwoman"),
    )
    assert holders("the senator", *people) == ["a", "b"]
    assert holders("the Utah senator", *people) == ["b"]
    assert holders("the chair", *people) == ["d"]
    assert holders("the Republican chair", *people) == []
    assert holders("the lawyer", *people) == []


def test_kinds_of_descriptions():
    """Newspapers call their main person the billionaire, not the lawyer, nor somebody's mayor."""
    assert may_mean_the_main_one(words_of("the billionaire"), 0, 1)
    assert may_mean_the_main_one(words_of("the 46-year-old"), 0, 1)
    assert not may_mean_the_main_one(words_of("the lawyer"), 0, 1)
    assert not may_mean_the_main_one(words_of("her mayor"), 0, 1)
    assert is_qualified(words_of("the Ohio mayor"), 0, 2)
    assert not is_qualified(words_of("The old mayor"), 0, 2)
