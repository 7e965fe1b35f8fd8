"""What a model's training quotes were like: how often each label, how long; what it is asked is compared with that."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

LENGTH_EDGES = (20, 40, 60, 80, 100, 130, 160, 200, 250, 350, 500, 1000, 4000)
"""The last lengths, in characters, of the bins that quotes are counted in; one more bin lies above them."""

_TOLERANCE = 1e-6

Share = Annotated[float, Field(ge=0, le=1)]


class Reference(BaseModel):
    """Shares of the training quotes.

    labels: by label. edges: LENGTH_EDGES when the reference was made; a reference with other edges tells nothing about
    lengths that are counted by these. lengths: by the bins between edges, the last one without an end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Mapping[str, Share]
    edges: tuple[int, ...]
    lengths: tuple[Share, ...]

    @field_validator("labels")
    @classmethod
    def _whole_labels(cls, labels: Mapping[str, float]) -> Mapping[str, float]:
        _check_sum(labels.values())
        return labels

    @field_validator("lengths")
    @classmethod
    def _whole_lengths(cls, lengths: tuple[float, ...]) -> tuple[float, ...]:
        _check_sum(lengths)
        return lengths

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"edges {self.edges} do not rise")
        if len(self.lengths) != len(self.edges) + 1:
            raise ValueError(f"{len(self.edges)} edges make {len(self.edges) + 1} lengths, not {len(self.lengths)}")
        return self


def count_lengths(lengths: Iterable[int]) -> tuple[int, ...]:
    """Count lengths, in characters, by the bins of LENGTH_EDGES."""
    counts = [0] * (len(LENGTH_EDGES) + 1)
    for length in lengths:
        counts[bisect_left(LENGTH_EDGES, length)] += 1
    return tuple(counts)


def _check_sum(shares: Iterable[float]) -> None:
    total = sum(shares)
    if abs(total - 1) > _TOLERANCE:
        raise ValueError(f"shares sum to {total:g}, not to 1")
