"""Walks through an article's narrative and keeps who is mentioned where, for pronouns and descriptions to follow."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from operator import attrgetter

from model.articles.cases import Case
from model.articles.genders import FORMS, Gender, of_title
from model.articles.nominals import Titles, described, is_qualified, may_mean_the_main_one
from model.articles.people import Entity, People
from model.articles.portraits import speaks_here
from model.articles.pronouns import Mention, antecedent
from model.articles.smallwords import is_verb
from model.articles.words import Word

_LEARNS = 0.6  # how sure a pronoun must be to tell somebody's gender
_NEAR = 30  # the last mentions among which a description or "the pair" looks for its people
_FOCUSED = 0.5  # how much likelier than all others together somebody must be whom a description without a title means
_RECENT = 4  # sentences within which somebody must be named whom only a title speaks for
_TRUSTED = 0.8  # how sure a description must be to count as a mention for what follows


class Scene:
    """The mentions of people in the narrative, in order; quotes and headlines are left out."""

    def __init__(self, words: Sequence[Word], people: People, speaking: Collection[int]) -> None:
        self._words = words
        self._people = people
        self._speaking = speaking
        self._titles = Titles(people.entities)
        self._firsts = [name.first for name in people.names]
        self.mentions: list[Mention] = []
        self._learned: dict[int, Gender] = {}
        self._opened = -1  # the sentence that has a subject already
        self.means: dict[int, tuple[Entity | None, float]] = {}
        self._walk()

    def before(self, place: int) -> list[Mention]:
        """Give the last mentions before a word."""
        end = bisect_left(self.mentions, place, key=attrgetter("place"))
        return self.mentions[max(end - _NEAR, 0) : end]

    def _walk(self) -> None:
        heads = {name.first: number for number, name in enumerate(self._people.names)}
        place = 0
        while place < len(self._words):
            word = self._words[place]
            if word.quoted or not word.prose:
                place += 1
                continue
            number = heads.get(place)
            if number is not None:
                self._name(number)
                place = self._people.names[number].last + 1
                continue
            low = word.text.lower()
            if low in FORMS:
                self._pronoun(place, FORMS[low])
            elif low in {"the", "a", "an", "one", "another"}:
                place = self._description(place, definite=low == "the")
            place += 1

    def _name(self, number: int) -> None:
        entity, name = self._people.of[number], self._people.names[number]
        if entity is None and self._people.sure[number] < 1:
            self._add(name.first, None, name.gender, name.case, named=True, spoke=False)
        if entity is None or entity.group or not entity.human:
            return
        spoke = any(place in self._speaking for place in range(name.first, name.last + 1))
        spoke = spoke or speaks_here(self._words, name)
        gender = entity.gender or self._learned.get(id(entity))
        self._add(name.first, entity, gender, Case.SUBJECT if spoke else name.case, named=True, spoke=spoke)

    def _pronoun(self, place: int, gender: Gender) -> None:
        word = self._words[place]
        found, sure = antecedent(self.mentions, gender, word.sentence, word.paragraph)
        entity = found.entity if found is not None else None
        self.means[place] = entity, sure
        if entity is not None and entity.gender is None and sure >= _LEARNS:
            self._learned.setdefault(id(entity), gender)
        subject = word.text.lower() in {"he", "she"}
        if found is not None and subject:
            spoke = place in self._speaking
            self._add(place, entity, found.gender or gender, Case.SUBJECT, named=False, spoke=spoke)

    def _description(self, place: int, *, definite: bool) -> int:
        head = described(self._words, place)
        if head is None:
            return place
        entity, sure = self.whom(place, head) if definite else (None, 0.0)
        spoke = any(inside in self._speaking for inside in range(place, head + 1))
        if definite:
            self.means[head] = entity, sure
            entity = entity if sure >= _TRUSTED else None
        if entity is not None or (not definite and not self._named_beside(head)):
            text = " ".join(word.text for word in self._words[place : head + 1])
            gender = (entity.gender or self._learned.get(id(entity))) if entity is not None else of_title(text)
            self._add(place, entity, gender, self._case(place, head, spoke=spoke), named=False, spoke=spoke)
        return head

    def whom(self, first: int, head: int) -> tuple[Entity | None, float]:
        """Whom a definite description means, and how sure that is.

        Those with such a title come first. What is qualified beyond their titles, as "the Ohio governor" where nobody
        is said to be from Ohio, means whom the text is about, or nobody.
        """
        words, titles = self._words, self._titles
        before = self.before(first)
        seen = {id(mention.entity) for mention in before}
        holders = [entity for entity in titles.holders(words, first, head) if id(entity) in seen]
        gender = of_title(words[head].text)
        focus, sure = antecedent(before, gender, words[first].sentence, words[first].paragraph)
        main = focus.entity if focus is not None and sure >= _FOCUSED else None
        if main is not None and not titles.may_be(main, words, first, head):
            main = None
        loose = is_qualified(words, first, head) and not any(titles.fit(e, words, first, head) for e in holders)
        if holders and not loose:
            if main in holders:
                return main, 0.95
            near = any(m.entity is holders[0] and words[first].sentence - m.sentence <= _RECENT for m in before)
            return (holders[0], 0.85) if len(holders) == 1 and near else (None, 0.0)
        return (main, 0.77) if may_mean_the_main_one(words, first, head) else (None, 0.0)

    def _named_beside(self, head: int) -> bool:
        """Whether a description belongs to a name beside it: John Doe, a spokesman; the leader, Jane Roe."""
        after = bisect_left(self._firsts, head)
        return after < len(self._firsts) and self._firsts[after] - head <= 2  # noqa: PLR2004

    def _case(self, first: int, head: int, *, spoke: bool) -> Case:
        after = self._words[head + 1].text if head + 1 < len(self._words) else "."
        before = self._words[first - 1] if first else None
        opens = before is None or before.sentence != self._words[first].sentence or not before.text[0].isalnum()
        return Case.SUBJECT if spoke or opens or is_verb(after) else Case.OBJECT

    def _add(
        self, place: int, entity: Entity | None, gender: Gender | None, case: Case, *, named: bool, spoke: bool
    ) -> None:
        word = self._words[place]
        opens = case is Case.SUBJECT and self._opened != word.sentence
        if opens:
            self._opened = word.sentence
        self.mentions.append(Mention(place, word.sentence, word.paragraph, entity, gender, case, named, spoke, opens))
