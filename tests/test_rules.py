"""Tests of the rules that point at speakers and cues."""

# ruff: noqa: RUF001
# The marks that look like others are what is read.

import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.articles.attribution import LIKELY, point
from model.articles.findings import Rule
from model.articles.marks import marked_strings
from model.articles.rules import Rules, find


def pointed(text):
    """Give source and cue of each string as words."""
    strings = marked_strings(text)
    return [
        (answer.source and answer.source.of(text), answer.cue and answer.cue.of(text))
        for answer in point(Rules(), text, strings)
    ]


@pytest.mark.parametrize(
    ("text", "source", "cue"),
    [
        ('"We will vote on it tomorrow," Ada Quill said.', "Ada Quill", "said"),
        (
            '"We will vote on it tomorrow," said Ada Quill, the mayor of Port Ash.',
            "Ada Quill, the mayor of Port Ash",
            "said",
        ),
        ('"Will they vote?" she asked on Monday.', "she", "asked"),
        (
            '"It is over," Ada Quill, the mayor of Port Ash, told reporters.',
            "Ada Quill, the mayor of Port Ash,",
            "told",
        ),
        ('"It is over," Sen. Ada Quill (R-N.A.) has said.', "Sen. Ada Quill (R-N.A.)", "has said"),
        ('"It is over," according to a spokesman for the port.', "a spokesman for the port", "according to"),
        ('Ada Quill said that "the port is lost" to the sea.', "Ada Quill", "said"),
        ('Ada Quill told the crowd in Port Ash: "We stay."', "Ada Quill", "told"),
        ('The mayor, who had waited for hours, wrote, "We stay."', "The mayor, who had waited for hours,", "wrote"),
        ('Quill went on to call the plan "a bad joke" in public.', "Quill", "went on to call"),
        ('Quill left the hall, calling the plan "a bad joke" in public.', "Quill", "calling"),
        ('The union released a statement saying "no deal is near" at all.', "The union", "saying"),
        ('The plan was called "a bad joke" by Ada Quill.', "Ada Quill", "was called"),
        ('The port is "lost to the sea," the mayor said.', "the mayor", "said"),
        ('The port is "lost" to the sea forever, the mayor said.', "the mayor", "said"),
        ('Nobody liked her claim that "the port is lost" to the sea.', "her", "claim"),
        ('ADA QUILL: "The port is lost to the sea."', "ADA QUILL", ":"),
        ('According to the mayor, the port is "lost to the sea" now.', "the mayor", "According to"),
        ('"Stay," said the harbour master.', "the harbour master", "said"),
        ("“Stay where you are,” the harbour master said.", "the harbour master", "said"),
    ],
)
def test_one_sentence(text, source, cue):
    """Source and cue are found behind the string, before it and around it, as long as they are written."""
    assert pointed(text) == [(source, cue)]


def test_a_split_utterance_has_one_speaker():
    """What stands on both sides of the tag is said by the same person."""
    assert pointed('"We stay," the mayor said, "and we fight."') == [("the mayor", "said")] * 2


def test_strings_of_one_sentence_share_their_cue():
    """Several pieces of one reported sentence hang on its one verb."""
    assert pointed('Ada Quill said the plan was "a bad joke" and "a waste of good money" alike.') == [
        ("Ada Quill", "said"),
        ("Ada Quill", "said"),
    ]


def test_a_quote_goes_on():
    """A sentence in marks behind a quote with a tag is by the same speaker."""
    assert pointed('"We stay," said Ada Quill. "We will not leave the port to the sea."') == [("Ada Quill", "said")] * 2


def test_a_new_tag_ends_the_going_on():
    """The second speaker of a paragraph gets what is hers."""
    assert pointed('"We stay," said Ada Quill. "We go," said Bo Tam.') == [("Ada Quill", "said"), ("Bo Tam", "said")]


def test_a_quote_goes_on_in_the_next_paragraph():
    """A paragraph of nothing but a quote is by the speaker of the last one."""
    assert pointed('"We stay," said Ada Quill.\n\n"We will not leave the port to the sea."')[1] == ("Ada Quill", "said")


def test_a_quote_over_paragraphs_has_one_speaker():
    """Pieces that run on, each with a new mark, share the speaker who is named after the last."""
    text = "“The sea has come up to the church.\n\n“We stay in any case, and we fight,” Ada Quill said."
    assert pointed(text) == [("Ada Quill", "said")] * 2


