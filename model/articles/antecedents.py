"""Finds whom other words than he and she point back at: "who", "they", "it", "the pair"."""

from bisect import bisect_left
from collections.abc import Sequence

from model.articles.cases import Case
from model.articles.coordination import joins
from model.articles.people import Entity, People
from model.articles.pronouns import Mention
from model.articles.scene import Scene
from model.articles.smallwords import is_verb
from model.articles.words import Word

_CLAUSE = 25  # words before "who" within which its person must be named
_PAIR_WITHIN = 3  # sentences within which "the pair" must have been named together
_NAMES = 40  # names before a word that are looked at

Found = list[tuple[Entity | None, float]]


class Antecedents:
    """Looks back from a word, over the names and the mentions of one article."""

    def __init__(self, words: Sequence[Word], people: People, scene: Scene) -> None:
        self._words = words
        self._people = people
        self._scene = scene
        self._lasts = [name.last for name in people.names]

    def who(self, place: int) -> Found:
        """Find whom a relative pronoun continues: Roe, who said; Doe, a lawyer from Ohio who said."""
        number = bisect_left(self._lasts, place) - 1
        while number >= 0 and self._near(number, place):
            name, entity = self._people.names[number], self._people.of[number]
            between = [word.text for word in self._words[name.last + 1 : place]]
            if between in ([], [","]) and entity is not None and (entity.human or self._words[place].text != "who"):
                return [(entity, 0.95)]
            if between[:1] == [","] and entity is not None and entity.human and not any(map(is_verb, between)):
                return [(entity, 0.8)]
            number -= 1
        before = place - 1 if self._words[place - 1].text != "," else place - 2
        return [self._scene.means[before]] if before in self._scene.means else []

    def _near(self, number: int, place: int) -> bool:
        last = self._people.names[number].last
        return place - last <= _CLAUSE and self._words[last].sentence == self._words[place].sentence

    def they(self, place: int) -> Found:
        """Find two people whom the sentence before has together as its subject."""
        found = self._together(place, 1)
        return [(entity, 0.75) for entity in found]

    def pair(self, place: int) -> Found:
        """Find the last two people named together, else the only two of the sentence before or of this one."""
        together = self._together(place, _PAIR_WITHIN)
        if together:
            return [(entity, 0.8) for entity in together]
        mentions = self._scene.before(place)
        for back in (0, 1):
            found = self._only(mentions, self._words[place].sentence - back)
            if len(found) == 2:  # noqa: PLR2004
                return [(entity, 0.75) for entity in found]
            if found:
                return []
        return []

    @staticmethod
    def _only(mentions: Sequence[Mention], sentence: int) -> list[Entity]:
        here = [m.entity for m in mentions if m.sentence == sentence and m.entity is not None and not m.entity.doubtful]
        return list(dict.fromkeys(here))

    def _together(self, place: int, sentences: int) -> list[Entity]:
        """Find the last two people before a word that "and" joins, at the head of one of the last sentences."""
        here = self._words[place].sentence
        number = bisect_left(self._lasts, place) - 1
        for second in range(number, max(number - _NAMES, 0), -1):
            one, two = self._people.names[second - 1], self._people.names[second]
            word = self._words[one.head]
            if word.quoted or not word.prose:
                continue
            if not 0 <= here - word.sentence <= sentences:
                break
            pair = [self._people.of[second - 1], self._people.of[second]]
            joined = joins(self._words, one.last, two.first) is True and one.case is Case.SUBJECT
            if joined and all(entity is not None and entity.human for entity in pair):
                return [entity for entity in pair if entity is not None]
        return []

    def it(self, place: int) -> Found:
        """Find the organisation that is the subject of this sentence or of the one before, if there is just one."""
        here = self._words[place].sentence
        number = bisect_left(self._lasts, place) - 1
        found: dict[int, list[Entity]] = {0: [], 1: []}
        for back in range(number, max(number - _NAMES, -1), -1):
            name, entity = self._people.names[back], self._people.of[back]
            word = self._words[name.head]
            away = here - word.sentence
            if away > 1:
                break
            after = self._words[name.last + 1].text
            acts = not word.quoted and word.prose and name.case is Case.SUBJECT and is_verb(after)
            if acts and entity is not None and not entity.human:
                found[away].append(entity)
        entities = found[0] or found[1]
        return [(entities[0], 0.7)] if len(set(map(id, entities))) == 1 else []
