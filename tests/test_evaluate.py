"""Evaluation: figures of what is served, entity swaps included."""

import json
import random

import pytest

from model.quote import LabelledQuote, Quote
from training.evaluate import evaluate
from training.report import write_report
from training.swaps import _versions


@pytest.fixture(scope="module")
def evaluated(tiny_bundle, tiny_splits):
    return evaluate(tiny_bundle, tiny_splits.test)


def test_evaluation_counts_every_quote(evaluated, tiny_splits, tiny_bundle):
    """All test quotes are scored, under the digest of the bundle that was scored."""
    metrics = evaluated.evaluation.metrics
    assert metrics.quotes == len(tiny_splits.test)
    assert sum(map(sum, metrics.confusion)) == metrics.quotes
    assert evaluated.evaluation.bundle == tiny_bundle.digest
    assert metrics.interval[0] <= metrics.macro_f1 <= metrics.interval[1]


def test_report_is_written(evaluated, tmp_path):
    """Two pictures that are PNG and not blank, and the figures as JSON."""
    write_report(evaluated.evaluation, evaluated.truth, evaluated.probabilities, tmp_path)
    for name in ("confusion.png", "reliability.png"):
        data = (tmp_path / name).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) > 10_000
    assert json.loads((tmp_path / "evaluation.json").read_text()) == evaluated.evaluation.model_dump(mode="json")


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


def test_swap_rate_is_a_share(evaluated):
    """Changed labels over exchanges, five a quote that holds a name."""
    swaps = evaluated.evaluation.swaps
    assert swaps.quotes > 10
    assert swaps.exchanges == 5 * swaps.quotes
    assert swaps.rate == swaps.changed / swaps.exchanges


def test_foreign_data_is_scored(tiny_bundle):
    """Quotes without group and with only one label still get their figures."""
    quotes = [LabelledQuote(Quote(f"They lied {i} times."), "hostile") for i in range(7)]
    metrics = evaluate(tiny_bundle, quotes).evaluation.metrics
    assert metrics.groups == 7
    assert metrics.per_class["neutral"].support == 0
