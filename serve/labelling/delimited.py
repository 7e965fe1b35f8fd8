"""CSV and TSV: records that may span lines, cells that are texts, and what to do where a record is broken."""

import csv
import io
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

from model.errors import QuoteError
from serve.labelling.streams import LONGEST_ROW, OVERLONG, Piece, gathered, lines
from serve.labelling.tables import Added, Cell, Share, Value, no_utf8, rows_of, too_long


class Record(NamedTuple):
    """One record: its bytes, and its cells or what is wrong with it."""

    raw: bytes
    cells: list[str]
    fault: QuoteError | None = None


class _Unclosed(csv.Error):
    """A quotation mark that nothing closes would take the rest of the file for one cell."""


def records(source: Iterable[bytes], delimiter: str) -> Iterator[Record]:
    """Read records from lines, empty ones left out; cells that are no UTF-8 hold lone surrogates.

    A broken record is its first line alone, and reading goes on with the next: a stray quotation mark then costs one
    row, not the rest of the file.
    """
    csv.field_size_limit(LONGEST_ROW)  # of the whole process, and nothing else in it reads CSV with a limit
    left: deque[bytes] = deque()  # lines behind the first one of a broken record
    ahead = iter(source)
    taken: list[bytes] = []

    def fed() -> Iterator[str]:
        size = 0
        while (line := left.popleft() if left else next(ahead, None)) is not None:
            size = len(line) + (size if taken else 0)
            taken.append(line)
            if size > LONGEST_ROW:
                raise _Unclosed("a quotation mark is not closed")
            yield line.decode(errors="surrogateescape")

    reader = csv.reader(fed(), delimiter=delimiter, strict=True)
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            fault = QuoteError("row_unreadable", f"the row can't be read: {error}")
            yield Record(taken[0], [], fault)
            left.extendleft(reversed(taken[1:]))
            reader = csv.reader(fed(), delimiter=delimiter, strict=True)
            continue
        if cells is None:
            return
        if cells:
            raw = b"".join(taken)
            yield Record(raw, [], too_long()) if raw == OVERLONG else Record(raw, cells)


class Delimited:
    """The format, by its delimiter."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter

    def opened(self, stream: BinaryIO, share: Share) -> "OpenedDelimited":
        """Read the header. Raises ValueError for a file without one."""
        return OpenedDelimited(records(lines(stream), self._delimiter), share)

    def read(self, data: bytes, columns: Sequence[str], added: Collection[str] = ()) -> "DelimitedTable":
        """Read a piece; a row with too few cells gets empty ones, one with too many loses what is beyond."""
        del added
        rows: list[list[str]] = []
        faults: dict[int, QuoteError] = {}
        width, sound = len(columns), _is_utf8(data)
        for place, record in enumerate(records(io.BytesIO(data), self._delimiter)):
            cells, fault = record.cells, record.fault
            if not sound and not _is_utf8(record.raw):
                cells, fault = [_replaced(cell) for cell in cells], fault or no_utf8()
            if len(cells) != width:
                message = f"the row has {len(cells)} fields, the header has {width}"
                fault = fault or QuoteError("row_fields", message)
                cells = [*cells, *[""] * (width - len(cells))][:width]
            rows.append(cells)
            if fault:
                faults[place] = fault
        return DelimitedTable(self._delimiter, columns, rows, faults)

    def made(self, columns: Mapping[str, Sequence[str]], faults: Mapping[int, QuoteError]) -> "DelimitedTable":
        """Make a table of texts."""
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        return DelimitedTable(self._delimiter, list(columns), rows, faults)

    def head(self, columns: Sequence[str]) -> bytes:
        """Return the header."""
        return _written([columns], self._delimiter)


class OpenedDelimited:
    """A file whose header has been read."""

    def __init__(self, found: Iterator[Record], share: Share) -> None:
        header = next(found, None)
        if header is None:
            raise ValueError("is empty")
        if header.fault or not _is_utf8(header.raw):
            raise ValueError(f"its header can't be read: {header.fault or no_utf8()}")
        self.columns: Sequence[str] = header.cells
        self._found, self._share = found, share

    def is_text(self, column: str) -> bool:
        """All cells are texts."""
        return column in self.columns

    def pieces(self, most: int) -> Iterator[Piece]:
        """Cut at the ends of records."""
        return gathered((record.raw for record in self._found), most, self._share)


class DelimitedTable:
    """Rows as lists of cells, each as long as the header."""

    def __init__(
        self, delimiter: str, columns: Sequence[str], rows: list[list[str]], faults: Mapping[int, QuoteError]
    ) -> None:
        self._delimiter, self._columns = delimiter, columns
        self._rows, self._faults = rows, faults

    def __len__(self) -> int:
        return len(self._rows)

    def column(self, name: str) -> Sequence[Cell]:
        """Return a column's cells."""
        at = self._columns.index(name)
        cells: list[Cell] = [row[at] for row in self._rows]
        for place, fault in self._faults.items():
            cells[place] = fault
        return cells

    def shown(self, place: int, name: str) -> str | None:
        """Return a cell."""
        return self._rows[place][self._columns.index(name)]

    def picked(self, places: Sequence[int], column: str, texts: Sequence[str]) -> "DelimitedTable":
        """Return a table of the rows at some places, with other texts in one column."""
        at = self._columns.index(column)
        rows = [list(self._rows[place]) for place in places]
        for row, text in zip(rows, texts, strict=True):
            row[at] = text
        return DelimitedTable(self._delimiter, self._columns, rows, {})

    def written(self, added: Added) -> bytes:
        """Write the rows; numbers with all their digits, true or false, nothing for what is not known."""
        shown = ([*row, *map(_shown, more)] for row, more in zip(self._rows, rows_of(added), strict=True))
        return _written(shown, self._delimiter)


def _shown(value: Value) -> str | float | None:
    return str(value).lower() if isinstance(value, bool) else value


def _written(rows: Iterable[Sequence[str | float | None]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    plain = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    # The writer does not see that a bare carriage return ends a line, too.
    careful = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        returns = any(isinstance(cell, str) and "\r" in cell for cell in row)
        (careful if returns else plain).writerow(row)
    return text.getvalue().encode()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _replaced(cell: str) -> str:
    return cell.encode(errors="surrogateescape").decode(errors="replace")
