"""Tests of what counts as right."""

# ruff: noqa: RUF001
# The marks that look like others are what is read.

import pytest

from model.articles.attribution import Pointed
from model.articles.marks import marked_strings
from model.articles.spans import Span
from model.articles.speakers import Person
from training.attribution_data import Article, GoldQuote, Place
from training.attribution_match import is_person, is_speaker, judge, overlap

TEXT = "Ada Quill, the mayor of Ash (pop. 9), met Bo Tam, and he told Quill about Tam's mother."


def span(words):
    """Give where the words stand first."""
    start = TEXT.index(words)
    return Span(start, start + len(words))


def gold(words, head):
    """Give a quote whose speaker is marked as these words."""
    where = None if words is None else span(words)
    return GoldQuote(
        start=0,
        end=0,
        speaker_text=words,
        speaker_start=where.start if where else None,
        speaker_end=where.end if where else None,
        speaker_head=head,
        cue=None,
        cue_start=None,
        cue_end=None,
    )


@pytest.mark.parametrize(
    ("marked", "head", "pointed", "right"),
    [
        ("Ada Quill", "Quill", "Ada Quill, the mayor of Ash (pop. 9),", True),
        ("Ada Quill, the mayor of Ash (pop. 9),", "Quill", "Quill", True),
        ("Ada Quill", "Quill", "told Quill", True),
        ("Ada Quill", "Quill", "Bo Tam", False),
        ("Ada Quill", "Quill", "Ada Quill, the mayor of Ash (pop. 9), met Bo Tam, and he told Quill about", True),
        ("Bo Tam", "Tam", "Ada Quill, the mayor of Ash (pop. 9), met Bo Tam, and he told Quill about", False),
        ("Bo Tam", "Tam", "Tam's", True),
        ("the mayor of Ash (pop. 9)", "mayor", "the mayor of Ash", True),
        ("he", "he", "Bo Tam", False),
        ("he", "he", None, False),
        (None, None, None, True),
        (None, None, "he", False),
    ],
)
def test_speakers(marked, head, pointed, right):
    """A mention is right if it ends in the same head, or overlaps and holds it without being much longer."""
    assert is_speaker(TEXT, gold(marked, head), None if pointed is None else span(pointed)) is right


@pytest.mark.parametrize(
    ("name", "found", "right"),
    [
        ("Ada Quill", ["A. Quill"], True),
        ("Ada Quill Jr.", ["Quill"], True),
        ("Ada Quill", ["Bo Tam"], False),
        ("Ada Quill", [], False),
        ("Ada Quill", ["Ada Quill", "Bo Tam"], False),
    ],
)
def test_persons(name, found, right):
    """A person is right by the last name, and only if nobody else is named too."""
    assert is_person(name, [Person(name=one, title=None, confidence=1.0) for one in found]) is right


@pytest.mark.parametrize(
    ("found", "marked", "same"),
    [
        (Span(0, 2), Span(1, 3), True),
        (Span(0, 2), Span(2, 3), False),
        (None, Span(0, 1), False),
        (Span(0, 1), None, False),
        (None, None, True),
    ],
)
def test_overlaps(found, marked, same):
    """Spans overlap in a character at least; nothing goes with nothing only."""
    assert overlap(found, marked) is same


def test_strings_that_nobody_judged_count_neither_way():
    """Ignored strings, those in single marks and those of tweets are left out; others that match nothing are not."""
    text = "“One” “two” ‘three’ “four” <tweet id=1>“five”</tweet> “six”"
    strings = marked_strings(text)
    places = [Place(start=string.span.start, end=string.span.end) for string in strings]
    quote = gold(None, None).model_copy(update={"start": places[0].start, "end": places[0].end})
    article = Article(id="a", text=text, quotes=(quote,), non_quotes=(places[1],), ignored=(places[3],))
    pointed = [Pointed(number / 10, None, 0.0, None, 0.0, "") for number in range(1, 7)]
    judged = judge(article, strings, pointed, [()] * 6)
    assert [answer.likely for answer in judged.quotes] == [0.1]
    assert (judged.non_quotes, judged.others) == ([0.2], [0.6])


def test_quotes_that_no_string_matches_are_missed():
    """A quote whose marks were read differently is not found, whatever the threshold."""
    quote = gold(None, None).model_copy(update={"start": 3, "end": 5})
    article = Article(id="a", text="“One two”", quotes=(quote,), non_quotes=(Place(start=1, end=3),), ignored=())
    judged = judge(article, marked_strings(article.text), [Pointed(0.9, None, 0.0, None, 0.0, "")], [()])
    assert judged.quotes[0].likely < 0
    assert judged.non_quotes == [-1]
    assert judged.others == [0.9]
