"""Reads an article from its marks to the stances of its quotes, in steps that can be shared out."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.articles.article import Article, FoundQuote, JudgedArticle, Judgement, Mention, Rejected, Utterance
from model.articles.asked import quote_of
from model.articles.attribution import Pointed, Pointer, Step
from model.articles.marks import Marked, marked_strings
from model.articles.paragraphs import paragraphs
from model.articles.spans import Span
from model.articles.utterances import Piece, link, pieces_of
from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction


@dataclass(frozen=True, slots=True)
class Opened:
    """An article whose strings are known, with the step to the answer for each."""

    text: str
    strings: Sequence[Marked]
    steps: Sequence[Step]


def read_article(text: str, pointer: Pointer, predictor: Predictor) -> JudgedArticle:
    """Find the quotes of an article, their speakers and their stances, on the threads of the predictor."""
    opened = open_article(text, pointer)
    article = assemble(opened, predictor.share(opened.steps), pointer.threshold)
    return judged(article, predictor.predict(article.asked))


def open_article(text: str, pointer: Pointer) -> Opened:
    """Find the strings in quotation marks and prepare what is to be asked about each."""
    strings = marked_strings(text)
    return Opened(text, strings, pointer.steps(text, strings))


def assemble(opened: Opened, pointed: Sequence[Pointed], threshold: float) -> Article:
    """Make the article of what was pointed at, one answer a string: name the speakers, link the pieces."""
    text = opened.text
    both = list(zip(opened.strings, pointed, strict=True))
    taken = [(string, answer) for string, answer in both if answer.is_quote >= threshold]
    pieces = pieces_of(text, taken)
    places = tuple(paragraphs(text))
    alone = [quote_of(text, places, [piece]) for piece in pieces]
    utterances = tuple(
        Utterance(
            members,
            alone[members[0]] if len(members) == 1 else quote_of(text, places, [pieces[member] for member in members]),
        )
        for members in link(text, places, pieces)
    )
    number = [number for number, utterance in enumerate(utterances) for _ in utterance.quotes]
    quotes = tuple(
        _found(answer, piece, utterance, quote)
        for (_, answer), piece, utterance, quote in zip(taken, pieces, number, alone, strict=True)
    )
    rejected = tuple(
        Rejected(string.span, string.outer, answer.is_quote, answer.reason)
        for string, answer in both
        if answer.is_quote < threshold
    )
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


def _found(answer: Pointed, piece: Piece, utterance: int, quote: Quote | QuoteError) -> FoundQuote:
    return FoundQuote(
        span=piece.string.span,
        outer=piece.string.outer,
        is_quote=answer.is_quote,
        speakers=piece.speakers,
        source=_mention(answer.source, answer.source_confidence),
        cue=_mention(answer.cue, answer.cue_confidence),
        utterance=utterance,
        quote=quote,
    )


def _mention(span: Span | None, confidence: float) -> Mention | None:
    return None if span is None else Mention(span, confidence)
