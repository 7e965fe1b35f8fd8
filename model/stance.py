"""The three stances, and what the model says about one quote."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Stance(StrEnum):
    """Which way a speaker moves the relation with the other side.

    The labels follow the verbal quad classes of CAMEO and PLOVER: verbal cooperation, verbal conflict, neither.
    """

    CONCILIATORY = "conciliatory"
    HOSTILE = "hostile"
    NEUTRAL = "neutral"


STANCES = tuple(stance.value for stance in Stance)
"""The label order of every model trained on stances, and of every table."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one quote.

    label: the most probable label. probabilities: one per label in the bundle's order, summing to 1.
    uncertain: the largest probability lies below the bundle's threshold. windows: how many pieces the quote was
    read in (1 unless it is longer than the model's window).
    """

    label: str
    probabilities: Mapping[str, float]
    uncertain: bool
    windows: int

    @property
    def tone(self) -> float | None:
        """P(conciliatory) - P(hostile), in [-1, 1]; None when the model was trained on other labels."""
        if Stance.CONCILIATORY not in self.probabilities or Stance.HOSTILE not in self.probabilities:
            return None
        return self.probabilities[Stance.CONCILIATORY] - self.probabilities[Stance.HOSTILE]
