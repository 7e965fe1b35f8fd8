"""How far what is asked and answered has moved from what the model was trained on, told from the server's counters."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.samples import Sample

from model.reference import LENGTH_EDGES, Reference

LEAST = 500
"""Answered quotes below which no drift is told: with so many that come from the training quotes themselves, the index
of the 14 bins of lengths is about .03 by chance, and .05 at most in 39 of 40 cases; .1 is usually called a change."""

FLOOR = 0.001
"""The least share of a bin: smaller ones, which an empty bin would make infinite, count as this one. It is half a quote
of LEAST, and the same for both sides, so that a bin that is empty on both adds nothing."""

_LABELS, _LENGTHS = "labels", "lengths"
_BINS = (*(f"{edge}.0" for edge in LENGTH_EDGES), "+Inf")
"""The bins of lengths, called by their ends as in the histogram."""

Counts = Mapping[str, Mapping[str, float]]
"""Of labels and of lengths: how many quotes, by bin."""


def psi(expected: Sequence[float], counted: Sequence[float]) -> float:
    """Return the population stability index of two distributions over the same bins, as counts or shares.

    It is the sum over bins of (p - q) ln(p / q): 0 for equal shares, more the further they are apart.
    """
    pairs = zip(_shares(expected), _shares(counted), strict=True)
    return sum((p - q) * math.log(p / q) for p, q in pairs)


def counts_of(families: Iterable[Metric]) -> Counts:
    """Return the quotes that were answered, by label and by length, from the metrics that count them."""
    samples = {family.name: family.samples for family in families}
    labels = {each.labels["label"]: each.value for each in samples.get("stance_predictions", ())}
    return {_LABELS: labels, _LENGTHS: _bins(samples.get("stance_quote_characters", ()))}


def drift_families(counts: Counts, reference: Reference | None) -> Iterator[Metric]:
    """Yield what was counted and expected, bin by bin, and the index of each where it can be told.

    There is no index without a reference and of fewer than LEAST quotes, and none of lengths when the reference has
    other bins. Labels that the reference does not know come from another bundle, which answered before, and are left
    out.
    """
    observed = CounterMetricFamily(
        "stance_drift_observed", "Quotes answered, by what stance_reference_share has shares of.", labels=("of", "bin")
    )
    share = GaugeMetricFamily(
        "stance_reference_share", "Share of the training quotes, by label and by length.", labels=("of", "bin")
    )
    index = GaugeMetricFamily(
        "stance_drift_psi", "Population stability index since start against the training quotes.", labels=("of",)
    )
    expected = {} if reference is None else _expected(reference)
    for of, bins in counts.items():
        for name, count in bins.items():
            observed.add_metric((of, name), count)
        for name, part in expected.get(of, {}).items():
            share.add_metric((of, name), part)
        known = [bins.get(name, 0.0) for name in expected.get(of, {})]
        if sum(known) >= LEAST:
            index.add_metric((of,), psi(list(expected[of].values()), known))
    yield from (observed, share, index)


def _expected(reference: Reference) -> Counts:
    comparable = reference.edges == LENGTH_EDGES
    lengths = dict(zip(_BINS, reference.lengths, strict=True)) if comparable else {}
    return {_LABELS: reference.labels, _LENGTHS: lengths}


def _bins(samples: Iterable[Sample]) -> dict[str, float]:
    """Return a histogram's counts by bin, each without those of the bins below it."""
    up_to = {each.labels["le"]: each.value for each in samples if each.name.endswith("_bucket")}
    upper = [up_to.get(name, 0.0) for name in _BINS]
    return {name: value - below for name, value, below in zip(_BINS, upper, [0.0, *upper], strict=False)}


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [max(count / total, FLOOR) for count in counts]
