"""Lines of text in, answers out: bad lines keep their number, the others are answered in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from rich.text import Text

from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction

_COLOURS = {"conciliatory": "green", "hostile": "red", "neutral": "cyan"}


@dataclass(frozen=True, slots=True)
class Line:
    """A numbered text and its prediction, or what is wrong with it."""

    number: int
    text: str
    answer: Prediction | QuoteError


def read_lines(stream: BinaryIO) -> Iterator[str]:
    """Yield the lines of a stream; what is not UTF-8 becomes a text that no quote accepts."""
    for line in stream:
        yield line.decode(errors="surrogateescape").rstrip("\r\n")


def answer_lines(
    predictor: Predictor, texts: Iterable[str], carrier: str | None, *, one_by_one: bool
) -> Iterator[Line]:
    """Answer texts in order and in bounded memory; one_by_one answers each before the next is read."""
    waiting: deque[tuple[int, str, QuoteError | None]] = deque()

    def quotes() -> Iterator[Quote]:
        for number, text in enumerate(texts, 1):
            try:
                quote = Quote(text, carrier)
            except QuoteError as error:
                waiting.append((number, text, error))
            else:
                waiting.append((number, text, None))
                yield quote

    for answer in map(predictor.predict_one, quotes()) if one_by_one else predictor.stream(quotes()):
        yield from _refused(waiting)
        number, text, _ = waiting.popleft()
        yield Line(number, text, answer)
    yield from _refused(waiting)


def _refused(waiting: deque[tuple[int, str, QuoteError | None]]) -> Iterator[Line]:
    """Take the bad lines off the front."""
    while waiting and (error := waiting[0][2]) is not None:
        number, text, _ = waiting.popleft()
        yield Line(number, text, error)


def cells(text: str, answer: Prediction) -> tuple[Text, str, str, Text]:
    """Return stance, probability, tone and quote as a table shows them; a question mark stands for uncertain."""
    label = Text(answer.label + (" ?" if answer.uncertain else ""), _COLOURS.get(answer.label, "magenta"))
    tone = "" if answer.tone is None else f"{answer.tone:+.2f}"
    # Text, not markup: brackets in a quote are the speaker's.
    return label, f"{max(answer.probabilities.values()):.2f}", tone, Text(text)
