"""Splits an article into words that know their paragraph, their sentence and whether somebody else says them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from model.articles.paragraphs import paragraphs
from model.articles.spans import Span

_SHORTENED = (
    "Mr Mrs Ms Dr Prof Sen Sens Rep Reps Gov Govs Lt Gen Col Maj Capt Cmdr Adm Sgt Cpl Rev Fr Hon Pres Sec Amb Atty "
    "Supt Jr Sr St Inc Corp Co Ltd Bros vs No Jan Feb Aug Sept Oct Nov Dec Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill "
    "Ind Kan Ky La Md Mass Mich Minn Miss Mo Mont Neb Nev Okla Ore Pa Tenn Tex Va Vt Wash Wis Wyo"
)
_LETTER = r"[^\W\d_]"
# A dotted abbreviation, the possessive ending, a word with its inner hyphens and apostrophes, or any other sign.
_WORD = re.compile(
    rf"(?:{_LETTER}\.)+(?!\w)|(?:{'|'.join(_SHORTENED.split())})\.(?!\w)|['\u2019][sS](?!\w)"
    rf"|[^\W_](?:[\w\u0300-\u036f]|[-'\u2019&](?![sS](?!\w))(?=\w)|\.(?=\d))*|\S"
)
_ENDS = frozenset(".!?…")
_PROSE_ENDS = _ENDS | {":", ",", ";"}
_CLOSING = frozenset("\"'\u201d\u2019\u00bb)]")
_QUOTE_ENDS = re.compile(r"[.\u2026][\"'\u201d\u2019\u00bb)\]]*\Z")


class Word(NamedTuple):
    """One word or sign at text[start:end]; `quoted` means that it stands in a quote, `prose` that its line does."""

    text: str
    start: int
    end: int
    paragraph: int
    sentence: int
    quoted: bool
    prose: bool


def listed(words: str) -> frozenset[str]:
    """Read a list of words parted by space."""
    return frozenset(words.split())


@lru_cache(maxsize=4096)
def folded(word: str) -> str:
    """Give a word without case, accents and dots, to compare: "Peña" and "PENA" are one."""
    if word.isascii():
        return word.casefold().rstrip(".")
    plain = unicodedata.normalize("NFKD", word.replace("\u2019", "'"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold().rstrip(".")


def read_words(text: str, quotes: Sequence[Span]) -> list[Word]:
    """Split a text; sentences are counted through the whole text, and the full stop in a quote's end ends one too.

    `quotes` may overlap and stand in any order.
    """
    words: list[Word] = []
    quoted = _Covered(quotes)
    sentence = 0
    for number, paragraph in enumerate(paragraphs(text)):
        prose = _is_prose(text[paragraph.start : paragraph.end])
        sentence += 1
        ended = False
        for match in _WORD.finditer(text, paragraph.start, paragraph.end):
            sign, start, end = match[0], match.start(), match.end()
            inside = quoted.holds(start)
            if ended and not inside and sign not in _CLOSING and not sign[0].islower():
                sentence += 1
                ended = False
            elif ended and not inside and sign[0].islower():
                ended = False
            words.append(Word(sign, start, end, number, sentence, inside, prose))
            if not inside and sign in _ENDS:
                ended = True
            elif inside and quoted.ends_at(end):
                ended = _QUOTE_ENDS.search(text, max(start - 3, 0), end) is not None
    return words


def adjacent(text: str, one: Word, two: Word) -> bool:
    """Whether nothing but space stands between two words of one paragraph."""
    return one.paragraph == two.paragraph and one.end < two.start and text[one.end : two.start].isspace()


class _Covered:
    """Tells for ascending places whether a span covers them."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans: Iterator[Span] = iter(sorted(spans))
        self._next = next(self._spans, None)
        self._until = -1

    def holds(self, place: int) -> bool:
        while self._next is not None and self._next.start <= place:
            self._until = max(self._until, self._next.end)
            self._next = next(self._spans, None)
        return place < self._until

    def ends_at(self, place: int) -> bool:
        return place >= self._until


_SHORTEST_PROSE = 60
_FEWEST = 6  # long words of a line whose capitals tell something
_SHOUTED, _SHOUTED_SENTENCE = 0.8, 0.95


def _is_prose(paragraph: str) -> bool:
    """Headlines, bylines and captions are short lines without a full stop, or have a capital at nearly every word."""
    ends = paragraph.rstrip("".join(_CLOSING))[-1:] in _PROSE_ENDS
    if len(paragraph) < _SHORTEST_PROSE and not ends:
        return False
    head = [word for word in paragraph[:400].split() if len(word) > 3 and word[0].isalpha()]  # noqa: PLR2004
    capitals = sum(word[0].isupper() for word in head)
    return len(head) < _FEWEST or capitals < len(head) * (_SHOUTED_SENTENCE if ends else _SHOUTED)
