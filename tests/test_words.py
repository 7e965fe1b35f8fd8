"""Words of an article: where they stand, what is a sentence, what is quoted, what is a headline."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.articles.spans import Span
from model.articles.words import adjacent, folded, listed, read_words


def split(text):
    return [word.text for word in read_words(text, [])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Voss's and O\u2019Dowd\u2019s", ["Voss", "'s", "and", "O\u2019Dowd", "\u2019s"]),
        ("Sen. J.D. Marsh-Bell", ["Sen.", "J.D.", "Marsh-Bell"]),
        ("the U.S.-led force", ["the", "U.S.", "-", "led", "force"]),
        ("AT&T, 3.5 million", ["AT&T", ",", "3.5", "million"]),
        ("Nún\u0303ez left.", ["Nún\u0303ez", "left", "."]),
        ("''No''", ["'", "'", "No", "'", "'"]),
        ("", []),
    ],
)
def test_words(text, words):
    """Abbreviations keep dots, the possessive ending stands alone, hyphens and apostrophes hold words together."""
    assert split(text) == words


@given(st.text(max_size=80))
def test_nothing_but_space_lies_between_words(text):
    """Every sign belongs to exactly one word, in order, as it is written."""
    words = read_words(text, [])
    assert [text[word.start : word.end] for word in words] == [word.text for word in words]
    assert "".join(word.text for word in words) == re.sub(r"\s", "", text)


def sentences(text, quotes=()):
    return [word.sentence for word in read_words(text, quotes) if word.text[0].isupper()]


def test_sentences():
    """A full stop ends one before a capital, no abbreviation does, and a new paragraph begins one."""
    assert sentences("Ilse met Dr. Voss. Then Sen. Marsh came.\nRain fell") == [1, 1, 1, 2, 2, 2, 3]


def test_full_stop_in_a_quote_ends_the_sentence_around_it():
    """So it does in "B." but not in "A," and words in a quote count for none."""
    text = "“A,” Ilse said. “B. C. D.” Then Voss left."
    quotes = [Span(0, 4), Span(16, 26)]
    words = read_words(text, quotes)
    assert [word.text for word in words if word.quoted and word.text.isalpha()] == ["A"]
    told = {word.text: word.sentence for word in words if not word.quoted}
    assert told["Voss"] == told["Ilse"] + 1 == told["Then"]


def test_headlines_are_no_prose():
    """Lines without a full stop, and lines of capitals, are not narrative; a line before a quote is."""
    lines = ["Ministers To Meet Over Northern Harbour Dispute Again.", "By Ilse Brandt", "She said:", "He left."]
    words = read_words("\n".join(lines), [])
    assert [word.prose for word in words if word.text in {"Ministers", "By", "She", "He"}] == [False, False, True, True]


def test_adjacent_words_have_only_space_between():
    """A comma or the end of a paragraph parts words."""
    text = "One two, three\nfour"
    one, two, _, three, four = read_words(text, [])
    assert adjacent(text, one, two)
    assert not adjacent(text, two, three)
    assert not adjacent(text, three, four)


def test_folded_words_compare():
    """Case, accents and a final dot make no difference."""
    assert folded("NÚÑEZ") == folded("Nunez") == "nunez"
    assert folded("Sen.") == "sen"
    assert listed(" a\n b ") == {"a", "b"}
