"""Titles and roles beside a name."""

import pytest

from model.articles.mentions import find_names
from model.articles.titles import title_after, title_before, title_before_comma
from model.articles.words import read_words


def beside(text, name="Brandt"):
    """Give what stands before, after, and before the comma before the first name that ends so."""
    words = read_words(text, [])
    found = next(one for one in find_names(text, words) if one.parts[-1] == name.casefold())
    before = title_before(text, words, found.head)[1]
    return before, title_after(text, words, found.last), title_before_comma(text, words, found.first, found.last)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("They asked union leader Ilse Brandt.", "union leader"),
        ("They asked the billionaire shipping magnate Ilse Brandt.", "billionaire shipping magnate"),
        ("They asked Geneva's deputy mayor Ilse Brandt.", "Geneva's deputy mayor"),
        ("They asked officials and experts Ilse Brandt.", None),
        ("They asked Ilse Brandt.", None),
    ],
)
def test_before(text, title):
    """A role right before the name counts with what qualifies it; several people's role does not."""
    assert beside(text) == (title, None, None)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Ilse Brandt, a nurse, left.", "nurse"),
        ("Ilse Brandt, 34, head of the Harbour Board, left.", "head of the Harbour Board"),
        ("Ilse Brandt (I-Geneva), a lawyer who lives here, left.", "lawyer"),
        ("Ilse Brandt, who leads the union, left.", "leads the union"),
        ("Ilse Brandt, who likes tea, left.", None),
        ("Ilse Brandt, the mayor said, left.", None),
        ("Ilse Brandt, mayor Harold Voss and others left.", None),
        ("Ilse Brandt, on a bicycle, left.", None),
        ("Ilse Brandt, two experts and a dog left.", None),
    ],
)
def test_after(text, title):
    """Between commas after the name; neither another person, nor a clause, nor anything without a role."""
    assert beside(text) == (None, title, None)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The party's leader, Ilse Brandt, left.", "leader"),
        ("Then the owner of the port, Ilse Brandt, left.", "owner of the port"),
        ("In the hall, Ilse Brandt, smiling, left.", None),
    ],
)
def test_before_a_comma(text, title):
    """Between a determiner and the comma before the name."""
    assert beside(text)[2] == title
