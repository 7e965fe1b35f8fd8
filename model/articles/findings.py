"""What a rule finds out about a string, and where the string stands when the rules look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from model.articles.doers import Subjects
from model.articles.grammar import Tokens
from model.articles.phrases import Phrase
from model.articles.spans import Span


class Rule(Enum):
    """By what the source was found; certainty.py knows how often each is right."""

    AFTER = "after"  # "…," Jane Roe said
    INVERTED = "inverted"  # "…," said Jane Roe
    AFTER_LOOSE = "after, loose"  # "…," Jane Roe nodded
    TAIL = "tail"  # … "…" of the bill, Jane Roe said.
    ACCORDING = "according"  # "…," according to Jane Roe
    SAY_NEAR = "say, near"  # Jane Roe said that "…"
    SAY = "say"  # Jane Roe said that the bill would be … "…"
    SAYING = "saying"  # Jane Roe left, saying "…"
    CALL = "call"  # Jane Roe called it "…"
    CALLING = "calling"  # Jane Roe left, calling it "…"
    DEEM = "deem"  # Jane Roe wants a "…"
    BY = "by"  # it was called "…" by Jane Roe
    ASKED = "asked"  # she was asked: "…"
    NOUN = "noun"  # Jane Roe's claim that "…"
    TRANSCRIPT = "transcript"  # Jane Roe: "…"
    COLON = "colon"  # Jane Roe had one answer: "…"
    GOES_ON = "goes on"  # "…," Jane Roe said. "…"
    GOES_ON_BELOW = "goes on below"  # the same in the next paragraph
    CONTINUES = "continues"  # the same where the first string was left open
    SENTENCE_SAYS = "sentence says"  # Jane Roe said so. "…"
    ABOVE_SAYS = "above says"  # the same in the next paragraph, behind a colon
    ABOVE = "above"  # Jane Roe was blunt: "…" in the next paragraph
    SIGNED = "signed"  # "…", and below it: - Jane Roe
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule and what it found."""

    rule: Rule
    source: Span | None = None
    cue: Span | None = None


NOTHING = Finding(Rule.NONE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a string stands: at paragraph[sentence][at].

    opens: nothing but signs and "But" stands before it in its sentence. lead: where the signs and the "that" before it
    begin. subjects: those of its sentence.
    """

    paragraph: Sequence[Tokens]
    sentence: int
    at: int
    opens: bool
    lead: int
    subjects: Subjects

    @property
    def tokens(self) -> Tokens:
        """The sentence."""
        return self.paragraph[self.sentence]


def covered(tokens: Tokens, phrase: Phrase | None) -> Span | None:
    """Give the span of some tokens."""
    return None if phrase is None else Span(tokens[phrase.start].start, tokens[phrase.end - 1].end)
