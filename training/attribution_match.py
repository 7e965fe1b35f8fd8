"""Compares what a pointer says of one article with what people marked in it by hand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from model.articles.attribution import Pointed
from model.articles.looks import is_single
from model.articles.marks import Marked
from model.articles.spans import Span
from model.articles.speakers import Person
from training.attribution_data import Article, GoldQuote

_TWEET = re.compile(r"<tweet\b.*?(?:</tweet>|<tweet/>|\Z)", re.DOTALL)
_LONGER = 60  # characters by which a mention may be longer than the one marked by hand
_WORD = re.compile(r"[^\W_][\w'\u2019-]*")
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one quote.

    likely: its is_quote, or -1 if no string was found there. speaker: the mention is right; mention: it is the same to
    the character; cue: it overlaps; cue_exact: it is the same. named: a name was marked by hand; person: it was found.
    """

    likely: float
    speaker: bool
    mention: bool
    cue: bool
    cue_exact: bool
    named: bool
    person: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """An article's quotes, the is_quote of its non-quotes (-1: not found) and that of strings that match nothing."""

    quotes: Sequence[Answer]
    non_quotes: Sequence[float]
    others: Sequence[float]


def judge(
    article: Article, strings: Sequence[Marked], pointed: Sequence[Pointed], persons: Sequence[Sequence[Person]]
) -> Judged:
    """Compare; pointed and persons have one entry a string, persons an empty one where nobody was resolved."""
    at = {string.span: number for number, string in enumerate(strings)}
    answers = []
    for quote in article.quotes:
        number = at.get(quote.span)
        answers.append(
            _missed(quote) if number is None else _answer(article.text, quote, pointed[number], persons[number])
        )
    non_quotes = [pointed[at[place.span]].is_quote if place.span in at else -1 for place in article.non_quotes]
    known = {place.span for place in (*article.quotes, *article.non_quotes)}
    others = [
        answer.is_quote
        for string, answer in zip(strings, pointed, strict=True)
        if string.span not in known and not _is_unjudged(article, string)
    ]
    return Judged(answers, non_quotes, others)


def _missed(quote: GoldQuote) -> Answer:
    named = quote.speaker_name is not None
    return Answer(-1, speaker=False, mention=False, cue=False, cue_exact=False, named=named, person=False)


def _answer(text: str, quote: GoldQuote, pointed: Pointed, persons: Sequence[Person]) -> Answer:
    return Answer(
        likely=pointed.is_quote,
        speaker=is_speaker(text, quote, pointed.source),
        mention=pointed.source == quote.speaker,
        cue=overlap(pointed.cue, quote.cue_span),
        cue_exact=pointed.cue == quote.cue_span,
        named=quote.speaker_name is not None,
        person=quote.speaker_name is not None and is_person(quote.speaker_name, persons),
    )


def is_speaker(text: str, quote: GoldQuote, source: Span | None) -> bool:
    """Whether a mention is the right one, wherever it stands; None is right for none.

    It ends (before a comma or bracket) in the head of the one marked by hand: the last name, pronoun or head noun.
    Or it overlaps that one and holds the head, without being much longer.
    """
    if source is None or quote.speaker is None:
        return source is quote.speaker
    head = (quote.speaker_head or "").casefold()
    mention = source.of(text)
    begin = _WORD.findall(re.split("[,(]", mention, maxsplit=1)[0])
    if begin and _bare(begin[-1].casefold()) == _bare(head):
        return True
    longer = len(mention) - (quote.speaker.end - quote.speaker.start)
    words = {_bare(word.casefold()) for word in _WORD.findall(mention)}
    return overlap(source, quote.speaker) and longer <= _LONGER and _bare(head) in words


def is_person(name: str, persons: Sequence[Person]) -> bool:
    """Whether exactly the person of that last name was resolved."""
    return len(persons) == 1 and _last_name(persons[0].name) == _last_name(name)


def _last_name(name: str) -> str:
    words = [_bare(word.casefold().strip(".")) for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return words[-1] if words else ""


def _bare(word: str) -> str:
    """Give a word without the possessive ending."""
    return re.sub(r"['\u2019]s?\Z", "", word)


def overlap(found: Span | None, marked: Span | None) -> bool:
    """Whether two spans share a character; nothing goes with nothing."""
    if found is None or marked is None:
        return found is marked
    return found.start < marked.end and marked.start < found.end


def _is_unjudged(article: Article, string: Marked) -> bool:
    """Whether nobody judged a string: it is in single marks, in a tweet's markup, or touches an ignored one."""
    if is_single(article.text, string):
        return True
    if any(overlap(string.span, place.span) for place in article.ignored):
        return True
    return any(overlap(string.span, Span(*tweet.span())) for tweet in _TWEET.finditer(article.text))
