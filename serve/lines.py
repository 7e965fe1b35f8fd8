"""Lines of text in, answers out: bad lines keep their number, the others are answered in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction


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
