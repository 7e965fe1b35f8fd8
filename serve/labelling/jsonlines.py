"""JSON Lines: each row comes back to the character as it stood, with more behind it."""

import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from model.errors import QuoteError
from serve.labelling.streams import OVERLONG, Piece, gathered, lines
from serve.labelling.tables import Added, Cell, Share, no_utf8, rows_of, too_long

_PREVIEW = 100  # rows whose fields tell which columns there are


class Line(NamedTuple):
    """A line: its text without spaces around it, the object it holds, what is wrong with it.

    A line without an object comes back as an empty one.
    """

    text: str
    fields: Mapping[str, Any]
    fault: QuoteError | None = None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def read_line(raw: bytes, added: Collection[str] = ()) -> Line:
    """Read one line; a field with the name of a column that is added makes it a bad one."""
    if raw == OVERLONG:
        return Line("{}", {}, too_long())
    fault = None
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        text, fault = raw.decode(errors="replace").strip(), no_utf8()
    try:
        fields = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        return Line("{}", {}, fault or QuoteError("row_unreadable", f"the row is no JSON: {error}"))
    if not isinstance(fields, dict):
        return Line("{}", {}, QuoteError("row_unreadable", "the row is no JSON object"))
    if clash := fields.keys() & added:
        message = f"the row has a field {min(clash)} itself: choose other names with --prefix"
        return Line("{}", {}, QuoteError("row_clash", message))
    return Line(text, fields, fault)


class JsonLines:
    """The format."""

    def opened(self, stream: BinaryIO, share: Share) -> "OpenedJsonLines":
        """Read the first rows. Raises ValueError for a file that is empty, or has no JSON object among them."""
        return OpenedJsonLines((line for line in lines(stream) if not line.isspace()), share)

    def read(self, data: bytes, columns: Sequence[str], added: Collection[str] = ()) -> "JsonTable":
        """Read a piece; each row has fields of its own."""
        del columns
        return JsonTable([read_line(raw, added) for raw in io.BytesIO(data)])

    def made(self, columns: Mapping[str, Sequence[str]], faults: Mapping[int, QuoteError]) -> "JsonTable":
        """Make a table of texts."""
        rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        return JsonTable([Line(_dumped(row), row, faults.get(place)) for place, row in enumerate(rows)])

    def head(self, columns: Sequence[str]) -> bytes:
        """Return nothing: the rows name their fields."""
        del columns
        return b""


class OpenedJsonLines:
    """A file whose first rows have been looked at."""

    def __init__(self, rows: Iterator[bytes], share: Share) -> None:
        first = list(islice(rows, _PREVIEW))
        if not first:
            raise ValueError("is empty")
        seen = [read_line(raw) for raw in first]
        if not any(line.fields for line in seen):
            raise ValueError(f"has no JSON object in its first {len(first)} rows: {seen[0].fault or 'they are empty'}")
        self.columns: Sequence[str] = list(dict.fromkeys(name for line in seen for name in line.fields))
        self._rows, self._share = chain(first, rows), share

    def is_text(self, column: str) -> bool:
        """Each row is asked by itself."""
        return column in self.columns

    def pieces(self, most: int) -> Iterator[Piece]:
        """Cut at the ends of lines."""
        return gathered(self._rows, most, self._share)


class JsonTable:
    """Rows as their lines."""

    def __init__(self, rows: Sequence[Line]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def column(self, name: str) -> Sequence[Cell]:
        """Return a field of every row; none is like null."""
        return [row.fault or _cell(name, row.fields.get(name)) for row in self._rows]

    def shown(self, place: int, name: str) -> str | None:
        """Return a field, as JSON unless it is a text."""
        value = self._rows[place].fields.get(name)
        return value if value is None or isinstance(value, str) else _dumped(value)

    def picked(self, places: Sequence[int], column: str, texts: Sequence[str]) -> "JsonTable":
        """Return a table of the rows at some places, with other texts in one field; they are written anew."""
        picked = []
        for place, text in zip(places, texts, strict=True):
            fields = {**self._rows[place].fields, column: text}
            picked.append(Line(_dumped(fields), fields))
        return JsonTable(picked)

    def written(self, added: Added) -> bytes:
        """Write the rows, each with more fields at its end."""
        written = []
        for row, more in zip(self._rows, rows_of(added), strict=True):
            own = row.text[:-1].rstrip()
            written.append(f"{own}{', ' if len(own) > 1 else ''}{_dumped(dict(zip(added, more, strict=True)))[1:]}\n")
        return "".join(written).encode()


def _cell(name: str, value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    return QuoteError("row_no_text", f"{name} is no text but {_dumped(value)[:40]}")


def _dumped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # JSON may hold half a character, as \ud800, and UTF-8 may not.
    return text if text.isascii() or _is_unicode(text) else json.dumps(value)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
