"""What every format can do: open a source, cut it into pieces, read a piece as a table, and write the table again."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple, Protocol

from model.errors import QuoteError
from serve.labelling.streams import LONGEST_ROW, Piece

Cell = str | None | QuoteError
"""A text, none, or what is wrong with the row."""

Value = str | float | int | bool | None
"""What is added to a row."""


class Column(NamedTuple):
    """A column that is added to a table: the type of its values, where there are any, and one value a row."""

    type: type[str] | type[float] | type[int] | type[bool]
    values: Sequence[Value]


Added = Mapping[str, Column]
"""Columns that are added to a table, by name."""

Share = Callable[[], float]
"""How much of a source has been read, in [0, 1]."""


class Table(Protocol):
    """The rows of one piece as they came."""

    def __len__(self) -> int: ...

    def column(self, name: str) -> Sequence[Cell]:
        """Return a column's cells, one a row; a bad row has its error there."""
        ...

    def shown(self, place: int, name: str) -> str | None:
        """Return whatever a row, good or bad, has in a column as a text; None for nothing."""
        ...

    def picked(self, places: Sequence[int], column: str, texts: Sequence[str]) -> "Table":
        """Return a table of the rows at some places, with other texts in one column."""
        ...

    def written(self, added: Added) -> bytes:
        """Write the rows with more columns behind their own."""
        ...


class Opened(Protocol):
    """A source whose columns are known; `pieces` is to be asked for once."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of its columns, of JSON Lines those of the first rows."""
        ...

    def is_text(self, column: str) -> bool:
        """Tell whether a column can hold texts."""
        ...

    def pieces(self, most: int) -> Iterator[Piece]:
        """Cut what is left into pieces of at most so many rows."""
        ...


class Form(Protocol):
    """A format."""

    def opened(self, stream: BinaryIO, share: Share) -> Opened:
        """Open a source. Raises ValueError for one that is not of this format."""
        ...

    def read(self, data: bytes, columns: Sequence[str], added: Collection[str]) -> Table:
        """Read a piece; added: names that no row may have, because columns of these names will be added."""
        ...

    def made(self, columns: Mapping[str, Sequence[str]], faults: Mapping[int, QuoteError]) -> Table:
        """Make a table of texts; faults: what is wrong with some rows."""
        ...

    def head(self, columns: Sequence[str]) -> bytes:
        """Return what stands before the first row of a file."""
        ...


def too_long() -> QuoteError:
    """Return what is wrong with an overlong row."""
    return QuoteError("row_too_long", f"the row is longer than {LONGEST_ROW:,} bytes: split it")


def no_utf8() -> QuoteError:
    """Return what is wrong with bytes that are no text."""
    message = "the row is no UTF-8: convert the file, for instance `iconv -f WINDOWS-1252 -t UTF-8`"
    return QuoteError("row_not_utf8", message)


def rows_of(added: Added) -> Iterator[tuple[Value, ...]]:
    """Yield the values that are added to each row."""
    return zip(*(column.values for column in added.values()), strict=True)
