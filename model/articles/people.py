"""Brings the names of an article together: which of them are one person's, and who a shared last name means."""

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

from model.articles.cases import Case
from model.articles.firstnames import is_first_name, of_first_name, same_first_name
from model.articles.genders import Gender
from model.articles.mentions import Name
from model.articles.roles import is_elsewhere
from model.articles.words import Word, listed


@dataclass(slots=True, eq=False)
class Entity:
    """Somebody or something that an article names: the places of its names, and what stands beside them.

    human: it seems to be a person; doubtful: only by what it does; gender: None where nothing tells.
    """

    parts: tuple[str, ...]
    suffix: str
    group: bool
    names: list[int] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    gender: Gender | None = None
    human: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """The entities of an article.

    of: each name's entity, None where it could be several people's; sure: how clear that is, 1 where nobody else fits.
    """

    names: Sequence[Name]
    of: Sequence[Entity | None]
    sure: Sequence[float]
    entities: Sequence[Entity]


def find_people(words: Sequence[Word], found: Sequence[Name]) -> People:
    """Group names into entities."""
    names = list(found)
    of: list[Entity | None] = [None] * len(names)
    sure = [1.0] * len(names)
    known = _Known()
    shared = []
    for place in _by_fullness(words, names):
        name = names[place]
        like = known.like(name)
        if not like and _doubtful(name) and known.has_surname(name):
            name = names[place] = replace(
                name, parts=name.parts[-1:], start=words[name.last].start, first=name.last, head=name.last
            )
            like = known.like(name)
        if not like and (words[name.head].prose or known.may_introduce(name)):
            like = [known.add(name)]
        if len(like) == 1:
            of[place] = like[0]
            like[0].names.append(place)
        elif like:
            shared.append((place, like))
    for entity in known.entities:
        entity.names.sort()
    for place, like in sorted(shared, key=itemgetter(0)):
        of[place], sure[place] = chosen, _ = _told_apart(words, names, place, like)
        if chosen is not None:
            insort(chosen.names, place)
    return People(names, of, sure, known.entities)


def _by_fullness(words: Sequence[Word], names: Sequence[Name]) -> list[int]:
    """Put the fullest names first, so that shorter ones find them; those in the narrative before those in quotes."""

    def rank(place: int) -> tuple[bool, bool, bool, bool, int, int]:
        word, name = words[names[place].head], names[place]
        return len(name.parts) == 1, not word.prose, _doubtful(name), word.quoted, -len(name.parts), place

    return sorted(range(len(names)), key=rank)


def _doubtful(name: Name) -> bool:
    """Whether a name may begin with a word that only has a capital where it stands, or is a place's."""
    if len(name.parts) == 1 or name.group or name.title or is_first_name(name.parts[0]):
        return False
    return name.opens or name.case is Case.MODIFIER or is_elsewhere(name.parts[0])


_NAMESAKES = 50  # more than so many with one word in their names are not told apart


class _Known:
    """The entities found so far, by each word of their names."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self._holding: dict[str, list[Entity]] = defaultdict(list)

    def add(self, name: Name) -> Entity:
        entity = Entity(name.parts, name.suffix, name.group)
        self.entities.append(entity)
        for part in dict.fromkeys((*name.parts, *_initials(name))):
            if len(self._holding[part]) < _NAMESAKES:
                self._holding[part].append(entity)
        return entity

    def has_surname(self, name: Name) -> bool:
        """Whether a doubtful name ends in somebody's last name: Understated Roe."""
        last = name.parts[-1]
        return any(entity.parts[-1] == last and len(entity.parts) > 1 for entity in self._holding.get(last, ()))

    def may_introduce(self, name: Name) -> bool:
        """Whether a headline's name is a person's, not a known person's with words around it."""
        return is_first_name(name.parts[0]) and not any(part in self._holding for part in name.parts)

    def like(self, name: Name) -> list[Entity]:
        """Everybody who can be meant: by the last name, else by the first, else by any other."""
        holding = self._holding.get(name.parts[-1], [])
        surname = len(name.parts) == 1 and name.case is not Case.OBJECT and any(_surname(e, name) for e in holding)
        groups = [entity for entity in holding if entity.group and _is_body(entity, name)]
        if groups or (name.group and not surname):
            return groups
        holding = [entity for entity in holding if not entity.group and _agrees(entity, name)]
        if len(name.parts) > 1:
            return [entity for entity in holding if _same(entity, name)]
        part = name.parts[0]
        by_last = [entity for entity in holding if entity.parts[-1] == part]
        by_suffix = [entity for entity in by_last if entity.suffix == name.suffix]
        by_first = [entity for entity in holding if entity.parts[0] == part and name.title is None]
        return (by_suffix if name.suffix else by_last) or by_first or holding


