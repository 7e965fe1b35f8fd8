"""A shard: some rows of a source, labelled and saved together, and the receipt for having done so."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from model.files import digest
from serve.labelling.kinds import Kind

SHOWN = 20
"""Bad rows that are listed."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows to label, and all that one must know to do it, on whatever machine.

    source, number: which shard of which source. first: the number of its first row in the source, from 1. columns,
    kind: of the source. out: the kind of the output. data: the rows, as the format's `read` takes them.
    """

    source: int
    number: int
    first: int
    rows: int
    columns: tuple[str, ...]
    kind: Kind
    out: Kind
    data: bytes


class BadRow(BaseModel):
    """A row that could not be labelled: its number in the source, from 1, its id if there is one, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    row: int
    id: str | None
    error: str


class Counts(BaseModel):
    """What came of rows.

    rows: of the input. results: rows of the output, more or fewer than those of the input for articles. read: quotes
    that the model read; the other results are copies of theirs or bad. bad: the first bad rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = 0
    results: int = 0
    read: int = 0
    errors: int = 0
    uncertain: int = 0
    stances: Mapping[str, int] = Field(default_factory=dict)
    bad: tuple[BadRow, ...] = ()

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            rows=self.rows + other.rows,
            results=self.results + other.results,
            read=self.read + other.read,
            errors=self.errors + other.errors,
            uncertain=self.uncertain + other.uncertain,
            stances=Counter(self.stances) + Counter(other.stances),
            bad=(*self.bad, *other.bad)[:SHOWN],
        )


class Receipt(BaseModel):
    """That a shard is labelled; given, labelled: SHA-256 of its data and of what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: int
    number: int
    given: str
    labelled: str
    counts: Counts


class Labelled(NamedTuple):
    """A labelled shard: its part of the output, packed, and the receipt."""

    data: bytes
    receipt: Receipt


def receipt_for(shard: Shard, data: bytes, counts: Counts) -> Receipt:
    """Make the receipt of a shard."""
    return Receipt(
        source=shard.source, number=shard.number, given=digest(shard.data), labelled=digest(data), counts=counts
    )
