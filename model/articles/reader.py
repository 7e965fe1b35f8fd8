"""Reads an article from its marks to its quotes, in steps that can be shared out."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.articles.article import Article, FoundQuote, JudgedArticle, Judgement, Mention, Rejected, Utterance
from model.articles.attribution import Pointed, Pointer, Step
from model.articles.marks import Marked, marked_strings
from model.articles.spans import Span
from model.articles.speakers import Mentioned, resolve
from model.errors import QuoteError
from model.quote import SLOT, Quote
from model.stance import Prediction


@dataclass(frozen=True, slots=True)
class Opened:
    """An article whose strings are known, with the step to the answer for each."""

    text: str
    strings: Sequence[Marked]
    steps: Sequence[Step]


def open_article(text: str, pointer: Pointer) -> Opened:
    """Find the strings in quotation marks and prepare what is to be asked about each."""
    strings = marked_strings(text)
    return Opened(text, strings, pointer.steps(text, strings))


def assemble(opened: Opened, pointed: Sequence[Pointed], threshold: float) -> Article:
    """Make the article of what was pointed at, one answer a string: name the speakers, link the pieces."""
    text = opened.text
    both = list(zip(opened.strings, pointed, strict=True))
    taken = [(string, answer) for string, answer in both if answer.is_quote >= threshold]
    speakers = resolve(text, [Mentioned(string.outer, answer.source) for string, answer in taken])
    quotes = tuple(
        FoundQuote(
            span=string.span,
            outer=string.outer,
            is_quote=answer.is_quote,
            speakers=persons,
            source=_mention(answer.source, answer.source_confidence),
            cue=_mention(answer.cue, answer.cue_confidence),
            utterance=place,
            quote=_quote(text, string),
        )
        for place, ((string, answer), persons) in enumerate(zip(taken, speakers, strict=True))
    )
    rejected = tuple(
        Rejected(string.span, string.outer, answer.is_quote, answer.reason)
        for string, answer in both
        if answer.is_quote < threshold
    )
    utterances = tuple(Utterance((place,), quote.quote) for place, quote in enumerate(quotes))
    return Article(text, quotes, utterances, rejected)


def judged(article: Article, predictions: Sequence[Prediction]) -> JudgedArticle:
    """Put the predictions for `article.asked`, in its order, in their places."""
    answers = iter(predictions)
    quotes = tuple(each.quote if isinstance(each.quote, QuoteError) else next(answers) for each in article.quotes)
    utterances: list[Judgement] = []
    for utterance in article.utterances:
        several = len(utterance.quotes) > 1
        if several and isinstance(utterance.quote, Quote):
            utterances.append(next(answers))
        else:
            utterances.append(
                utterance.quote if isinstance(utterance.quote, QuoteError) else quotes[utterance.quotes[0]]
            )
    return JudgedArticle(article, quotes, tuple(utterances))


def _mention(span: Span | None, confidence: float) -> Mention | None:
    return None if span is None else Mention(span, confidence)


def _quote(text: str, string: Marked) -> Quote | QuoteError:
    try:
        return Quote(string.span.of(text), f"{text[: string.outer.start][-200:]}{SLOT}{text[string.outer.end :][:200]}")
    except QuoteError as error:
        return error
