"""What a pointer says about a string in quotation marks: whether it is somebody's words, whose, and by which cue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from model.articles.marks import Marked
from model.articles.spans import Span

LIKELY = 0.7
"""The `is_quote` from which a string is taken for a quote: of the strings that are none, four in five lie below."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """What is known of one string.

    is_quote: the probability that it is somebody's words. source: the mention of the speaker beside it, as long as it
    is written there; None rather than a guess. cue: the words that tell of the speaking. Their confidences are the
    probabilities that they are right if the string is a quote. reason: why it is no quote ("scare", "title",
    "nickname", "headline", "inner"); empty if it likely is one.
    """

    is_quote: float
    source: Span | None
    source_confidence: float
    cue: Span | None
    cue_confidence: float
    reason: str


Step = Callable[[], Pointed]
"""What is left to do for the answer to one string."""


class Pointer(Protocol):
    """Something that points at the speakers of an article's strings.

    threshold: the `is_quote` from which it takes a string for a quote. digest: of the bundle that it comes from; None
    where there is none.
    """

    @property
    def threshold(self) -> float: ...  # noqa: D102

    @property
    def digest(self) -> str | None: ...  # noqa: D102

    def steps(self, text: str, strings: Sequence[Marked]) -> list[Step]:
        """Give the step to the answer for each string, in order; steps may run in any order, on any thread."""
        ...


def point(pointer: Pointer, text: str, strings: Sequence[Marked]) -> list[Pointed]:
    """Give one answer a string, in order, from the calling thread."""
    return [step() for step in pointer.steps(text, strings)]
