"""Parquet: read batch by batch, types kept, and put together from the files of the shards (extra `parquet`)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from model.errors import QuoteError
from serve.labelling.faults import from_extra
from serve.labelling.streams import PIECE_BYTES, Piece
from serve.labelling.tables import Added, Cell, Share, no_utf8

_BUFFER = 2**20  # bytes of a column that are read at a time, instead of a whole row group
_COMPRESSION = "zstd"
_TYPES = {str: "string", float: "float64", int: "int32", bool: "bool"}


def arrow() -> Any:
    """Import pyarrow. Raises LabelError when it is not installed."""
    return from_extra("pyarrow", "parquet")


def _parquet() -> Any:
    return from_extra("pyarrow.parquet", "parquet")


class Parquet:
    """The format; a piece is an Arrow stream."""

    def opened(self, stream: BinaryIO, share: Share) -> "OpenedParquet":
        """Read the schema. Raises ValueError for what is no Parquet file or has no rows."""
        del share  # the rows are counted
        return OpenedParquet(_parquet().ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False))

    def read(self, data: bytes, columns: Sequence[str], added: Collection[str] = ()) -> "ParquetTable":
        """Read a piece."""
        del columns, added
        with arrow().ipc.open_stream(data) as stream:
            return ParquetTable(stream.read_all(), {})

    def made(self, columns: Mapping[str, Sequence[str]], faults: Mapping[int, QuoteError]) -> "ParquetTable":
        """Make a table of texts."""
        kind = arrow().string()
        return ParquetTable(arrow().table({name: arrow().array(c, kind) for name, c in columns.items()}), faults)

    def head(self, columns: Sequence[str]) -> bytes:
        """Return nothing: a Parquet file is not its parts one after the other."""
        del columns
        return b""


class OpenedParquet:
    """A file whose schema is known."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._rows = file.metadata.num_rows
        if not self._rows:
            raise ValueError("is empty")
        self.columns: Sequence[str] = file.schema_arrow.names

    def is_text(self, column: str) -> bool:
        """Tell whether a column holds strings, as such or in a dictionary."""
        kind = self._file.schema_arrow.field(column).type
        types = arrow().types
        if types.is_dictionary(kind):
            kind = kind.value_type
        return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))

    def pieces(self, most: int) -> Iterator[Piece]:
        """Cut into pieces of so many rows, or fewer where rows are large; a row group's last piece may be short."""
        done = 0
        for batch in self._file.iter_batches(batch_size=most, use_threads=False):
            size = max(1, min(batch.num_rows, batch.num_rows * PIECE_BYTES // max(batch.nbytes, 1)))
            for start in range(0, batch.num_rows, size):
                part = batch.slice(start, size)
                done += part.num_rows
                yield Piece(part.num_rows, _streamed(part), done / self._rows)


class ParquetTable:
    """Rows as an Arrow table."""

    def __init__(self, table: Any, faults: Mapping[int, QuoteError]) -> None:
        self._table, self._faults = table, faults

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def column(self, name: str) -> Sequence[Cell]:
        """Return a column's cells."""
        column = self._table.column(name)
        cells: list[Cell]
        try:
            cells = column.to_pylist()
        except UnicodeDecodeError:
            cells = [_decoded(value) for value in column]
        for place, fault in self._faults.items():
            cells[place] = fault
        return cells

    def shown(self, place: int, name: str) -> str | None:
        """Return a cell, as Python shows it unless it is a text."""
        cell = _decoded(self._table.column(name)[place])
        return None if cell is None else str(cell)

    def picked(self, places: Sequence[int], column: str, texts: Sequence[str]) -> "ParquetTable":
        """Return a table of the rows at some places, with other texts in one column."""
        at = self._table.schema.get_field_index(column)
        field = self._table.schema.field(at)
        # Through a string, since nothing else casts to a dictionary.
        replaced = arrow().array(texts, arrow().string()).cast(field.type)
        rows = self._table.take(arrow().array(places, arrow().int64()))
        return ParquetTable(rows.set_column(at, field, replaced), {})

    def written(self, added: Added) -> bytes:
        """Write the rows as a Parquet file of their own."""
        table = self._table
        for name, column in added.items():
            table = table.append_column(name, arrow().array(column.values, _TYPES[column.type]))
        sink = arrow().BufferOutputStream()
        _parquet().write_table(table, sink, compression=_COMPRESSION)
        return bytes(sink.getvalue())


def _decoded(value: Any) -> Cell:
    try:
        return value.as_py()  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        return no_utf8()


def _streamed(batch: Any) -> bytes:
    sink = arrow().BufferOutputStream()
    with arrow().ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


def join(parts: Sequence[Path], file: BinaryIO) -> None:
    """Put the files of shards together, a row group each, one in memory at a time."""
    schema = _parquet().read_schema(parts[0])
    with _parquet().ParquetWriter(file, schema, compression=_COMPRESSION) as writer:
        for part in parts:
            writer.write_table(_parquet().read_table(part, use_threads=False), row_group_size=2**30)