def _initials(name: Name) -> list[str]:
    """Give the short form that an organisation's name may have: three letters or more."""
    initials = "".join(part[0] for part in name.parts)
    return [initials] if name.group and len(initials) > 2 else []  # noqa: PLR2004


def _is_body(entity: Entity, name: Name) -> bool:
    """Whether a name is the end of an organisation's, or its initials."""
    if name.group and entity.parts[-len(name.parts) :] == name.parts:
        return True
    return len(name.parts) == 1 < len(entity.parts) and name.parts[0] == "".join(part[0] for part in entity.parts)


def _surname(entity: Entity, name: Name) -> bool:
    """Whether a word that could be a place's is somebody's last name: West, England."""
    return not entity.group and len(entity.parts) > 1 and entity.parts[-1] == name.parts[0]


def _agrees(entity: Entity, name: Name) -> bool:
    gender = of_first_name(entity.parts[0]) if len(entity.parts) > 1 else None
    return None in {gender, name.gender} or gender is name.gender


def _same(entity: Entity, name: Name) -> bool:
    """Whether a name of several words is a form of an entity's: Jane Roe, Jane Q. Roe, J. Roe; Peña Ruiz."""
    if entity.suffix != name.suffix:
        return False
    long, short = sorted((entity.parts, name.parts), key=len, reverse=True)
    if long[-len(short) :] == short:
        return True
    return long[-1] == short[-1] and len(short) > 1 and same_first_name(long[0], short[0])


_KIN = listed("wife husband son daughter brother sister father mother widow widower cousin nephew niece uncle aunt")
_HISTORY = 60  # mentions before a name that are looked at
_CLEAR = 0.5  # the least lead of the likeliest


def _told_apart(
    words: Sequence[Word], names: Sequence[Name], place: int, like: Sequence[Entity]
) -> tuple[Entity | None, float]:
    """Whom a last name that several share means: the article's main one, unless it has just turned to another."""
    told = [_told(words, names, place, entity) for entity in like]
    scores = [_claim(words, names, entity, own) for entity, own in zip(like, told, strict=True)]
    for i, own in enumerate(told):
        title = names[place].title
        scores[i] += 1.5 * (title is not None and any(names[p].title == title for p in own))
    if any(told):
        newest = max(range(len(like)), key=lambda i: told[i][-1] if told[i] else -1)
        oldest = min(range(len(like)), key=lambda i: told[i][0] if told[i] else place)
        scores[newest] += 0.8 if names[told[newest][-1]].case is Case.SUBJECT else 0.1
        scores[oldest] += 1.0
    order = sorted(range(len(like)), key=lambda i: scores[i], reverse=True)
    lead = scores[order[0]] - scores[order[1]]
    return (like[order[0]], 1 - math.exp(-lead)) if lead >= _CLEAR else (None, 0.0)


def _told(words: Sequence[Word], names: Sequence[Name], place: int, entity: Entity) -> list[int]:
    """Find the places before one where the narrative calls somebody by the last name, alone or in full."""
    last = entity.parts[-1]
    end = bisect_left(entity.names, place)
    before = entity.names[: min(end, 1)] + entity.names[max(end - _HISTORY, 1) : end]
    return [
        p for p in before if last in names[p].parts and words[names[p].head].prose and not words[names[p].head].quoted
    ]


def _claim(words: Sequence[Word], names: Sequence[Name], entity: Entity, told: Sequence[int]) -> float:
    """How well it fits that the last name alone means somebody.

    A first name used alone speaks against it, and so does an introduction as somebody's kin: his wife, Ilse Roe.
    """
    if not told:
        return -2.0
    full = [names[place] for place in told if len(names[place].parts) > 1]
    subjects = sum(name.case is Case.SUBJECT for name in full)
    familiar = sum(names[place].parts == entity.parts[:1] for place in entity.names[:_HISTORY])

    def kin(name: Name) -> bool:
        return any(word.text in _KIN for word in words[max(name.head - 2, 0) : name.head])

    seen = 0.6 * (math.log1p(len(full)) + math.log1p(subjects))
    return seen + 0.8 * math.log1p(len(told) - len(full)) - math.log1p(familiar) - any(map(kin, full))
