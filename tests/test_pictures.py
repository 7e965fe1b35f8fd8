"""Pictures show what they are named for."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from model.quote import LabelledQuote, Quote
from training.breakdown import Answers
from training.pictures import CONFUSION, RELIABILITY, RISK_COVERAGE, draw_all, draw_confusion

LABELS = ("yes", "no", "perhaps")
RED = np.array([214, 39, 40]) / 255  # of the dot that marks the threshold


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    quotes = tuple(LabelledQuote(Quote(f"We waited {i} days."), LABELS[i % 3]) for i in range(60))
    return Answers(quotes, LABELS, rng.dirichlet([0.4] * 3, 60), 0.7)


def pixels(path):
    return imread(path)[..., :3]


def has_red(path):
    return bool((np.abs(pixels(path) - RED).max(axis=-1) < 0.02).any())


def test_three_pictures_are_drawn(answers, tmp_path):
    """PNG files of more than one colour, under the names that the card links."""
    draw_all(answers.metrics(), answers, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {CONFUSION, RELIABILITY, RISK_COVERAGE}
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")
        assert len(np.unique(pixels(path).reshape(-1, 3), axis=0)) > 10


def test_confusion_draws_the_counts(answers, tmp_path):
    """Other counts make another picture, and the same ones the same."""
    metrics = answers.metrics()
    turned = metrics.model_copy(update={"confusion": metrics.confusion[::-1]})
    for name, drawn in (("one", metrics), ("again", metrics), ("turned", turned)):
        draw_confusion(drawn, tmp_path / f"{name}.png")
    one, again, other = (pixels(tmp_path / f"{name}.png") for name in ("one", "again", "turned"))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or not np.array_equal(one, other)


def test_threshold_is_marked_where_something_passes_it(answers, tmp_path):
    """A dot on the curve; with a threshold that nothing reaches there is no such point."""
    for name, threshold in (("some", 0.7), ("none", 1.0)):
        drawn = replace(answers, threshold=threshold)
        (tmp_path / name).mkdir()
        draw_all(drawn.metrics(), drawn, tmp_path / name)
    assert has_red(tmp_path / "some" / RISK_COVERAGE)
    assert not has_red(tmp_path / "none" / RISK_COVERAGE)


def test_extremes_can_be_drawn(tmp_path):
    """One quote, wholly sure and right, in a label set of two: no risk, one bin, an empty row; and no warning."""
    answers = Answers((LabelledQuote(Quote("We wait."), "yes"),), ("yes", "no"), np.array([[1.0, 0.0]]), 0.5)
    draw_all(answers.metrics(), answers, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 3
