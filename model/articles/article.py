"""An article as Detente reads it: its quotes, who said them, which belong together, and the strings that are none."""

from dataclasses import dataclass

from model.articles.spans import Span
from model.articles.speakers import Person
from model.errors import QuoteError
from model.quote import Quote
from model.stance import Prediction

Judgement = Prediction | QuoteError
"""The stance of a quote, or why it can't be read."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of the article that name a speaker or tell of the speaking; confidence: the probability that they do."""

    span: Span
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundQuote:
    """One string in quotation marks that is somebody's words.

    span: the words without their marks; outer: with them; article[start:end] gives them back to the character.
    is_quote: the probability that it is one. speakers: nobody where that would be a guess, several for "the pair".
    source and cue: the words that tell of the speaker and of the speaking, if any. utterance: the place among the
    article's utterances. quote: what the stance is asked for, with its carrier.
    """

    span: Span
    outer: Span
    is_quote: float
    speakers: tuple[Person, ...]
    source: Mention | None
    cue: Mention | None
    utterance: int
    quote: Quote | QuoteError


@dataclass(frozen=True, slots=True)
class Utterance:
    """Quotes that were said in one breath: "A," he said. "B."; quotes: their places, in order, one for most.

    quote: what the stance is asked for: the pieces' words together.
    """

    quotes: tuple[int, ...]
    quote: Quote | QuoteError


@dataclass(frozen=True, slots=True)
class Rejected:
    """A string in quotation marks that is nobody's words here.

    reason: "scare", "title", "nickname", "headline", or "inner" for what stands within a quote.
    """

    span: Span
    outer: Span
    is_quote: float
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """A text and what was found in it, each in the order of its places, counted in Unicode characters."""

    text: str
    quotes: tuple[FoundQuote, ...]
    utterances: tuple[Utterance, ...]
    rejected: tuple[Rejected, ...]

    @property
    def asked(self) -> list[Quote]:
        """What the stance is asked for: every quote, then every utterance of several; none that can't be read."""
        several = [utterance.quote for utterance in self.utterances if len(utterance.quotes) > 1]
        return [quote for quote in (*(each.quote for each in self.quotes), *several) if isinstance(quote, Quote)]


@dataclass(frozen=True, slots=True)
class JudgedArticle:
    """An article and its stances: one a quote and one an utterance, in their order."""

    article: Article
    quotes: tuple[Judgement, ...]
    utterances: tuple[Judgement, ...]