def test_a_paragraph_introduces_the_next():
    """A line that ends in a colon has the speaker of the quote below it."""
    assert pointed('Ada Quill told the crowd:\n\n"We will not leave the port to the sea."') == [("Ada Quill", "told")]


def test_a_signature_stands_below():
    """A dash and a name under a quote that stands alone name its speaker."""
    assert pointed('"We will not leave the port to the sea."\n\n- Ada Quill.') == [("Ada Quill", "-")]


@pytest.mark.parametrize(
    "text",
    [
        'The "old town" lies on the hill.',
        '"We will not leave the port to the sea."',
        'The walls are high. "We will not leave the port."',
    ],
)
def test_nothing_rather_than_a_guess(text):
    """Where no rule fits there is neither source nor cue, and no confidence in them."""
    (answer,) = point(Rules(), text, marked_strings(text))
    assert (answer.source, answer.cue) == (None, None)
    assert (answer.source_confidence, answer.cue_confidence) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('The "old town" lies on the hill.', "scare"),
        ('He took the "easy" way home.', "scare"),
        ('She is a host of "Morning Harbour" in Port Ash.', "title"),
        ('She spoke on Harbour Radio\'s "Early Tide" about the port.', "title"),
        ('It was Ada "Sunny" Quill who won.', "nickname"),
        ("Quill: ‘We stay in the port’\n\n“We stay,” said Ada Quill.", "headline"),
    ],
)
def test_what_is_no_quote_says_why(text, reason):
    """Scare quotes, titles, nicknames and headlines are told from somebody's words."""
    answer = point(Rules(), text, marked_strings(text))[0]
    assert answer.is_quote < LIKELY
    assert answer.reason == reason


def test_what_is_a_quote_has_no_reason():
    """A quote is likely one, and nothing is said against it."""
    text = '"We will vote on it tomorrow," Ada Quill said.'
    (answer,) = point(Rules(), text, marked_strings(text))
    assert answer.is_quote >= LIKELY
    assert answer.reason == ""


def test_strings_within_strings():
    """What a speaker cites is part of what she says, not a quote of its own."""
    text = "“He told me ‘we go’ and left,” Ada Quill said."
    outer, inner = point(Rules(), text, marked_strings(text))
    assert outer.source is not None
    assert outer.source.of(text) == "Ada Quill"
    assert (inner.is_quote < LIKELY, inner.source, inner.reason) == (True, None, "inner")


def test_one_style_of_single_marks_is_no_headline():
    """An article with single marks throughout has quotes in them."""
    text = "‘We will vote on it tomorrow,’ Ada Quill said."
    (answer,) = point(Rules(), text, marked_strings(text))
    assert answer.is_quote >= LIKELY


def test_rules_are_told():
    """Each finding says by which rule it was made."""
    text = '"We stay," said Ada Quill. "We fight."'
    assert [finding.rule for finding in find(text, marked_strings(text))] == [Rule.INVERTED, Rule.GOES_ON]


WORDS = [
    "said",
    "and",
    "to",
    "he",
    "Ada",
    "Quill",
    "of",
    "the",
    ",",
    ".",
    ":",
    "?",
    '"',
    "“",
    "”",
    "'",
    "(",
    ")",
    "-",
    "\n",
]
WORDS += [
    "who",
    "that",
    "called",
    "saying",
    "was",
    "by",
    "her",
    "claim",
    "according",
    "-",
    "\n\n",
    "’s",
    "but",
    "«",
    "…",
    "",
]


@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text())
def test_any_text(text):
    """Whatever the text: one answer a string, spans inside the text, probabilities that are some."""
    strings = marked_strings(text)
    answers = point(Rules(), text, strings)
    assert len(answers) == len(strings)
    for answer in answers:
        assert min(answer.is_quote, answer.source_confidence, answer.cue_confidence) >= 0
        assert max(answer.is_quote, answer.source_confidence, answer.cue_confidence) <= 1
        for span in (answer.source, answer.cue):
            assert span is None or 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize(
    "pattern", ['and said "x" ', 'to to said "q" ', '"x" ', "and said ", 'a "b" said by the of a and ']
)
def test_work_grows_with_the_text_only(pattern):
    """However long and twisted a sentence is, the rules call no more functions for each of its words."""

    def calls(times):
        text = pattern * times
        strings = marked_strings(text)
        counted: Counter[str] = Counter()
        sys.setprofile(lambda _frame, event, _argument: counted.update([event]))
        try:
            find(text, strings)
        finally:
            sys.setprofile(None)
        return counted["call"]

    assert calls(1200) < 5 * calls(300)
