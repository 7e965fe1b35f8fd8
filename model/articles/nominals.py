"""Finds whom a description means, "the senator" or "the Ohio governor", by the titles that stand beside names."""

from collections import defaultdict
from collections.abc import Sequence

from model.articles.people import Entity
from model.articles.roles import bare, is_human
from model.articles.smallwords import DETERMINERS, FUNCTION_WORDS, POSSESSIVES, is_verb
from model.articles.words import Word, folded, listed

_LONGEST = 6
_FALLBACK = listed(
    "billionaire businessman candidate contender congressman congresswoman democrat developer executive front-runner "
    "frontrunner governor hopeful incumbent lawmaker leader magnate mayor millionaire minister mogul nominee "
    "politician premier president republican secretary senator star tycoon"
)
_SIDES = listed("conservative democrat democratic labour liberal republican gop socialist")
_PARTY = {"democrat": "democratic", "gop": "republican"}


class Titles:
    """Everybody's titles, by their words."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._words: dict[int, set[str]] = {}
        self._holders: dict[str, list[Entity]] = defaultdict(list)
        for entity in entities:
            if entity.group or not entity.titles:
                continue
            own = {word for title in entity.titles for word in _plain(title)}
            self._words[id(entity)] = own
            for word in own:
                if is_human(word):
                    self._holders[word].append(entity)

    def holders(self, words: Sequence[Word], first: int, head: int) -> list[Entity]:
        """Those whose title holds the noun of a description and who are of no other party: the best fitting ones."""
        found = [e for e in self._holders.get(bare(words[head].text), []) if self.may_be(e, words, first, head)]
        fits = [self.fit(entity, words, first, head) for entity in found]
        return [entity for entity, fit in zip(found, fits, strict=True) if fit == max(fits)]

    def fit(self, entity: Entity, words: Sequence[Word], first: int, head: int) -> int:
        """How many words of a description before its noun somebody's title holds too."""
        return len(_asked(words, first, head) & self._words.get(id(entity), set()))

    def may_be(self, entity: Entity, words: Sequence[Word], first: int, head: int) -> bool:
        """Whether a description names no other party than somebody's title."""
        asked = {_PARTY.get(side, side) for side in _asked(words, first, head + 1) & _SIDES}
        own = {_PARTY.get(side, side) for side in self._words.get(id(entity), set()) & _SIDES}
        return not asked or not own or bool(asked & own)


def _asked(words: Sequence[Word], first: int, end: int) -> set[str]:
    return {bare(word.text) for word in words[first:end]} - DETERMINERS


def _plain(title: str) -> list[str]:
    spaced = title.replace("\u2019s", "").replace("'s", "")
    pieces = [piece for word in spaced.split() for piece in (word, *word.split("-"))]
    return [bare(piece.strip(",'\"()\u2019")) for piece in pieces]


def is_qualified(words: Sequence[Word], first: int, head: int) -> bool:
    """Whether a description says more than a noun: the Ohio governor, the former secretary."""
    return any(words[place].text[0].isupper() for place in range(first + 1, head))


def may_mean_the_main_one(words: Sequence[Word], first: int, head: int) -> bool:
    """Whether a description is of the kind that newspapers use for whom they are writing about."""
    if words[first].text.lower() not in {"the", "this"}:
        return False
    if any(word.text in POSSESSIVES for word in words[first:head]):
        return False
    noun = words[head].text
    return folded(noun) in _FALLBACK or folded(noun).endswith("-year-old")


def described(words: Sequence[Word], first: int) -> int | None:
    """Find the noun of a description that begins with a determiner at `first`; None if it is no person's."""
    head = None
    for place in range(first + 1, min(first + _LONGEST, len(words))):
        word = words[place]
        if not word.text[0].isalnum() or word.paragraph != words[first].paragraph:
            break
        if word.text in FUNCTION_WORDS or is_verb(word.text):
            break
        if is_human(word.text):
            head = place
        elif head is not None and words[head].text[0].isupper():
            head = None  # the Democrat convention
    if head is None or head + 1 >= len(words):
        return head
    following = words[head + 1]
    return None if following.text[0].isupper() and not following.quoted else head
