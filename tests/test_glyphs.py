"""Quotation marks one by one: which characters are marks, and which way they look."""

# ruff: noqa: RUF001
# The marks that look like others are what is tested.

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.articles.glyphs import Family, count_signs, marks_of
from model.articles.marks import marked_strings
from model.articles.spans import Span


def leans(text):
    return [mark.lean for mark in marks_of(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    "text",
    [
        "it's the minister's, we’d say",
        "rock 'n' roll, rock ’n’ roll",
        "6\u20322\u2033 and 40\u00b026\u203246\u2033",
        "6'2 and O'Hara's",
        "<a href=\"page.html\" title='x'>here</a>",
        "chapter one " + '"' * 20 + " chapter two",
    ],
)
def test_what_is_no_mark(text):
    """Apostrophes within words, primes, attributes of left-over markup and ornaments are not quotation marks."""
    assert leans(text) == []


@pytest.mark.parametrize("text", ['"yes"', "“yes”", "'yes'", "«yes»", "''yes''", "``yes''", "「yes」", "„yes”"])
@pytest.mark.parametrize("frame", ["{}", "so {}.", "({})", "one—{}—two", "so: {}, so", "“‹{}›”"])
def test_marks_beside_words_open_and_close(text, frame):
    """Beside space, brackets, dashes, stops and other marks the direction is clear from both sides."""
    around = frame.count("“") + frame.count("‹")
    assert leans(frame.format(text)) == [1] * around + [1, -1] + [-1] * around


@pytest.mark.parametrize("text", ['5" screens', "born in 1985” and", "5'10'' tall"])
def test_mark_behind_a_digit_is_weak(text):
    """It may stand for inches or seconds."""
    assert [mark.weak for mark in marks_of(text, Span(0, len(text)))] == [True]


@pytest.mark.parametrize("text", ["'90s", "’90s", "‘em up", "'tis", "dogs' tails", "goin' home", "ol' man", "6' tall"])
def test_apostrophe_at_the_edge_of_a_word_is_weak(text):
    """Where a letter or figures are left out, and after a plural, a single mark may be an apostrophe."""
    assert [mark.weak for mark in marks_of(text, Span(0, len(text)))] == [True]


def test_three_apostrophes_are_a_double_and_a_single_mark():
    """The double mark is the outer one at both ends."""
    text = "'''No,' she said'' and ''he said 'no'''"
    kinds = [mark.family for mark in marks_of(text, Span(0, len(text)))]
    double, single = Family.DOUBLE, Family.SINGLE
    assert kinds == [double, single, single, double, double, single, single, double]


def test_marks_of_a_paragraph_do_not_see_its_neighbours():
    """What stands before and behind the paragraph is as good as space."""
    assert leans('x"a"x'[1:4]) == [mark.lean for mark in marks_of('x"a"x', Span(1, 4))] == [1, -1]


@given(st.text(alphabet="ab .,\n\"'“”‘’„«»「」\u201f\uff02`´"))
def test_there_are_no_more_strings_than_signs(text):
    """The signs of a text can be counted before it is read, and bound what will be found."""
    assert len(marked_strings(text)) <= count_signs(text)
