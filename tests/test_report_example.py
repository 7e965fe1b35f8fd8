"""The example's truth is known, and a report on it tells the truth."""

from collections import Counter

import numpy as np
import pytest

from model.predictor import Predictor
from model.quote import Quote
from model.stance import STANCES, Stance
from training.labelled import Judged
from training.reporting.confusion import Confusion
from training.reporting.example import rows
from training.reporting.periods import Every
from training.reporting.quantify import Quantifier
from training.reporting.tally import Tally


@pytest.fixture(scope="module")
def judged(default_bundle):
    """Give each row's quote as the bundle judges it."""
    made = rows(5)
    with Predictor(default_bundle, workers=1) as predictor:
        answers = predictor.predict(Quote(row["text"], row["carrier"]) for row in made)
    return [
        Judged(i, row["text"], None, row["id"], row["article"], Stance(answer.label),
               tuple(answer.probabilities.values()), answer.uncertain, row)
        for i, (row, answer) in enumerate(zip(made, answers, strict=True), 1)
    ]  # fmt: skip


def test_shares_are_those_that_were_made(judged):
    """With the matrix of a part of the rows, the corrected shares of speakers in the rest hold the truth."""
    known, asked = judged[:700], judged[700:]
    matrix = np.zeros((3, 3), dtype=np.int64)
    for row in known:
        matrix[STANCES.index(row.fields["true_label"]), STANCES.index(row.stance)] += 1
    tally = Tally("speaker", "date", Every.MONTH)
    for row in asked:
        tally.add(row)
    lines = tally.groups(Quantifier(Confusion(matrix, "it", 0.2)), fewest=20)
    held = []
    for line in (line for line in lines if not line.pooled):
        truth = Counter(row.fields["true_label"] for row in asked if row.fields["speaker"] == line.name)
        for stance, share in zip(STANCES, line.estimates.corrected, strict=True):
            held.append(share.low <= truth[stance] / line.quotes <= share.high)
    assert len(held) >= 21
    assert np.mean(held) >= 0.9
