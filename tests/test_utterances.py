"""Quotes that are pieces of one utterance, and what the stance is asked for."""

from dataclasses import replace

import pytest

from model.articles.asked import quote_of
from model.articles.attribution import point
from model.articles.marks import marked_strings
from model.articles.paragraphs import paragraphs
from model.articles.rules import Rules
from model.articles.spans import Span
from model.articles.speakers import Person
from model.articles.utterances import Piece, link, pieces_of
from model.errors import QuoteError
from model.quote import SLOT, Quote


def pieces(text):
    """Take every string for a quote, and let the rules point at the speakers."""
    strings = marked_strings(text)
    return pieces_of(text, list(zip(strings, point(Rules(), text, strings), strict=True)))


def linked(text):
    return link(text, tuple(paragraphs(text)), pieces(text))


def asked(text):
    """Ask for all quotes of a text as one utterance."""
    return quote_of(text, tuple(paragraphs(text)), pieces(text))


@pytest.mark.parametrize(
    "text",
    [
        "“We will wait,” Ilse Brandt said. “We always do.”",
        "“We will,” said Ilse Brandt, “wait for them.”",
        "Ilse Brandt called the plan “hostile” and “unacceptable.”",
        "“We will wait,” Ilse Brandt said. “We always do.\n\n“And nobody minds.”",
        "Ilse Brandt said: “We will wait.” “We always do.”",
        "“We will wait,” Ilse Brandt said on Monday.\n\n“We always do, and we did so the last time.”",
    ],
)
def test_one_breath(text):
    """Pieces around the words that tell of the speaker, fragments of a clause, and what runs on are linked."""
    [utterance] = linked(text)
    assert utterance == tuple(range(len(pieces(text))))


@pytest.mark.parametrize(
    "text",
    [
        "“We will wait,” Ilse Brandt said. “We always do,” she added.",
        "“We will wait,” Ilse Brandt said. “We won't,” said Harold Voss.",
        "“We will wait,” Ilse Brandt said.\n\nHarold Voss called that “brave.”",
        "“We will wait,” Ilse Brandt said.\n\nIt rained.\n\nNobody said “no.”",
        "Ilse Brandt spoke of a “truce.” Then the rain began to fall on the quay, and a “storm” came up.",
    ],
)
def test_two_breaths(text):
    """What is told anew, by another, or stands in other paragraphs stays apart, though the same person speaks on."""
    assert linked(text) == [(0,), (1,)]


def test_nothing_is_linked_with_itself():
    """No quotes, no utterances; strings within a quote don't go on with it."""
    assert linked("Nobody spoke.") == []
    assert linked("“They said 'no' to us,” Ilse Brandt said.") == [(0,), (1,)]


def test_two_people_are_two_utterances():
    """Pieces that hang on one mention but were resolved to different people are not one utterance."""
    text = "“A b,” she said. “C d.”"
    one, two = (
        Piece(string, Span(7, 10), Span(11, 15), (Person(name, None, 0.9),))
        for string, name in zip(marked_strings(text), ("Ilse Brandt", "Ada Quill"), strict=True)
    )
    assert link(text, tuple(paragraphs(text)), [one, two]) == [(0,), (1,)]
    assert link(text, tuple(paragraphs(text)), [one, replace(two, speakers=())]) == [(0, 1)]


def test_pieces_are_read_one_behind_the_other():
    """The words stand together, with the carrier of the first piece; the words of the other don't stand in it."""
    quote = asked("In May it rained. “We will wait,” Ilse Brandt said. “We always do.” She left.")
    assert quote.text == "We will wait, We always do."
    assert quote.carrier == f"In May it rained. “{SLOT}” Ilse Brandt said. She left."


def test_fragments_have_an_ellipsis_between_them():
    """Where the article's own words join the fragments of a clause, those are left out of text and carrier."""
    quote = asked("Ilse Brandt called the plan “hostile” and wholly “unacceptable.”")
    assert quote.text == "hostile … unacceptable."
    assert quote.carrier == f"Ilse Brandt called the plan “{SLOT}”"


def test_what_runs_on_has_the_first_paragraph_for_its_carrier():
    """The words of later paragraphs are asked for, what stands around them is not."""
    quote = asked("“We will wait,” Ilse Brandt said. “We always do.\n\n“And nobody minds.” She left.")
    assert quote.text == "We will wait, We always do. And nobody minds."
    assert quote.carrier == f"“{SLOT}” Ilse Brandt said."


def test_one_piece_is_asked_as_in_training():
    """A quote alone keeps its paragraph, other quotes in it included."""
    text = "“We will wait,” Ilse Brandt said. “We always do.”"
    quote = quote_of(text, tuple(paragraphs(text)), pieces(text)[1:])
    assert isinstance(quote, Quote)
    assert (quote.text, quote.carrier) == ("We always do.", f"“We will wait,” Ilse Brandt said. “{SLOT}”")


@pytest.mark.parametrize(("words", "code"), [("\u200b", "text_empty"), ("a" + "\u0301" * 40, "text_too_many_marks")])
def test_what_cannot_be_read_is_a_value(words, code):
    """A quote that the model can't read gives its error back instead of raising it."""
    text = f"She said: “{words}”"
    error = quote_of(text, tuple(paragraphs(text)), pieces(text))
    assert isinstance(error, QuoteError)
    assert error.code == code
