"""Articles, read from their marks to the stances of their quotes."""

from pathlib import Path

import pytest

from model.articles.attribution import Pointer
from model.articles.pointers import default_pointer
from model.articles.reader import assemble, judged, open_article, read_article
from model.articles.rules import Rules
from model.errors import QuoteError
from model.quote import SLOT, Quote

TEXT = (Path(__file__).parent / "article.txt").read_text()  # written for this

LENK, OSTERHAUS, ROOD = ("Davor Lenk", "energy minister"), ("Mira Osterhaus", None), ("Ansel Rood", "Prime Minister")
FALK, SALOVAR, BRANDEL = ("Hedda Falk", "Interior Minister"), ("Piet Salovar", "engineer"), ("Joost Brandel", None)
SPEAKERS = [
    ("whatever the weather,", [LENK]),
    ("We have asked them to the table four times,", [LENK]),
    ("They sent us a truckload of stones.", [LENK]),
    ("We thank the minister for his invitation, and we will come tomorrow if the cranes stand still,", [OSTERHAUS]),
    ("reckless", [OSTERHAUS]),
    ("an insult to the dead.", [OSTERHAUS]),
    ("share every drop, and every figure.", [ROOD]),
    ("Neighbors who measure together don't quarrel.", [ROOD]),
    ("Karvia has lied to us about the water since spring, and we should close the border until it stops,", [FALK]),
    ("open and useful.", [LENK, ROOD]),
    ("The wall is ninety meters high and will be finished in May,", [SALOVAR]),
    ("I have nothing against a lake,", [BRANDEL]),
    ("but I will not be told about it by a poster.", [BRANDEL]),
]


@pytest.fixture(params=[Rules, default_pointer])
def pointer(request) -> Pointer:
    """What ships, and what answers without it."""
    made: Pointer = request.param()
    return made


def test_an_article_is_read(pointer, predictor):
    """Every quote has its speakers, pieces are linked, and a novel and a soup are nobody's words."""
    read = read_article(TEXT, pointer, predictor)
    article = read.article
    found = [(quote.span.of(TEXT), [(who.name, who.title) for who in quote.speakers]) for quote in article.quotes]
    assert found == SPEAKERS
    assert [utterance.quotes for utterance in article.utterances if len(utterance.quotes) > 1] == [
        (1, 2),
        (4, 5),
        (11, 12),
    ]
    assert [(string.span.of(TEXT), string.reason) for string in article.rejected] == [
        ("The Drowned Orchard,", "title"),
        ("minister's soup", "scare"),
    ]
    assert all(quote.cue is not None and quote.source is not None for quote in article.quotes)


def test_stances_are_the_predictors(predictor):
    """Each quote and each utterance gets the answer for what it asks, to the bit; hostile words are found hostile."""
    read = read_article(TEXT, Rules(), predictor)
    asked = [part.quote for parts in (read.article.quotes, read.article.utterances) for part in parts]
    for quote, told in zip(asked, (*read.quotes, *read.utterances), strict=True):
        assert isinstance(quote, Quote)
        assert told == predictor.predict_one(quote)
    labels = [told.label for told in read.quotes if not isinstance(told, QuoteError)]
    assert (labels[3], labels[5], labels[8]) == ("conciliatory", "hostile", "hostile")


def test_what_the_model_is_asked():
    """Quotes come with their paragraph; a piece of several keeps the others, the utterance does not."""
    article = assembled(TEXT)
    asked = article.quotes[1].quote
    assert isinstance(asked, Quote)
    assert asked.carrier == f'"{SLOT}" Lenk told reporters in the capital. "They sent us a truckload of stones."'
    together = article.utterances[article.quotes[1].utterance].quote
    assert isinstance(together, Quote)
    assert together.text == "We have asked them to the table four times, They sent us a truckload of stones."
    assert together.carrier == f'"{SLOT}" Lenk told reporters in the capital.'
    assert len(article.asked) == len(SPEAKERS) + 3


def test_a_quote_that_cannot_be_read_spoils_no_other(predictor):
    """Its error stands in its place, and in that of the utterance that is nothing else."""
    text = f"“We will wait,” Ilse Brandt said.\n\n“N{'o' + chr(0x301) * 40}, never in my life,” said Harold Voss."
    read = read_article(text, Rules(), predictor)
    first, second = read.quotes
    assert not isinstance(first, QuoteError)
    assert isinstance(second, QuoteError)
    assert second.code == "text_too_many_marks"
    assert read.utterances[1] is second
    assert len(read.article.asked) == 1


def test_no_quotes_no_questions(predictor):
    """An article without quotes is read too, and so is none."""
    for text in ("", "Nobody spoke."):
        read = read_article(text, Rules(), predictor)
        assert (read.article.quotes, read.article.utterances, read.article.rejected) == ((), (), ())
        assert judged(assembled(text), []) == read


def assembled(text):
    """Read an article without asking for stances."""
    opened = open_article(text, Rules())
    return assemble(opened, [step() for step in opened.steps], Rules.threshold)
