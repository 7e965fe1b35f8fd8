"""Reads the words that name a quote's source: whose name, which pronoun or which noun they turn on."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from model.articles.cases import Case
from model.articles.coordination import coordinated
from model.articles.firstnames import is_first_name
from model.articles.mentions import Name
from model.articles.roles import is_human
from model.articles.smallwords import CONJUNCTIONS, DETERMINERS, POSSESSIVES, PREPOSITIONS
from model.articles.spans import Span
from model.articles.words import Word, folded, listed

_SINGULAR = listed("he him his himself she her hers herself")
_PLURAL = listed("they them their both")
_THING = listed("it its")
_SELF = listed("i me my we us our you your")
_RELATIVE = listed("who whom whose which that")
_PAIRS = listed("pair duo couple two both men women")
_BODIES = listed(
    "administration camp campaign commission committee company foundation government group organization team"
)
_NO_NOUNS = PREPOSITIONS | CONJUNCTIONS | DETERMINERS | _RELATIVE
_FURTHEST = 40  # words of a mention that are read


_start, _end, _last = attrgetter("start"), attrgetter("end"), attrgetter("last")


class Kind(Enum):
    """What a mention turns on."""

    NAME = "name"
    PERSON = "he"
    PEOPLE = "they"
    THING = "it"
    RELATIVE = "who"
    SELF = "i"
    NOUN = "noun"
    CAMPAIGN = "campaign"
    PAIR = "pair"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Head:
    """What a mention turns on: names for NAME, otherwise the place of the pronoun or noun among the words.

    first: the place of the mention's first word; definite: it points at somebody known, as "the senator" does.
    """

    kind: Kind
    first: int = 0
    place: int = 0
    names: tuple[int, ...] = ()
    definite: bool = False


def read_head(words: Sequence[Word], names: Sequence[Name], source: Span) -> Head:
    """Read a mention. It may be cut anywhere: a name that it touches counts whole."""
    first = bisect_right(words, source.start, key=_end)
    end = min(bisect_left(words, source.end, key=_start), first + _FURTHEST)
    if first >= end:
        return Head(Kind.OTHER)
    pronoun = _pronoun(words, first, end)
    if pronoun is not None:
        return pronoun
    place = bisect_left(names, first, key=_last)
    inside = []
    while place < len(names) and names[place].head < end:
        inside.append(place)
        place += 1
    heads = _named(words, names, inside, first, end)
    if heads:
        return Head(Kind.NAME, first, names[heads[0]].head, heads)
    return _campaign(words, names, inside, end) or _noun(words, first, end)


def _pronoun(words: Sequence[Word], first: int, end: int) -> Head | None:
    plain = folded(words[first].text)
    for kind, forms in (
        (Kind.PERSON, _SINGULAR),
        (Kind.PEOPLE, _PLURAL),
        (Kind.THING, _THING),
        (Kind.RELATIVE, _RELATIVE),
        (Kind.SELF, _SELF),
    ):
        if plain in forms:
            alone = first + 1 == end or words[first + 1].text[0] in ",." or folded(words[first + 1].text) in _SINGULAR
            return Head(kind, first, first) if alone else None
    return None


def _named(
    words: Sequence[Word], names: Sequence[Name], inside: Sequence[int], first: int, end: int
) -> tuple[int, ...]:
    """Find the names that a mention turns on: the first that nothing subordinates, and those coordinated with it."""
    for order, place in enumerate(inside):
        name = names[place]
        if name.case is Case.MODIFIER or (name.case is Case.POSSESSIVE and name.last + 2 < end):
            continue
        if not _leads(words, first, name, end):
            continue
        if _qualifies(words, name, end):
            continue
        found = (place, *coordinated(words, names, inside[order + 1 :], name, end))
        shared = len(found) > 1 and len(name.parts) == 1 < len(names[found[1]].parts) and is_first_name(name.parts[0])
        return () if shared else found  # John and Jane Roe: nobody says who John is
    return ()


def _leads(words: Sequence[Word], first: int, name: Name, end: int) -> bool:
    """Whether only what may stand before a head stands between the mention's start and the name."""
    apposed = words[name.first - 1].text == "," if name.first else False
    commas = 0
    for place in range(first, name.first):
        word = words[place].text
        commas += word == ","
        stray = word in PREPOSITIONS and not (apposed and is_human(words[place - 1].text))
        if stray or word in _RELATIVE:
            return False
    if not commas:
        return True
    follows = words[name.last + 1].text if name.last + 1 < end else ","
    return commas == 1 and apposed and follows in {",", "and", "of", "(", "—"} and not name.group


def _qualifies(words: Sequence[Word], name: Name, end: int) -> bool:
    """Whether a name only qualifies the noun after it: Roe supporters, a Doe strategist."""
    after = name.last + 1
    while after < end and words[after].text.islower() and words[after].text[0].isalpha():
        word = words[after].text
        if word in _NO_NOUNS or word.endswith(("ed", "ly", "self")):
            return after > name.last + 1
        after += 1
    sign = words[after].text[0] if after < end else ","
    if after == name.last + 1:
        return name.group and sign.isdigit()
    return sign.isupper() or sign in ",'\u2019"


def _campaign(words: Sequence[Word], names: Sequence[Name], inside: Sequence[int], end: int) -> Head | None:
    """Find a body that has its name from somebody: the Roe campaign, Mr. Doe's administration."""
    for place in inside:
        after = names[place].last + 1
        if after < end and words[after].text in POSSESSIVES:
            after += 1
        if after + 1 == end and words[after].text in _BODIES:
            return Head(Kind.CAMPAIGN, names[place].head, after)
    return None


def _noun(words: Sequence[Word], first: int, end: int) -> Head:
    """Find the noun before the first preposition, comma or clause."""
    stop = first + 1
    while stop < end and not _interrupts(words, stop):
        stop += 1
    head = stop - 1
    opening = folded(words[first].text)
    if opening in {"both", "the"} and folded(words[head].text) in _PAIRS:
        return Head(Kind.PAIR, first, head)
    if first + 1 < end and opening in {"the", "both", "these"} and folded(words[first + 1].text) in {"two", "pair"}:
        return Head(Kind.PAIR, first, head)
    if opening == "both" and is_human(words[head].text):
        return Head(Kind.PAIR, first, head)
    return Head(Kind.NOUN, first, head, definite=opening in {"the", "this", "that"})


def _interrupts(words: Sequence[Word], place: int) -> bool:
    word = words[place].text
    if word in POSSESSIVES:
        return False
    return not word[0].isalnum() or word in PREPOSITIONS or word in _RELATIVE or word == "and"
