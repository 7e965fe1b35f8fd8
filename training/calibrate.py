"""Makes probabilities mean what they say, and says from which one on an answer can be relied on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from model.predictor import softmax

_TINY = 1e-12
_WIDEST = 3.0  # the temperature is sought in [e^-3, e^3]


@dataclass(frozen=True, slots=True)
class Calibration:
    """temperature divides the logits; predictions whose largest probability is below threshold are uncertain."""

    temperature: float
    threshold: float


def calibrate(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int64], certain: float) -> Calibration:
    """Fit both on probabilities of shape (quotes, labels) made at temperature 1, on quotes not trained on.

    The temperature minimises the negative log likelihood (Guo et al., "On Calibration of Modern Neural Networks",
    ICML 2017). The threshold is the lowest at which the predictions above it are right in the share `certain`; where
    none reaches it, every prediction but the surest is uncertain.
    """
    logits = np.log(np.maximum(probabilities, _TINY))

    def loss(log_temperature: float) -> float:
        chosen = softmax(logits / np.exp(log_temperature))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, _TINY)).mean())

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-_WIDEST, _WIDEST), method="bounded").x))
    calibrated = softmax(logits / temperature)
    return Calibration(temperature, _threshold(calibrated.max(axis=1), calibrated.argmax(axis=1) == truth, certain))


def _threshold(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], certain: float) -> float:
    order = np.argsort(-confidence)
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(accuracy >= certain)
    return float(confidence[order[reached[-1] if len(reached) else 0]])
