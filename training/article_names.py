"""Exchanges the names of people in articles for those of other articles' people, so that no name can be learned."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.articles.firstnames import is_first_name, of_first_name
from model.articles.genders import Gender
from model.articles.marks import marked_strings
from model.articles.mentions import find_names
from model.articles.people import find_people
from model.articles.portraits import portray
from model.articles.words import read_words
from training.edits import Edit

_SHORTEST = 3  # letters: initials and particles stay


@dataclass(frozen=True, slots=True)
class NameWords:
    """The words of people's names in a text: first names with the gender that they tell, last names.

    sure: those last names that stand behind a first name somewhere.
    """

    given: Mapping[str, Gender | None]
    last: frozenset[str]
    sure: frozenset[str]


def name_words(text: str) -> NameWords:
    """Collect the words of the names of an article's people."""
    words = read_words(text, [string.outer for string in marked_strings(text)])
    people = find_people(words, find_names(text, words))
    portray(text, words, people, set())
    given: dict[str, Gender | None] = {}
    last, sure = set[str](), set[str]()
    for entity in people.entities:
        if entity.group or not entity.human:
            continue
        for name in (people.names[place] for place in entity.names):
            parts = [word.text for word in words[name.head : name.last + 1] if _is_name(word.text)]
            for part in parts:
                if len(parts) > 1 and part == parts[0] and is_first_name(part):
                    given[part] = of_first_name(part)
                elif part == parts[-1]:
                    last.add(part)
                    if parts[0] in given:
                        sure.add(part)
    return NameWords(given, frozenset(last - given.keys()), frozenset(sure - given.keys()))


class Pool:
    """The names of many articles, to draw others from: each as likely as any, however often it was in the news."""

    def __init__(self, known: Sequence[NameWords]) -> None:
        given: dict[Gender | None, set[str]] = defaultdict(set)
        for words in known:
            for name, gender in words.given.items():
                given[gender].add(name)
        self._given = {gender: sorted(names) for gender, names in given.items()}
        self._last = sorted({name for words in known for name in words.sure})

    def edits(self, text: str, words: NameWords, rng: random.Random) -> Iterator[Edit]:
        """Yield the edits that give everybody in a text another name, one for one throughout."""
        drawn = {name: rng.choice(self._given[gender]) for name, gender in sorted(words.given.items())}
        drawn |= {name: rng.choice(self._last) for name in sorted(words.last)}
        if drawn:
            pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(drawn, key=len, reverse=True)))})\b")
            for match in pattern.finditer(text):
                yield Edit(match.start(), match.end(), drawn[match[0]])


def _is_name(word: str) -> bool:
    return len(word) >= _SHORTEST and word[0].isupper()
