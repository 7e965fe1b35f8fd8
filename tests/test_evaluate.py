"""Evaluation: figures of what is served, entity swaps included."""

import pytest

from model.quote import LabelledQuote, Quote
from training.evaluate import evaluate


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


def test_parts_are_of_the_whole(evaluated):
    """Every quote is in one corpus, of one length and of one shape, and slots were filled before it was asked."""
    breakdown = evaluated.evaluation.breakdown
    for rows in (breakdown.corpus, breakdown.length, breakdown.shape):
        assert sum(row.quotes for row in rows) == evaluated.evaluation.metrics.quotes
    carried = [quote for quote in evaluated.answers.quotes if quote.quote.carrier is not None]
    assert breakdown.carrier[0].quotes == len(carried) > 0
    assert not any("{" in quote.quote.text for quote in evaluated.answers.quotes)


def test_answers_are_what_was_scored(evaluated, tiny_bundle):
    """Pictures are drawn from the same probabilities and threshold that the figures are of."""
    assert evaluated.answers.metrics() == evaluated.evaluation.metrics
    assert evaluated.answers.threshold == tiny_bundle.manifest.threshold


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
