"""The quotes that are the most of a stance, as they go by."""

from model.stance import STANCES, Stance
from training.labelled import Judged


class Extremes:
    """Keeps the quotes with the largest probability of a stance; of one text the first, however often it comes."""

    def __init__(self, stance: Stance, most: int) -> None:
        self.stance, self._most = stance, most
        self._place = STANCES.index(stance)
        self._kept: dict[str, Judged] = {}

    def offer(self, row: Judged) -> None:
        """Keep a quote if it belongs there."""
        text = row.text.lower()
        if row.stance is not self.stance or text in self._kept:
            return
        if len(self._kept) < self._most:
            self._kept[text] = row
            return
        least = min(self._kept, key=lambda kept: (self.probability(self._kept[kept]), -self._kept[kept].number))
        if self.probability(row) > self.probability(self._kept[least]):
            del self._kept[least]
            self._kept[text] = row

    def rows(self) -> list[Judged]:
        """Return the quotes, the most of the stance first."""
        return sorted(self._kept.values(), key=lambda row: (-self.probability(row), row.number))

    def probability(self, row: Judged) -> float:
        """Return how probable the stance is of a quote."""
        return row.probabilities[self._place]
