"""Unlabelled text for a teacher to judge: sentences and clauses of the user's own copies of the real corpora."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.errors import QuoteError
from model.quote import LabelledQuote, Quote, render
from training.corpora import NEWSMTSC, POLNEAR, UNSCON, Copies
from training.dataset import Warnings
from training.readers import read_rows
from training.splits import near_duplicates
from training.standoff import RealLabel, group_of

_SENTENCE = re.compile(r"(?<=[.!?])[\"'\u201d\u2019)]*\s+(?=[\"'\u201c\u2018(]*[A-Z])|\n+")
_CLAUSE = re.compile(r"[,;:]\s+|\s+[\u2013\u2014-]+\s+|\s+(?=(?:but|because|while|although|unless|until|so that)\s)")
_MARKED = re.compile(r"[\"\u201c]([^\"\u201c\u201d]+)[\"\u201d]")
_WORD = re.compile(r"\w+")
_MARKS = "\"'\u201c\u201d\u2018\u2019"
_SHORTEST = {"sentence": 4, "clause": 3, "quoted": 2}  # words
_LONGEST = 90  # words: longer ones are headlines run together


def texts_of(copies: Copies, labels: Sequence[RealLabel]) -> Iterator[Mapping[str, str | None]]:
    """Yield rows (id, text, source, group) of every sentence, its clauses and what stands in quotation marks.

    Documents with a label of the dev or test split are left out whole: a student shall not have read them.
    """
    kept_back = {(label.source, label.group) for label in labels if label.split != "train"}
    for source in (POLNEAR, UNSCON, NEWSMTSC):
        seen: set[str] = set()
        for document, text in copies.texts.get(source, {}).items():
            group = group_of(source, document)
            if (source, group) in kept_back:
                continue
            for number, piece in enumerate(_pieces(text)):
                if piece.lower() not in seen and _is_quote(piece):
                    seen.add(piece.lower())
                    yield {"id": f"{document}#{number}", "text": piece, "source": source, "group": group}


@dataclass(frozen=True, slots=True)
class Texts:
    """Unlabelled quotes that may be learnt from, with what was left out."""

    quotes: tuple[Quote, ...]
    warnings: tuple[str, ...]


def read_texts(sources: Sequence[str], kept_back: Sequence[LabelledQuote], threshold: float) -> Texts:
    """Read unlabelled texts; near-duplicates (Jaccard index) of quotes that are kept back are left out and counted.

    Raises DataError for a source that can't be read.
    """
    warnings, found = Warnings(), list[tuple[str, Quote]]()
    for source in sources:
        for place, row in read_rows(source):
            try:
                found.append((place, Quote(str(row.get("text") or ""), row.get("carrier") or None)))
            except QuoteError as error:
                warnings.add(str(error), place)
    tested = [render(quote.quote).text for quote in kept_back]
    near = nearly_in([render(quote).text for _, quote in found], tested, threshold)
    for i in sorted(near):
        warnings.add("nearly the words of a quote of dev or test", found[i][0])
    return Texts(tuple(quote for i, (_, quote) in enumerate(found) if i not in near), warnings.lines())


def nearly_in(texts: Sequence[str], others: Sequence[str], threshold: float) -> set[int]:
    """Return the places of texts whose word sets have a Jaccard index of at least threshold with one of the others."""
    # Of texts with the same words near_duplicates would compare the first one only with the others.
    same: dict[frozenset[str], list[int]] = {}
    for i, text in enumerate(texts):
        same.setdefault(frozenset(_WORD.findall(text.lower())), []).append(i)
    places = list(same.values())
    pairs = near_duplicates([*others, *map(" ".join, same)], threshold)
    near = {max(pair) - len(others) for pair in pairs if min(pair) < len(others) <= max(pair)}
    return {i for one in near for i in places[one]}


def _pieces(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text):
        yield from _of_length(sentence, "sentence")
        clauses = _CLAUSE.split(sentence)
        for clause in clauses if len(clauses) > 1 else ():
            yield from _of_length(clause, "clause")
    for quoted in _MARKED.findall(text):
        yield from _of_length(quoted, "quoted")


def _of_length(text: str, kind: str) -> Iterator[str]:
    piece = " ".join(text.split())
    if piece.count('"') == 1 or kind != "sentence":
        piece = piece.strip(_MARKS + " ")
    if _SHORTEST[kind] <= len(piece.split()) <= _LONGEST:
        yield piece


def _is_quote(text: str) -> bool:
    try:
        Quote(text)
    except QuoteError:
        return False
    return True
