"""The answer about an article, as it stands in the OpenAPI document and as the command line prints it."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from model.articles.article import FoundQuote, JudgedArticle, Judgement, Mention, Rejected, Utterance
from model.articles.attribution import Pointer
from model.articles.spans import Span
from model.articles.speakers import Person
from model.bundle import Bundle
from model.errors import QuoteError
from serve.schemas import ModelOut, Problem

EXAMPLE = (
    "The harbour strike entered its third week on Monday.\n\n"
    "“We are ready to sit down with the port tomorrow,” said Ana Brandt, who leads the dockers' union. "
    "“We will come without conditions.”\n\n"
    "Port director Miles Okafor called the union “a gang of wreckers”. "
    "A film about the harbour, “The Long Quay”, opens in May.\n"
)
"""An article, written for this."""


class ArticleRequest(BaseModel):
    """An article to read."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"text": EXAMPLE}]})

    text: str = Field(description="Plain text; line breaks part paragraphs.")


class PointerOut(BaseModel):
    """What found the quotes and their speakers: a model, by the SHA-256 of its bundle, or rules, which have none."""

    digest: str | None
    kind: Literal["rules", "model"]


class SpanOut(BaseModel):
    """A place in the text: text[start:end]."""

    start: int
    end: int


class MentionOut(SpanOut):
    """Words of the article, and the probability that they are the right ones."""

    text: str
    confidence: float


class SpeakerOut(BaseModel):
    """A person or an organisation, by the fullest name in the article."""

    name: str
    title: str | None
    confidence: float = Field(description="The probability that this is who speaks.")


class JudgementOut(BaseModel):
    """The stance of a quote, as /v1/stance tells it."""

    label: str
    probabilities: dict[str, float]
    tone: float | None = Field(description="P(conciliatory) - P(hostile), in [-1, 1].")
    uncertain: bool = Field(description="The largest probability is below the bundle's threshold.")
    windows: int = Field(description="In how many pieces it was read; more than 1 for long ones.")


class QuoteOut(SpanOut):
    """A string in quotation marks that is somebody's words, and how they were meant."""

    text: str = Field(description="text[start:end] of the article: the words without their marks.")
    outer: SpanOut = Field(description="The same with the marks.")
    is_quote: float = Field(description="The probability that it is one.")
    speakers: list[SpeakerOut] = Field(description="Nobody where it would be a guess, several for “the pair”.")
    mention: MentionOut | None = Field(description="The words that name the speaker.")
    cue: MentionOut | None = Field(description="The words that tell of the speaking.")
    utterance: int = Field(description="Its place in `utterances`.")
    stance: JudgementOut | None
    error: Problem | None = Field(description="Why there is no stance.")


class UtteranceOut(BaseModel):
    """Quotes that were said in one breath, judged together: “A,” he said. “B.”."""

    quotes: list[int] = Field(description="Their places in `quotes`.")
    speakers: list[SpeakerOut]
    stance: JudgementOut | None
    error: Problem | None = Field(description="Why there is no stance.")


class RejectedOut(SpanOut):
    """A string in quotation marks that is nobody's words here, and why: scare, title, nickname, headline or inner."""

    text: str
    reason: str
    is_quote: float


class ArticleAnswer(BaseModel):
    """What is quoted in an article, each list in the order of the text."""

    model: ModelOut
    pointer: PointerOut
    offsets: Literal["unicode characters"] = Field(
        default="unicode characters", description="What `start` and `end` count: code points, from 0."
    )
    quotes: list[QuoteOut]
    utterances: list[UtteranceOut]
    rejected: list[RejectedOut]


def article_answer(read: JudgedArticle, bundle: Bundle, pointer: Pointer, *, exact: bool) -> ArticleAnswer:
    """Write out what was read with a stance model and a pointer; exact: stances always have the same bits."""
    article = read.article
    return ArticleAnswer(
        model=ModelOut(name=bundle.manifest.name, digest=bundle.digest, deterministic=exact),
        pointer=PointerOut(digest=pointer.digest, kind="rules" if pointer.digest is None else "model"),
        quotes=[_quote(article.text, quote, told) for quote, told in zip(article.quotes, read.quotes, strict=True)],
        utterances=[
            _utterance(article.quotes, utterance, told)
            for utterance, told in zip(article.utterances, read.utterances, strict=True)
        ],
        rejected=[_rejected(article.text, string) for string in article.rejected],
    )


def _quote(text: str, quote: FoundQuote, told: Judgement) -> QuoteOut:
    return QuoteOut(
        **_place(text, quote.span),
        outer=SpanOut(start=quote.outer.start, end=quote.outer.end),
        is_quote=quote.is_quote,
        speakers=_speakers(quote.speakers),
        mention=_mention(text, quote.source),
        cue=_mention(text, quote.cue),
        utterance=quote.utterance,
        stance=_stance(told),
        error=_error(told),
    )


def _utterance(quotes: Sequence[FoundQuote], utterance: Utterance, told: Judgement) -> UtteranceOut:
    """Write out an utterance; its speakers are those of its first piece that has any."""
    speakers = next((quotes[place].speakers for place in utterance.quotes if quotes[place].speakers), ())
    return UtteranceOut(
        quotes=list(utterance.quotes), speakers=_speakers(speakers), stance=_stance(told), error=_error(told)
    )


def _rejected(text: str, string: Rejected) -> RejectedOut:
    return RejectedOut(**_place(text, string.span), reason=string.reason, is_quote=string.is_quote)


def _mention(text: str, mention: Mention | None) -> MentionOut | None:
    return None if mention is None else MentionOut(**_place(text, mention.span), confidence=mention.confidence)


def _place(text: str, span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(text)}


def _speakers(persons: Sequence[Person]) -> list[SpeakerOut]:
    return [SpeakerOut(name=each.name, title=each.title, confidence=each.confidence) for each in persons]


def _stance(told: Judgement) -> JudgementOut | None:
    if isinstance(told, QuoteError):
        return None
    return JudgementOut(
        label=told.label,
        probabilities=dict(told.probabilities),
        tone=told.tone,
        uncertain=told.uncertain,
        windows=told.windows,
    )


def _error(told: Judgement) -> Problem | None:
    if not isinstance(told, QuoteError):
        return None
    return Problem(title="Unprocessable Content", status=422, detail=str(told), code=told.code)
