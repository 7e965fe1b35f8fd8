"""Names the speakers of an article's quotes as the article knows them, from the words that point at each source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from model.articles.antecedents import Antecedents
from model.articles.continuation import continuation
from model.articles.firstnames import is_first_name
from model.articles.heads import Head, Kind, read_head
from model.articles.mentions import Name, find_names
from model.articles.paragraphs import paragraphs
from model.articles.people import Entity, find_people
from model.articles.portraits import portray
from model.articles.scene import Scene
from model.articles.smallwords import PREPOSITIONS
from model.articles.spans import Span
from model.articles.words import read_words

# How often answers of a kind were right in news articles; below the least nothing is answered.
_LEAST = 0.5
_SUREST = 0.98  # of pronouns
_BODY = 0.9  # the Roe campaign


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or an organisation, by the fullest name in the article.

    confidence: how often such answers are right.
    """

    name: str
    title: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A quote with its marks, and the words that name its source, if there are any."""

    quote: Span
    source: Span | None


def resolve(text: str, quotes: Sequence[Mentioned]) -> list[tuple[Person, ...]]:
    """Tell for each quote who speaks; an empty tuple where that would be a guess, several for "the pair".

    A quote without a source has the speaker of the one before it where it plainly goes on with it.
    """
    article = _Article(text, quotes)
    found: list[tuple[Person, ...]] = []
    source = None
    places = tuple(paragraphs(text))
    for number, quote in enumerate(quotes):
        if quote.source is not None:
            source = quote.source
            found.append(article.speakers(number))
            continue
        sure = continuation(text, places, quotes[number - 1].quote, source, quote.quote) if number else 0.0
        found.append(tuple(replace(who, confidence=who.confidence * sure) for who in found[-1]) if sure else ())
    return found


class _Article:
    """What one article says about people, read once for all its quotes."""

    def __init__(self, text: str, quotes: Sequence[Mentioned]) -> None:
        self._text = text
        self._words = read_words(text, [quote.quote for quote in quotes])
        self._people = find_people(self._words, find_names(text, self._words))
        self._heads = [
            Head(Kind.OTHER) if quote.source is None else read_head(self._words, self._people.names, quote.source)
            for quote in quotes
        ]
        portray(text, self._words, self._people, {number for head in self._heads for number in head.names})
        speaking = {head.place for head in self._heads if head.kind is not Kind.OTHER}
        self._scene = Scene(self._words, self._people, speaking)
        self._antecedents = Antecedents(self._words, self._people, self._scene)
        self._persons: dict[int, Person] = {}

    def speakers(self, number: int) -> tuple[Person, ...]:
        """Everybody whom a quote's mention means."""
        head = self._heads[number]
        if head.kind is Kind.CAMPAIGN:
            start, end = self._words[head.first].start, self._words[head.place].end
            return (Person(self._text[start:end], None, _BODY),)
        found = self._entities(head)
        if any(entity is None or sure < _LEAST for entity, sure in found):
            return ()
        persons = [replace(self._person(entity), confidence=sure) for entity, sure in found if entity is not None]
        return tuple({person.name: person for person in persons}.values())

    def _entities(self, head: Head) -> Sequence[tuple[Entity | None, float]]:
        if head.kind is Kind.NAME:
            return [self._named(number) for number in head.names]
        if head.kind is Kind.PERSON:
            entity, sure = self._scene.means.get(head.place, (None, 0.0))
            return [(entity, min(sure, _SUREST))]
        if head.kind is Kind.NOUN and head.definite:
            return [self._scene.means.get(head.place) or self._scene.whom(head.first, head.place)]
        back = self._antecedents
        looks = {Kind.RELATIVE: back.who, Kind.PEOPLE: back.they, Kind.PAIR: back.pair, Kind.THING: back.it}
        return looks[head.kind](head.first) if head.kind in looks else []

    def _named(self, number: int) -> tuple[Entity | None, float]:
        """Whom a name means: surest where it is full, or somebody's of whom the article gives the full one."""
        name, entity, clear = self._people.names[number], self._people.of[number], self._people.sure[number]
        if entity is None or self._is_chance(name, entity):
            return None, 0.0
        if clear < 1:
            return entity, 0.75 + 0.2 * clear
        return entity, 0.99 if len(name.parts) > 1 else 0.98 if len(entity.parts) > 1 else 0.93

    def _is_chance(self, name: Name, entity: Entity) -> bool:
        """Whether a capital is likely a sentence's and not a name's: Critics said."""
        alone = len(entity.names) == 1 and len(name.parts) == 1 and name.opens and not entity.titles
        after = self._words[name.last + 1].text if name.last + 1 < len(self._words) else ""
        return alone and (name.parts[0].endswith("s") or after in PREPOSITIONS)

    def _person(self, entity: Entity) -> Person:
        """Give somebody's fullest name; of equally full ones the first in the narrative that is not all capitals."""
        if id(entity) not in self._persons:
            name = self._people.names[min(entity.names, key=self._rank)]
            title = next(iter(entity.titles), None)
            self._persons[id(entity)] = Person(self._text[name.start : name.end], title, 1.0)
        return self._persons[id(entity)]

    def _rank(self, number: int) -> tuple[bool, bool, int, bool, int]:
        name = self._people.names[number]
        shouted = self._text[name.start : name.end].isupper()
        known = len(name.parts) > 1 and is_first_name(name.parts[0])
        return not self._words[name.head].prose, not known, -len(name.parts), shouted, number
