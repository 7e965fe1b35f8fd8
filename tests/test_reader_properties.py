"""What holds for every article, whatever marks it has."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from model.articles.attribution import Pointed
from model.articles.marks import marked_strings
from model.articles.reader import Opened, assemble, judged, open_article
from model.articles.rules import Rules
from model.errors import QuoteError
from model.quote import Quote
from model.stance import Prediction

MARKS = [*"“”„«»\"'‘’", "''", "``"]  # noqa: RUF001 - the marks are what is tested
WORDS = [
    "Ilse Brandt", "Voss", "she", "said", "called it", "We will wait,", "no", "hostile", "and", ".", ",", "!", "\n",
    "\n\n", " ", "\u00a0", "\u200b", "[Q]", "e\u0301", "\U0001f600", "日本", "\r\n", "\x1b[31m", "o" + "\u0301" * 40,
]  # fmt: skip
NEWSLIKE = st.lists(st.sampled_from(MARKS + WORDS), max_size=60).map(" ".join)
RUN_TOGETHER = st.lists(st.sampled_from(MARKS + WORDS), max_size=60).map("".join)
TEXTS = NEWSLIKE | RUN_TOGETHER | st.text(max_size=100)
ANY = settings(max_examples=300, deadline=None)
SOME = Prediction("neutral", {"neutral": 1.0}, uncertain=False, windows=1)


@ANY
@given(TEXTS)
def test_any_article_is_read_by_rules(text):
    """No text breaks it, and no string and no character is lost."""
    opened = open_article(text, Rules())
    check(opened, assemble(opened, [step() for step in opened.steps], Rules.threshold))


@ANY
@given(TEXTS, st.randoms(use_true_random=False))
def test_any_article_is_read_whatever_is_pointed_at(text, rng):
    """Nor does it matter what a pointer makes of the strings."""
    opened = open_article(text, Rules())
    places = [string.outer for string in opened.strings]
    pointed = []
    for _ in opened.strings:
        source, cue = (rng.choice([None, *places]) for _ in range(2))
        pointed.append(Pointed(rng.random(), source, 0.5, cue, 0.5, "scare"))
    check(opened, assemble(opened, pointed, 0.5))


def check(opened: Opened, article):
    """Hold an article to what is promised of all of them."""
    text = article.text
    assert text == opened.text
    assert opened.strings == marked_strings(text)
    found = [string.outer for string in (*article.quotes, *article.rejected)]
    assert sorted(found) == sorted(string.outer for string in opened.strings)
    outermost = [string.outer for string in opened.strings if string.depth == 0]
    assert all(one.end <= two.start for one, two in pairwise(outermost))
    for string in (*article.quotes, *article.rejected):
        assert string.span.of(text)
        assert string.span.of(text) == string.span.of(text).strip()
        assert string.span.of(text) in string.outer.of(text)
    for quote in article.quotes:
        assert isinstance(quote.quote, QuoteError) or quote.quote.text == quote.span.of(text)
    members = [place for utterance in article.utterances for place in utterance.quotes]
    assert members == list(range(len(article.quotes)))
    assert [quote.utterance for quote in article.quotes] == [
        number for number, utterance in enumerate(article.utterances) for _ in utterance.quotes
    ]
    read = judged(article, [SOME] * len(article.asked))
    for part, told in [
        *zip(article.quotes, read.quotes, strict=True),
        *zip(article.utterances, read.utterances, strict=True),
    ]:
        assert told is SOME if isinstance(part.quote, Quote) else told is part.quote
