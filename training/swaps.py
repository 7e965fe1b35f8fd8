"""Exchanges the names in quotes: a stance must not hang on which country or person is spoken of."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from model.predictor import Predictor
from model.quote import SLOT, LabelledQuote, Quote
from training.metrics import SwapRate
from training.names import Dealer, Names, fill, read_names, slots_of

_ROUNDS = 5
_TITLES = (
    "Mr|Mrs|Ms|Dr|President|Prime Minister|Chancellor|Premier|Minister|Foreign Minister|Secretary|Senator|Sen|"
    "Representative|Rep|Congressman|Congresswoman|Governor|Gov|Ambassador|General|King|Queen|Chairman"
)
_PERSON = re.compile(rf"\b(?P<title>(?:{_TITLES})\.?) (?P<surname>[A-Z][\w'-]+)")


def swap_rate(predictor: Predictor, quotes: Sequence[LabelledQuote], seed: int) -> SwapRate:
    """Measure how often the label changes when the names of a quote are exchanged.

    Slots are filled anew; in texts without slots, the countries, nationalities and cities that names.yaml knows and
    surnames behind a title are exchanged, one name for one name throughout the quote.
    """
    rng = random.Random(seed)
    versions = [list(_versions(quote.quote, rng)) for quote in quotes]
    named = [version for version in versions if version]
    labels = iter([answer.label for answer in predictor.predict(quote for version in named for quote in version)])
    changed = 0
    for version in named:
        original, *others = (next(labels) for _ in version)
        changed += sum(label != original for label in others)
    exchanges = len(named) * _ROUNDS
    return SwapRate(
        rate=changed / exchanges if exchanges else 0.0, quotes=len(named), exchanges=exchanges, changed=changed
    )


def _versions(quote: Quote, rng: random.Random) -> Iterator[Quote]:
    """Yield the quote and its exchanges; nothing where it holds no name."""
    names = read_names()
    dealer = Dealer(names, rng)
    slots = slots_of(quote)
    if slots:
        for _ in range(_ROUNDS + 1):
            yield fill(quote, dealer.deal(slots))
        return
    exchange = _Exchange(names, rng)
    if exchange.finds_in(quote):
        yield quote
        for _ in range(_ROUNDS):
            yield exchange.of(quote)


class _Exchange:
    """Replaces known names by others of their kind."""

    def __init__(self, names: Names, rng: random.Random) -> None:
        self._names, self._rng = names, rng
        self._countries = list(names.countries)
        adjectives = {adjective: country for country, adjective in names.countries.items()}
        self._adjectives = adjectives
        known = sorted([*self._countries, *adjectives, *names.cities], key=len, reverse=True)
        self._known = re.compile(rf"\b(?:{'|'.join(map(re.escape, known))})\b")

    def finds_in(self, quote: Quote) -> bool:
        both = f"{quote.text} {quote.carrier or ''}"
        return bool(self._known.search(both) or _PERSON.search(both))

    def of(self, quote: Quote) -> Quote:
        """Return the quote with new names; a country and its adjective move together."""
        chosen: dict[str, str] = {}
        # A carrier may hold the quote itself: put the slot in first, so that both stay one.
        carrier = quote.carrier
        if carrier is not None and SLOT not in carrier:
            carrier = carrier.replace(quote.text, SLOT, 1)
        renamed = None if carrier is None else self._renamed(carrier, chosen)
        return replace(quote, text=self._renamed(quote.text, chosen), carrier=renamed)

    def _renamed(self, text: str, chosen: dict[str, str]) -> str:
        text = _PERSON.sub(
            lambda m: f"{m['title']} {self._new(m['surname'], self._names.surnames, chosen)}", text
        )  # fmt: skip
        return self._known.sub(lambda m: self._place(m[0], chosen), text)

    def _place(self, name: str, chosen: dict[str, str]) -> str:
        if name in self._adjectives:
            country = self._new(self._adjectives[name], self._countries, chosen)
            return self._names.countries[country]
        return self._new(name, self._countries if name in self._names.countries else self._names.cities, chosen)

    def _new(self, name: str, names: Sequence[str], chosen: dict[str, str]) -> str:
        if name not in chosen:
            chosen[name] = self._rng.choice([other for other in names if other != name])
        return chosen[name]
