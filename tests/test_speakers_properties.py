"""Speakers: what holds for any text and any spans, and that no text takes long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.articles.spans import Span
from model.articles.speakers import Mentioned, resolve

ANY = settings(max_examples=300, deadline=None)

_NAMES = "Ilse Brandt|Brandt|Ms. Brandt|Harold Voss|Voss|Harold Voss Jr.|Voss's|O\u2019Dowd|Núñez|al-Khatib|van der"
_WORDS = "Sen.|the senator|Minister|, the mayor,|a spokesman|The Harbour Board|campaign|(D-Ohio)|34|J.|III|VOSS|said|in"
_SMALL = (
    "who|he|she|his|they|it|the pair|both|and|of|the|“|”|\"|''|.|,|?|\n|\n\n|\u00a0|—|'s|\u2019|-|&|N\u0303|Łukasz|Ⅷ|Ⓐ"
)
PIECES = f"{_NAMES}|{_WORDS}|{_SMALL}".split("|")
NEWSLIKE = st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join)
SPANS = st.tuples(st.integers(-3, 400), st.integers(-3, 400)).map(lambda pair: Span(*pair))
QUOTES = st.lists(st.builds(Mentioned, quote=SPANS, source=st.none() | SPANS), max_size=8)


@ANY
@given(NEWSLIKE | st.text(max_size=120), QUOTES)
def test_any_text_and_spans_are_answered(text, quotes):
    """Whatever comes, there is an answer to each quote, all words of it from the text, and always the same."""
    found = resolve(text, quotes)
    assert len(found) == len(quotes)
    for persons in found:
        assert len({person.name for person in persons}) == len(persons)
        for person in persons:
            assert person.name
            assert person.name in text
            assert person.title is None or person.title in text
            assert 0.4 < person.confidence < 1
    assert resolve(text, quotes) == found


@ANY
@given(NEWSLIKE)
def test_what_follows_changes_no_place(text):
    """A name that is given in full keeps its person whatever is written after it."""
    start = "“A,” Ilse Brandt said.\n\n"
    [persons] = resolve(start + text, [Mentioned(Span(0, 4), Span(5, 16))])
    assert [person.name.split()[-1] for person in persons] == ["Brandt"]


LONG = 100_000


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "a",
        "A",
        "A.",
        "'",
        "“",
        "A\n",
        "a-",
        "A&",
        "a's ",
        "e\u0301",
        "Harold Voss ",
        "Foo Harold Harold Harold Harold ",
        "Harold Voss, ",
        "Voss (",
        "Van de la ",
        "Secretary of the ",
        "the senator of the ",
        'Jane "Jay" Roe ',
        "He said. ",
        "Jane Roe met John Roe and Roe said so. ",
        "President Jane Roe, the leader of the union, said on Monday that she met Mr. Doe. The pair said it was good. ",
    ],
)
def test_no_text_takes_long(piece):
    """A hundred thousand characters of anything are read in time that grows with their number, not its square."""
    text = (piece * LONG)[:LONG]
    quotes = [
        Mentioned(Span(place, place + 1), Span(place + 2, place + 12)) for place in range(0, LONG - 20, LONG // 500)
    ]
    start = time.perf_counter()
    resolve(text, quotes)
    assert time.perf_counter() - start < 30


def test_many_namesakes_take_no_longer():
    """Nor do thousands of people with one last name."""
    text = " ".join(f"A{number}x Smith said." for number in range(LONG // 17))
    start = time.perf_counter()
    resolve(text, [Mentioned(Span(0, 1), Span(len(text) - 11, len(text) - 6))])
    assert time.perf_counter() - start < 30
