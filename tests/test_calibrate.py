"""Calibration makes confidence mean accuracy."""

import numpy as np
import pytest

from model.predictor import softmax
from training.calibrate import calibrate
from training.metrics import expected_calibration_error


def overconfident(temperature, count=4000):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, (count, 3))
    true = softmax(logits)
    truth = np.array([rng.choice(3, p=row) for row in true])
    return softmax(logits * temperature), truth


def test_temperature_is_found():
    """Logits that were blown up by 3 are divided by about 3, and the calibration error goes."""
    probabilities, truth = overconfident(3.0)
    calibration = calibrate(probabilities, truth, 0.9)
    assert calibration.temperature == pytest.approx(3.0, rel=0.1)
    mended = softmax(np.log(probabilities) / calibration.temperature)
    assert expected_calibration_error(truth, mended) < 0.03 < expected_calibration_error(truth, probabilities)


def test_what_is_certain_is_right_as_often_as_asked():
    """Above the threshold the accuracy is what was asked for, and hardly more quotes than needed are given up."""
    probabilities, truth = overconfident(1.0)
    calibration = calibrate(probabilities, truth, 0.9)
    mended = softmax(np.log(probabilities) / calibration.temperature)
    certain = mended.max(axis=1) >= calibration.threshold
    right = mended.argmax(axis=1) == truth
    assert right[certain].mean() >= 0.9
    assert 0.1 < certain.mean() < 0.9


def test_hopeless_model_is_nearly_always_uncertain():
    """Where no threshold reaches the accuracy, only the surest prediction counts as certain."""
    probabilities = softmax(np.random.default_rng(0).normal(0, 1, (200, 3)))
    truth = (probabilities.argmax(axis=1) + 1) % 3
    calibration = calibrate(probabilities, truth, 0.9)
    mended = softmax(np.log(probabilities) / calibration.temperature)
    assert (mended.max(axis=1) >= calibration.threshold).sum() <= 1
