"""Paragraphs: one to a line, or wrapped over several lines."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.articles.paragraphs import paragraphs

LONG = (
    "The two delegations walked into the hall by different doors, sat down at a table that was too long for talking "
    "and looked at their papers until somebody brought the tea. Nobody had prepared a statement. It was the cook "
    "who broke the silence, asking across the hall whether anyone wanted sugar, and both sides said yes."
)


def found(text):
    return [place.of(text) for place in paragraphs(text)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\n\n", "\n \t\n"])
def test_newline_ends_a_paragraph(newline):
    """Every kind of newline does, and space around a paragraph is none of it."""
    assert found(f" {LONG}{newline}  She left.{newline}") == [LONG, "She left."]


@pytest.mark.parametrize("width", [50, 72, 100])
@pytest.mark.parametrize("indent", ["", "    "])
def test_wrapped_lines_are_one_paragraph(width, indent):
    """Lines that a program has wrapped belong together, also where the first one is indented."""
    wrapped = textwrap.fill(LONG, width, initial_indent=indent)
    assert found(f"{wrapped}\n\n{wrapped}\n") == [wrapped.strip()] * 2


@pytest.mark.parametrize(
    "lines",
    [
        ["Roses are red,", "violets are blue,", "talks are on,", "and so are you"],
        ["A headline that is not very long", "By a reporter whose name and office fill much of the line below"],
        ["“We have been waiting at this gate since dawn,” he said.", "“So have we,” said the guard."],
        [LONG, LONG],
    ],
)
def test_short_and_whole_lines_are_paragraphs(lines):
    """A verse, a headline, a line of dialogue and a line longer than any program wraps stay on their own."""
    assert found("\n".join(lines)) == lines


def test_indented_line_begins_a_paragraph():
    """In a wrapped text without blank lines nothing is joined across an indented line."""
    lines = textwrap.wrap(LONG, 72)
    assert found("\n".join([*lines, "  " + lines[0]]))[-1] == lines[0]


@given(st.text(st.sampled_from("ab. “”\n\r\t\u00a0\u2029"), max_size=60))
def test_paragraphs_hold_every_word_once(text):
    """Paragraphs come in order, begin and end with a word, and leave out nothing but space."""
    places = list(paragraphs(text))
    assert all(place.of(text) == place.of(text).strip() != "" for place in places)
    assert "".join("".join(place.of(text).split()) for place in places) == "".join(text.split())
