"""Links the pieces of one utterance: "A," she said. "B."; it was "hostile" and "unacceptable"; a quote that runs on."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.articles.attribution import Pointed
from model.articles.continuation import continuation
from model.articles.marks import Marked
from model.articles.spans import Span
from model.articles.speakers import Mentioned, Person, resolve


@dataclass(frozen=True, slots=True)
class Piece:
    """A quote as the article gives it: its string, the words that tell of its speaker, and who that is."""

    string: Marked
    source: Span | None
    cue: Span | None
    speakers: tuple[Person, ...]


def pieces_of(text: str, found: Sequence[tuple[Marked, Pointed]]) -> list[Piece]:
    """Name the speakers of an article's quotes, each given as its string and what was pointed at."""
    speakers = resolve(text, [Mentioned(string.outer, answer.source) for string, answer in found])
    return [
        Piece(string, answer.source, answer.cue, persons)
        for (string, answer), persons in zip(found, speakers, strict=True)
    ]


def link(text: str, places: Sequence[Span], pieces: Sequence[Piece]) -> list[tuple[int, ...]]:
    """Give the utterances, in order, each by the numbers of its pieces; `places` are the paragraphs.

    Pieces of one utterance hang on one mention of a speaker and one cue, or go on where no other speaker is told.
    """
    utterances = [[0]] if pieces else []
    for number, (before, piece) in enumerate(pairwise(pieces), start=1):
        if _goes_on(text, places, before, piece):
            utterances[-1].append(number)
        else:
            utterances.append([number])
    return [tuple(utterance) for utterance in utterances]


def _goes_on(text: str, places: Sequence[Span], before: Piece, piece: Piece) -> bool:
    one, two = before.string.outer, piece.string.outer
    if two.start < one.end or paragraph_of(places, two) - paragraph_of(places, one) > 1:
        return False
    if before.speakers and piece.speakers and _names(before) != _names(piece):
        return False
    if piece.source is None:
        return before.string.continues or continuation(text, places, one, before.source, two) > 0
    return _meet(before.source, piece.source) and (piece.cue is None or _meet(before.cue, piece.cue))


def paragraph_of(places: Sequence[Span], place: Span) -> int:
    """Give the number of the paragraph in which something begins."""
    return bisect_right(places, place.start, key=lambda paragraph: paragraph.start) - 1


def _names(piece: Piece) -> set[str]:
    return {person.name for person in piece.speakers}


def _meet(one: Span | None, two: Span | None) -> bool:
    return one is not None and two is not None and one.start < two.end and two.start < one.end
