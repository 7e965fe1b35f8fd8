"""What is asked of every row, the same for all shards of a run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are read and labelled.

    text_column, carrier_column, id_column: names of columns; a row's id names it where bad rows are listed.
    articles: each row is a whole article. prefix: stands before the names of the columns that are added. shard_rows:
    rows that are labelled and saved together, at most.
    """

    text_column: str = "text"
    carrier_column: str | None = None
    id_column: str | None = None
    articles: bool = False
    prefix: str = ""
    shard_rows: int = 4096

    @property
    def named_columns(self) -> list[str]:
        """The columns that every input must have."""
        return [name for name in (self.text_column, self.carrier_column, self.id_column) if name is not None]
