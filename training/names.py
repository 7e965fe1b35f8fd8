"""Fills the corpus's slots with names, dealt so evenly over the labels that no name can carry one."""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from model.quote import LabelledQuote, Quote

NAMES_FILE = Path(__file__).parent / "data" / "names.yaml"

SLOTS = frozenset(
    "self self_adj other other_adj third third_adj other_leader city org company group".split()  # noqa: SIM905
)
_SLOT = re.compile(r"\{(\w+)\}")
_SENTENCE_START = re.compile(r"(?:^|[.!?][\"'\u201d\u2019)]*\s+)[\"'\u201c\u2018(]*$")


@dataclass(frozen=True, slots=True)
class People:
    """Politicians: women and men map a full name to the one that stands alone, None where none does.

    first_names maps a first name that stands alone to the full name.
    """

    women: Mapping[str, str | None]
    men: Mapping[str, str | None]
    first_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parties:
    """Parties: members holds triples (one member, several, adjective); bare names take no article, initials do."""

    members: Sequence[Sequence[str]]
    bare: Sequence[str]
    initials: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)  # compared and hashed as an object: what is built from it is cached
class Names:
    """The lists that names are drawn from; countries maps a country to its adjective.

    The last four fill no slots: they are known so that names in real quotes can be exchanged. ordinary_words are
    names that start a sentence as often without being one.
    """

    countries: Mapping[str, str]
    cities: Sequence[str]
    titles: Sequence[str]
    surnames: Sequence[str]
    organisations: Sequence[str]
    companies: Sequence[str]
    groups: Sequence[str]
    further_countries: Mapping[str, str]
    people: People
    parties: Parties
    ordinary_words: Sequence[str]


@cache
def read_names() -> Names:
    """Read the project's names."""
    found = yaml.safe_load(NAMES_FILE.read_text(encoding="utf-8"))
    people, parties = People(**found.pop("people")), Parties(**found.pop("parties"))
    return Names(people=people, parties=parties, **found)


class Dealer:
    """Deals names of each kind from a shuffled deck that is reshuffled when it runs out.

    Among the names dealt so far no two counts of one kind differ by more than one, but where a name has to be passed
    over because the quote holds it already.
    """

    def __init__(self, names: Names, rng: random.Random) -> None:
        self._rng = rng
        self._lists: dict[str, Sequence[str]] = {
            "country": list(names.countries),
            "city": names.cities,
            "title": names.titles,
            "surname": names.surnames,
            "org": names.organisations,
            "company": names.companies,
            "group": names.groups,
        }
        self._adjectives = names.countries
        self._decks: dict[str, list[str]] = {kind: [] for kind in self._lists}

    def deal(self, slots: Iterable[str]) -> dict[str, str]:
        """Return a name for each slot of one quote; self, other and third are three countries."""
        values: dict[str, str] = {}
        countries: dict[str, str] = {}
        for slot in sorted(slots):
            role = slot.removesuffix("_adj")
            if role in {"self", "other", "third"}:
                if role not in countries:
                    countries[role] = self._next("country", countries.values())
                values[slot] = self._adjectives[countries[role]] if slot.endswith("_adj") else countries[role]
            elif slot == "other_leader":
                values[slot] = f"{self._next('title')} {self._next('surname')}"
            else:
                values[slot] = self._next(slot)
        return values

    def _next(self, kind: str, taken: Iterable[str] = ()) -> str:
        deck, taken = self._decks[kind], set(taken)
        if not set(deck) - taken:
            fresh = list(self._lists[kind])
            self._rng.shuffle(fresh)
            deck[:0] = fresh
        place = next(i for i in range(len(deck) - 1, -1, -1) if deck[i] not in taken)
        return deck.pop(place)


def slots_of(quote: Quote) -> set[str]:
    """Return the slots in a quote's text and carrier."""
    return set(_SLOT.findall(f"{quote.text} {quote.carrier or ''}")) & SLOTS


def fill(quote: Quote, names: Mapping[str, str]) -> Quote:
    """Put names into the slots of a quote; "the" becomes "The" where a sentence starts."""
    carrier = None if quote.carrier is None else _filled(quote.carrier, names)
    return replace(quote, text=_filled(quote.text, names), carrier=carrier)


def _filled(text: str, names: Mapping[str, str]) -> str:
    def name(match: re.Match[str]) -> str:
        value = names.get(match[1])
        if value is None:
            return match[0]
        starts = _SENTENCE_START.search(text[: match.start()]) is not None
        return value[0].upper() + value[1:] if starts else value

    return _SLOT.sub(name, text)


def fill_all(quotes: Sequence[LabelledQuote], rng: random.Random) -> Iterator[LabelledQuote]:
    """Fill the slots of all quotes, with one dealer a label: every name meets every label equally often.

    Quotes without slots pass unchanged, so data that never had any can be mixed in.
    """
    names = read_names()
    dealers = {label: Dealer(names, rng) for label in sorted({quote.label for quote in quotes})}
    for quote in quotes:
        slots = slots_of(quote.quote)
        yield replace(quote, quote=fill(quote.quote, dealers[quote.label].deal(slots))) if slots else quote
