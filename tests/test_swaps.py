"""The entity-swap rate: how often a label changes with nothing but the names."""

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from model.quote import LabelledQuote, Quote
from training.swaps import _versions, swap_rate

QUOTES = [
    LabelledQuote(Quote("{other} is late."), "neutral"),
    LabelledQuote(Quote("Poland is late.", "[Q], Trump said."), "neutral"),
    LabelledQuote(Quote("They are late."), "neutral"),
]


def rate(label_of):
    """Score the quotes with a predictor that labels a quote by a function of it."""
    seen = []

    def predict(quotes):
        seen.extend(quotes)
        return [SimpleNamespace(label=label_of(quote)) for quote in seen]

    return swap_rate(cast("Any", SimpleNamespace(predict=predict)), QUOTES, 1), seen


def test_quotes_without_names_are_not_counted():
    """Slots are filled and known names exchanged five times each; a quote without either can't change."""
    swaps, seen = rate(lambda _: "neutral")
    assert (swaps.quotes, swaps.exchanges, swaps.changed, swaps.rate) == (2, 10, 0, 0.0)
    assert len(seen) == 12
    assert not any("{" in quote.text or "They" in quote.text for quote in seen)


def test_the_original_is_compared_with_its_exchanges():
    """Only a label other than that of the quote's first version counts as changed."""
    swaps, seen = rate(lambda quote: "hostile" if quote.text.startswith("Poland") else "neutral")
    assert seen[6] == QUOTES[1].quote
    assert all("Poland" not in quote.text and "Trump" not in (quote.carrier or "") for quote in seen[7:])
    assert swaps.changed == 5
    assert swaps.rate == pytest.approx(0.5)


def test_slots_are_filled_anew():
    """A quote with slots is exchanged by filling them with other names."""
    versions = list(_versions(Quote("{other} must leave.", "[Q], said {other_leader}."), random.Random(0)))
    assert len({version.text for version in versions}) == 6
    assert not any("{" in f"{version.text}{version.carrier}" for version in versions)


def test_known_names_are_exchanged_together():
    """Without slots, countries keep their adjective, cities become cities, titled people get another surname."""
    quote = Quote("France and its French allies met President Smith in Paris. France!", "“[Q]”, Mr. Smith said.")
    for version in list(_versions(quote, random.Random(0)))[1:]:
        assert "France" not in version.text
        assert "French" not in version.text
        assert "Smith" not in f"{version.text}{version.carrier}"
        assert "Paris" not in version.text
        first = version.text.split(" and its ")[0]
        assert version.text.endswith(f"{first}!")


def test_quotes_without_names_are_left_out():
    """Nothing to exchange, nothing to count."""
    assert list(_versions(Quote("It rained all day."), random.Random(0))) == []


def test_nothing_to_exchange_is_no_rate_of_change():
    """Without a quote that holds a name the rate is 0, of no exchanges."""
    predictor = cast("Any", SimpleNamespace(predict=list))
    swaps = swap_rate(predictor, [LabelledQuote(Quote("They are late."), "neutral")], 1)
    assert (swaps.rate, swaps.quotes, swaps.exchanges, swaps.changed) == (0.0, 0, 0, 0)
