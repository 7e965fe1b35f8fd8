"""Names in an article: where they begin and end, and what is no name."""

import pytest

from model.articles.mentions import find_names
from model.articles.words import read_words


def found(text):
    return find_names(text, read_words(text, []))


def names(text):
    return [text[name.start : name.end] for name in found(text)]


@pytest.mark.parametrize(
    "name",
    [
        "Ilse Brandt",
        "I. Q. Brandt",
        "Pieter van der Berg",
        "Omar al-Khatib",
        "Rosa O\u2019Dowd",
        "Luisa Núñez",
        "Luisa Nu\u0303n\u0303ez",
        "Rosa Marsh-Bell",
        "Harold Voss, Jr.",
        "Harold Voss III",
        'Harold "Hal" Voss',
        "Bank of the North",
        "Ilse\u00a0Brandt",
    ],
)
def test_a_name_is_one_run(name):
    """Initials, particles, hyphens, apostrophes, accents, suffixes and nicknames belong to it."""
    assert names(f"They say that {name} came by train.") == [name]


@pytest.mark.parametrize(
    ("phrase", "name", "title"),
    [
        ("President Ilse Brandt", "Ilse Brandt", "President"),
        ("Secretary of State Ilse Brandt", "Ilse Brandt", "Secretary of State"),
        ("former Utah Gov. Ilse Brandt", "Ilse Brandt", "former Utah Gov."),
        ("Harbour press secretary Ilse Brandt", "Ilse Brandt", "Harbour press secretary"),
        ("the real estate mogul Ilse Brandt", "Ilse Brandt", "real estate mogul"),
        ("Mr. Voss", "Voss", "Mr."),
        ("Queen Astrid", "Queen Astrid", None),
        ("Harold King", "Harold King", None),
    ],
)
def test_titles_are_no_part_of_a_name(phrase, name, title):
    """What a person is stands before the name, in capitals or small letters; a surname may look like a title."""
    text = f"On Monday {phrase} came by train."
    one = found(text)[-1]
    assert (text[one.start : one.end], one.title) == (name, title)


def test_capitals_of_a_sentence_are_no_names():
    """The first word of one is no name if it also stands there in small letters, or is a small word."""
    assert names("Farmers came. But Voss left with farmers. Using Voss as a guide, they went. The end.") == [
        "Voss",
        "Voss",
    ]


def test_title_alone_is_no_name():
    """Senator, or Utah Governor, names nobody."""
    assert names("The Senator met a Utah Governor and some Democrats.") == []


def test_organisations_are_groups():
    """By their last word, by "of", or as an abbreviation."""
    text = "We saw the Harbour Safety Board, the Bank of Geneva, U.S. troops and Karl Adler."
    assert [name.group for name in found(text)] == [True, True, True, False]


def test_parts_compare():
    """The words of a name without accents and capitals, and apart from its suffix."""
    [name] = found("Then came Luisa NÚÑEZ Jr. again.")
    assert (name.parts, name.suffix) == (("luisa", "nunez"), "jr")


def test_signs_that_look_like_capitals_are_no_names():
    """A Roman numeral's sign and a letter in a circle count as capitals, but nobody is called so."""
    assert names("Jane Roe met Ⅷ Ⓐ, and left.") == ["Jane Roe"]
