"""Quotes: what is accepted, and how they look to the model."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import QuoteError
from model.quote import MAX_CHARACTERS, Quote, render


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        (" \t\n\u00a0\u200b", "text_empty"),
        ("a" * (MAX_CHARACTERS + 1), "text_too_long"),
        ("“”", "text_empty"),
        ('"," ', "text_empty"),
        ("broken \ud800 surrogate", "text_not_unicode"),
    ],
)
def test_unreadable_quotes_are_refused(text, code):
    """Each kind of unreadable text has its own stable code."""
    with pytest.raises(QuoteError) as caught:
        Quote(text)
    assert caught.value.code == code


def test_longest_quote_is_accepted():
    """The limit itself is still read."""
    assert Quote("a" * MAX_CHARACTERS).text


def test_carrier_must_hold_the_quote():
    """A carrier without [Q] and without the quote is an error that says what to do."""
    with pytest.raises(QuoteError, match=r"put \[Q\] where the quote stands") as caught:
        Quote("No deal", "The minister left.")
    assert caught.value.code == "carrier_without_quote"


def test_carrier_with_the_quote_reads_like_one_with_the_slot():
    """A carrier may hold the quote itself; the model sees the same."""
    whole = render(Quote("No deal", "“No deal”, the minister said."))
    slotted = render(Quote("No deal", "“[Q]”, the minister said."))
    assert whole == slotted


@pytest.mark.parametrize(
    "variant",
    [
        "“It's over”",
        '"It\u2019s over"',
        "  It's\u00a0over ",
        "It's over,",
        "''It's over,''",
        "\u201eIt's over\u201c",
        "It\u00b4s over",
    ],
)
def test_typography_is_no_stance(variant):
    """Marks, spaces and the comma before a closing mark do not change what the model reads."""
    assert render(Quote(variant)).text == "It's over"


def test_inner_marks_stay():
    """Only a pair around the whole quote is taken off."""
    assert render(Quote('"Yes" and "no"')).text == '"Yes" and "no"'


@given(st.text(max_size=200), st.one_of(st.none(), st.text(max_size=60)))
def test_rendering_never_fails(text, around):
    """Whatever a quote accepts can be rendered, to text that is not empty and renders to itself."""
    carrier = None if around is None else f"{around}[Q]{around}"
    try:
        quote = Quote(text, carrier)
    except QuoteError:
        return
    rendering = render(quote)
    assert rendering.text
    assert (rendering.carrier is None) == (carrier is None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\ufdfa" * 100_000, "text_too_long"),  # eighteen characters each
        ("a" * 99_999 + "\ufb03", "text_too_long"),
        ("a" + "\u0301" * 50_000 + "\u0316" * 49_999, "text_too_many_marks"),
        ("a" + "\u0316\u0301" * 49_999, "text_too_many_marks"),
        ("\u0f40" + "\u0f73" * 49_999, "text_too_many_marks"),  # no mark by its class, two by what it stands for
        ("a" + "\u0301" * 31, "text_too_many_marks"),
    ],
    ids=lambda value: value[:3].encode("unicode_escape").decode(),
)
def test_what_takes_long_to_normalise_is_refused(text, code):
    """A text that would keep a server for minutes is refused in a moment: NFKC is not begun."""
    started = time.process_time()
    with pytest.raises(QuoteError) as refused:
        Quote(text)
    assert refused.value.code == code
    assert time.process_time() - started < 5  # else ten and more


@pytest.mark.parametrize("text", ["a" + "\u0301" * 30, "e\u0301" * 40_000, "\ud55c" * 100_000, "\ufdfa" * 5000])
def test_marks_and_ligatures_are_read(text):
    """As many as a script may have, in texts of any length that is read."""
    assert render(Quote(text)).text
