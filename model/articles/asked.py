"""What the stance model is asked about a quote of an article, or about several that are one utterance."""

from collections.abc import Iterator, Sequence

from model.articles.carriers import carrier_of
from model.articles.spans import Span
from model.articles.utterances import Piece, paragraph_of
from model.errors import QuoteError
from model.quote import Quote


def quote_of(text: str, places: Sequence[Span], pieces: Sequence[Piece]) -> Quote | QuoteError:
    """Give the words of the pieces of an utterance with their carrier, or why they can't be read.

    `places` are the paragraphs. Pieces stand one behind the other, with an ellipsis between fragments of one clause.
    The carrier is the paragraph of the first piece without the words of the others, and so looks like that of a quote
    in one piece.
    """
    clauses = list(_clauses(text, places, pieces))
    words = " ".join(" \u2026 ".join(piece.string.span.of(text) for piece in clause) for clause in clauses)
    paragraph = places[paragraph_of(places, pieces[0].string.outer)]
    slot, *others = clauses
    holes = [Span(slot[0].string.span.start, slot[-1].string.span.end)]
    holes += [
        Span(other[0].string.outer.start, other[-1].string.outer.end)
        for other in others
        if other[0].string.outer.start < paragraph.end
    ]
    try:
        return Quote(words, carrier_of(text, paragraph, holes))
    except QuoteError as error:
        return error


def _clauses(text: str, places: Sequence[Span], pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Group what was taken out of one clause: "hostile" and "unacceptable"."""
    clause: list[Piece] = []
    for piece in pieces:
        if clause and not _in_one_clause(text, places, clause[-1], piece):
            yield clause
            clause = []
        clause.append(piece)
    yield clause


def _in_one_clause(text: str, places: Sequence[Span], before: Piece, piece: Piece) -> bool:
    """Whether words of one sentence, but not those that tell of the speaker, stand between two pieces."""
    between = Span(before.string.outer.end, piece.string.outer.start)
    told = (each for each in (before.source, before.cue, piece.source, piece.cue) if each is not None)
    if any(between.start <= each.start < between.end for each in told):
        return False
    if paragraph_of(places, before.string.outer) != paragraph_of(places, piece.string.outer):
        return False
    return any(character.isalnum() for character in between.of(text))
