"""Quotation marks one by one: which characters may be one, and whether it seems to open or to close a string."""

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import category

from model.articles.spans import Span


class Family(IntEnum):
    """Marks that close each other: a string opened by a curly mark may be closed by a straight one."""

    DOUBLE = 0
    SINGLE = 1
    ANGLE = 2
    SINGLE_ANGLE = 3
    CORNER = 4
    WHITE_CORNER = 5


class Mark(NamedTuple):
    """A mark and what it seems to do: 1 opens, -1 closes, 0 either; `weak` where it is as likely no quotation mark."""

    start: int
    end: int
    family: Family
    lean: int
    weak: bool


# What a sign does where its neighbours say nothing. Low marks open; what a high curly one or an angle does depends on
# the language, so that its neighbours may overrule it.
_SIGNS: dict[str, tuple[Family, int]] = {
    '"': (Family.DOUBLE, 0),
    "\uff02": (Family.DOUBLE, 0),
    "\u201c": (Family.DOUBLE, 2),
    "\u201d": (Family.DOUBLE, -3),
    "\u201e": (Family.DOUBLE, 5),
    "\u201f": (Family.DOUBLE, 2),
    "\u301d": (Family.DOUBLE, 5),
    "\u301e": (Family.DOUBLE, -5),
    "\u301f": (Family.DOUBLE, -5),
    "'": (Family.SINGLE, 0),
    "\uff07": (Family.SINGLE, 0),
    "`": (Family.SINGLE, 0),
    "\u00b4": (Family.SINGLE, -1),
    "\u2018": (Family.SINGLE, 2),
    "\u2019": (Family.SINGLE, -3),
    "\u201a": (Family.SINGLE, 4),
    "\u201b": (Family.SINGLE, 2),
    "\u00ab": (Family.ANGLE, 2),
    "\u00bb": (Family.ANGLE, -2),
    "\u2039": (Family.SINGLE_ANGLE, 2),
    "\u203a": (Family.SINGLE_ANGLE, -2),
    "\u300c": (Family.CORNER, 9),
    "\u300d": (Family.CORNER, -9),
    "\uff62": (Family.CORNER, 9),
    "\uff63": (Family.CORNER, -9),
    "\u300e": (Family.WHITE_CORNER, 9),
    "\u300f": (Family.WHITE_CORNER, -9),
}
_DOUBLED = {"''": 0, "``": 2, "\u00b4\u00b4": -2, "\u2018\u2018": 2, "\u2019\u2019": -3}
_SURE = 2

# How much the character before a mark, or after it, looks as if it stood outside the quotation.
_FULLY = 3
_OPENING = "([{>*_|\u2022\u3010\uff08\u300a"
_CLOSING = ")]}<*_|\u3011\uff09\u300b.,;:!?\uff0c\u3002\u3001\uff01\uff1f\uff1b\uff1a"
_JOINING = "-\u2010\u2011\u2012\u2013\u2014\u2015/"
_BEFORE = {"": 2 * _FULLY, **dict.fromkeys(_OPENING, _FULLY), **dict.fromkeys(_JOINING + ":=\uff1a", 2)}
_AFTER = {**dict.fromkeys(_CLOSING, _FULLY), **dict.fromkeys(_JOINING, 2)}
_CURRENCY = "$\u20ac\u00a3#@"

_ANY = "".join(map(re.escape, _SIGNS))
_APOSTROPHES = "'`\u00b4\u2018\u2019\u201b\uff07"
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"  # Chinese and Japanese set no space beside their marks
_FOUND = re.compile(
    r"</?[a-z][^<>]*>"  # left-over markup, whose attributes are no quotes
    rf"|(?<={_LETTER})[{_APOSTROPHES}](?={_LETTER})"  # an apostrophe within a word
    rf"|(?<!\w)[{_APOSTROPHES}]n[{_APOSTROPHES}](?!\w)"  # rock 'n' roll
    rf"|([{_ANY}]+)",
    re.IGNORECASE,
)
_LONGEST_RUN = 6  # more marks beside each other are an ornament
_PIECE = re.compile("|".join([*_DOUBLED, "."]))
_ELISION = re.compile(
    r"(?:\d\ds?|em|til|till|tis|twas|twere|twill|cause|cuz|coz|round|bout|n|nuff|neath|kay|sup|murica|s|t|d|m|ll|re|ve)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(rf"\s[\w{_APOSTROPHES}]")
_WORD_ENDS = re.compile(r"(?:s|[a-z]in|\b(?:o|ol|an|th|wi|lil|mo|po|y))\Z", re.IGNORECASE)


def marks_of(text: str, place: Span) -> Iterator[Mark]:
    """Give the marks of one paragraph in order; apostrophes within words and primes are none."""
    for found in _FOUND.finditer(text, place.start, place.end):
        run = found[1]
        if run is None or len(run) > _LONGEST_RUN:
            continue
        start, end = found.span()
        inward = _inward(
            text[start - 1] if start > place.start else "",
            text[end] if end < place.end else " ",
        )
        if text.startswith("..", end):  # an ellipsis belongs to the words rather than to what is around them
            inward += _SURE
        for piece in [run] if len(run) == 1 else _pieces(run, inward):
            yield _mark(text, start, piece, inward)
            start += len(piece)


def count_signs(text: str) -> int:
    """Count the characters that may be marks, apostrophes too: a text has no more strings than that."""
    return sum(map(text.count, _SIGNS))


@lru_cache(maxsize=4096)
def _inward(before: str, after: str) -> int:
    """Weigh how much better a mark between the two would open a string than close one."""
    return _outside(_BEFORE, before) - _outside(_AFTER, after)


def _outside(known: dict[str, int], neighbour: str) -> int:
    if neighbour in known:
        return known[neighbour]
    if neighbour.isspace() or category(neighbour) == "Cf":  # marks of direction and the like have no width
        return _FULLY
    return 0 if neighbour.isalnum() or neighbour in _CURRENCY else 1


def _pieces(run: str, inward: int) -> list[str]:
    """Split a run; of three apostrophes two are the outer mark."""
    return _PIECE.findall(run) if inward >= 0 else _PIECE.findall(run[::-1])[::-1]


@cache
def _reading(piece: str, inward: int) -> tuple[Family, int, bool]:
    """Give a sign's family, what it does between such neighbours, and whether it can stand for inches or seconds."""
    family, bias = _SIGNS[piece] if len(piece) == 1 else (Family.DOUBLE, _DOUBLED[piece])
    score = bias + inward
    lean = 1 if score >= _SURE else -1 if score <= -_SURE else 0
    return family, lean, family is Family.DOUBLE and lean <= 0 and bias <= 0


def _mark(text: str, start: int, piece: str, inward: int) -> Mark:
    end = start + len(piece)
    family, lean, measures = _reading(piece, inward)
    if family is Family.SINGLE:
        if lean >= 0 and inward >= _SURE:
            return Mark(start, end, family, 1, lean == 0 or _ELISION.match(text, end) is not None)
        closes = lean < 0 or (lean == 0 and inward <= -_SURE)
        return Mark(start, end, family, -1 if closes else lean, closes and _within_sentence(text, start, end))
    if measures and text[start - 1 : start].isdigit():
        return Mark(start, end, family, -1, True)
    return Mark(start, end, family, lean, False)


def _within_sentence(text: str, start: int, end: int) -> bool:
    """Tell whether a mark that seems to close may be the apostrophe of a plural possessive, of goin' or of feet."""
    if not _GOES_ON.match(text, end):
        return False
    return text[start - 1 : start].isdigit() or _WORD_ENDS.search(text, max(0, start - 4), start) is not None
