"""Exchanges the names in quotes and measures what it changes: a stance must not hang on who is spoken of."""

import random
from collections.abc import Iterator, Sequence

from model.predictor import Predictor
from model.quote import LabelledQuote, Quote
from training.exchange import Exchange
from training.metrics import SwapRate
from training.names import Dealer, fill, read_names, slots_of

_ROUNDS = 5


def swap_rate(predictor: Predictor, quotes: Sequence[LabelledQuote], seed: int) -> SwapRate:
    """Measure how often the label changes when the names of a quote are exchanged.

    Slots are filled anew; in texts without slots, the names that names.yaml knows and surnames behind a title are
    exchanged, one name for one name throughout the quote.
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
    exchange = Exchange(names, rng)
    if exchange.finds_in(quote):
        yield quote
        for _ in range(_ROUNDS):
            yield exchange.of(quote)
