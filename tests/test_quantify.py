"""Shares are corrected without bias, and their intervals hold what they promise."""

import json

import numpy as np
import pytest

from model.errors import DataError
from training.reporting.confusion import Confusion, read_confusion, shipped_confusion
from training.reporting.quantify import Quantifier

TRUE_RATES = np.array([[0.75, 0.10, 0.15], [0.06, 0.72, 0.22], [0.05, 0.14, 0.81]])
LABELLED = (142, 341, 427)  # quotes of each stance in a test split, about as many as the bundle's


def counted(rng):
    """Count a confusion matrix on a test split that is drawn anew."""
    return Confusion(
        np.array([rng.multinomial(n, rates) for n, rates in zip(LABELLED, TRUE_RATES, strict=True)]), "it", 0.5
    )


def spoken(rng, prevalence, documents):
    """Draw documents of one to seven quotes, of which each leans its own way, and judge them."""
    sizes = rng.integers(1, 8, documents)
    leaning = rng.dirichlet(np.array(prevalence) * 4, documents)
    counts = [rng.multinomial(size, lean @ TRUE_RATES) for size, lean in zip(sizes, leaning, strict=True)]
    return np.array(counts), rng.normal(0.1, 0.5, documents) * sizes


@pytest.mark.parametrize("prevalence", [(0.05, 0.2, 0.75), (0.1, 0.7, 0.2), (0.45, 0.1, 0.45)])
def test_corrected_shares_are_unbiased_and_covered(prevalence):
    """Over many made corpora their mean is the truth, which raw shares miss, and 90 % of intervals hold it."""
    rng = np.random.default_rng(1)
    corrected, covered, raw = [], [], []
    for _ in range(120):
        found = Quantifier(counted(rng)).estimate(*spoken(rng, prevalence, 150))
        corrected.append([share.value for share in found.corrected])
        raw.append([share.value for share in found.raw])
        covered.append([s.low <= p <= s.high for s, p in zip(found.corrected, prevalence, strict=True)])
    assert np.abs(np.mean(corrected, axis=0) - prevalence).max() < 0.012
    assert np.abs(np.mean(raw, axis=0) - prevalence).max() > 0.04
    assert np.mean(covered, axis=0).min() >= 0.90


def test_tone_is_covered():
    """The mean tone's interval, over documents of unlike sizes, holds the truth in 90 % of made corpora."""
    rng = np.random.default_rng(2)
    quantifier = Quantifier(counted(rng))
    tones = [quantifier.estimate(*spoken(rng, (0.2, 0.3, 0.5), 60)).tone for _ in range(150)]
    assert np.mean([tone.low <= 0.1 <= tone.high for tone in tones]) >= 0.90


def test_documents_are_drawn_whole():
    """The same quotes in fewer documents that are of one mind give wider intervals."""
    quantifier = Quantifier(counted(np.random.default_rng(3)))
    alone = np.repeat(np.eye(3, dtype=np.int64), 100, axis=0)
    together = np.repeat(np.eye(3, dtype=np.int64) * 10, 10, axis=0)
    widths = []
    for counts in (alone, together):
        hostile = quantifier.estimate(counts, np.zeros(len(counts))).raw[1]
        widths.append(hostile.high - hostile.low)
    assert widths[1] > 2.5 * widths[0]


def test_a_perfect_model_needs_no_correction():
    """Where nothing was confused, corrected shares are the raw ones."""
    counts = np.array([[3, 1, 0], [2, 2, 9], [0, 4, 1]])
    found = Quantifier(Confusion(np.eye(3, dtype=np.int64) * 10_000, "it", 0.5)).estimate(counts, np.zeros(3))
    assert [share.value for share in found.corrected] == pytest.approx([share.value for share in found.raw])


def test_what_was_never_seen_may_be_there():
    """A stance that no quote has gets an interval all the same; shares stay in the simplex."""
    counts = np.tile([0, 3, 0], (15, 1))
    found = Quantifier(counted(np.random.default_rng(4))).estimate(counts, -np.ones(15))
    assert found.raw[0].low == 0
    assert 0.05 < found.raw[0].high < 0.3
    assert sum(share.value for share in found.corrected) == pytest.approx(1)
    assert all(0 <= share.low <= share.high <= 1 for share in (*found.raw, *found.corrected))


def test_one_document_has_no_interval():
    """Nothing tells how another document would differ."""
    found = Quantifier(counted(np.random.default_rng(5))).estimate(np.array([[5, 1, 2]]), np.array([2.5]))
    assert found.tone.value == pytest.approx(2.5 / 8)
    assert not any(each.bounded for each in (*found.raw, *found.corrected, found.tone, found.balance))


def test_many_documents_are_put_together():
    """Beyond a thousand documents the interval is that of theory, and the same every time."""
    rng = np.random.default_rng(6)
    counts = rng.multinomial(1, [0.2, 0.3, 0.5], 50_000)
    quantifier = Quantifier(counted(rng))
    found = quantifier.estimate(counts, np.zeros(len(counts)))
    hostile = found.raw[1]
    assert hostile.high - hostile.low == pytest.approx(2 * 1.96 * np.sqrt(0.3 * 0.7 / 50_000), rel=0.12)
    assert quantifier.estimate(counts, np.zeros(len(counts))) == found


def test_shipped_confusion_is_of_real_quotes(default_bundle):
    """The bundle's manifest counts it by corpus; the project's invented quotes are left out."""
    found = shipped_confusion(default_bundle)
    parts = default_bundle.manifest.metrics["parts"]["corpus"]
    assert found.counts.sum() == sum(part["quotes"] for part in parts if part["name"] != "corpus")
    assert "corpus," not in found.origin
    assert found.counts.diagonal().sum() / found.counts.sum() > 0.6


def test_an_evaluation_can_be_used_instead(default_bundle, tmp_path):
    """Of one's own labelled quotes; its labels may stand in another order, and it must be about the same bundle."""
    metrics = default_bundle.manifest.metrics["test"]
    turned = [row[::-1] for row in metrics["confusion"][::-1]]
    report = {"bundle": "abc", "metrics": {**metrics, "labels": metrics["labels"][::-1], "confusion": turned}}
    file = tmp_path / "evaluation.json"
    file.write_text(json.dumps(report))
    assert read_confusion(file, "abc").counts.tolist() == metrics["confusion"]
    with pytest.raises(DataError, match="is about another bundle"):
        read_confusion(file, "def")
    file.write_text("{}")
    with pytest.raises(DataError, match="is not what `detente evaluate --json` writes"):
        read_confusion(file, None)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[5, 1, 0], [0, 0, 0], [1, 1, 7]], "no quote labelled hostile"),
        ([[5, 1, 0], [10, 2, 0], [1, 1, 7]], "does not tell the stances apart"),
    ],
)
def test_a_matrix_that_cannot_be_undone_is_refused(counts, message):
    """A stance that was not tested, or two that the model judges alike."""
    with pytest.raises(DataError, match=message):
        Confusion(np.array(counts), "it", 0.5)
