"""What `detente label` wrote: its rows, checked, and what its provenance says of bundle and columns."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from model.errors import DataError
from model.stance import STANCES, Stance
from training.readers import read_rows

_PREVIEW = 100  # rows whose fields tell which columns there are
_YES = {"true", "1"}
_NO = {"false", "0"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Names of columns as a user gave them; what is None is looked up in the provenance, or has a usual name.

    document: rows with the same value come from one document. others: columns that must be there too.
    """

    text: str | None = None
    carrier: str | None = None
    id: str | None = None
    document: str | None = None
    prefix: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns that are there, None for those that are not; prefix: before those that labelling added."""

    text: str
    carrier: str | None
    id: str | None
    document: str | None
    prefix: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A quote and what the model said; number: of its row, from 1; probabilities: in the order of STANCES.

    document is None where the row names none.
    """

    number: int
    text: str
    carrier: str | None
    id: str | None
    document: str | None
    stance: Stance
    probabilities: tuple[float, ...]
    uncertain: bool
    fields: Mapping[str, Any]

    @property
    def tone(self) -> float:
        """P(conciliatory) - P(hostile), in [-1, 1]."""
        return self.probabilities[0] - self.probabilities[1]


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that was not judged, and why."""

    number: int
    error: str
    fields: Mapping[str, Any]


class _Options(BaseModel):
    text_column: str = "text"
    carrier_column: str | None = None
    id_column: str | None = None
    articles: bool = False
    prefix: str = ""


class _Bundle(BaseModel):
    digest: str


class _Provenance(BaseModel):
    bundle: _Bundle
    options: _Options


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled file; bundle: the digest of the bundle that labelled it, None where no provenance is beside it."""

    path: Path
    columns: Columns
    bundle: str | None

    def rows(self) -> Iterator[Judged | Failed]:
        """Read the rows, in order and one at a time. Raises DataError where the file can't be read on."""
        for number, (_, fields) in enumerate(read_rows(str(self.path)), 1):
            yield _row(number, fields, self.columns)


def open_labelled(path: Path, asked: Asked) -> Labelled:
    """Find the columns of a labelled file. Raises DataError for one that lacks what is needed, or is no such file."""
    if path.is_dir():
        raise DataError(f"{path}: is a folder; name one labelled file in it")
    seen = list(islice(read_rows(str(path)), _PREVIEW))
    if not seen:
        raise DataError(f"{path}: has no rows")
    there = list(dict.fromkeys(name for _, fields in seen for name in fields if name))
    provenance = _read_provenance(path)
    columns = _columns(asked, provenance.options if provenance else _Options(), there)
    added = [f"{columns.prefix}{name}" for name in ("stance", *(f"p_{stance}" for stance in STANCES), "uncertain")]
    own = (columns.text, columns.carrier, columns.id, columns.document, *asked.others)
    named = [name for name in own if name is not None]
    for names, hint in ((added, "is it what `detente label` wrote? (--prefix)"), (named, "name another")):
        if missing := [name for name in names if name not in there]:
            found = ", ".join(map(repr, there)) or "none"
            raise DataError(f"{path}: no column {', '.join(map(repr, missing))}; there are {found}: {hint}")
    return Labelled(path, columns, provenance.bundle.digest if provenance else None)


def text_of(fields: Mapping[str, Any], column: str | None) -> str | None:
    """Return a cell as text; None for a column that is not there and an empty cell."""
    value = None if column is None else fields.get(column)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = value.isoformat() if isinstance(value, date) else str(value)
    return _whole(text).strip() or None


def _columns(asked: Asked, options: _Options, there: list[str]) -> Columns:
    """Return the columns: what was asked for, else those it was labelled with, else a usual name that is there."""
    prefix = options.prefix if asked.prefix is None else asked.prefix
    carrier = f"{prefix}carrier" if options.articles else options.carrier_column or "carrier"
    named = options.id_column or "id"
    # The quotes of an article have its columns, so that its id, or its file's name, is their document.
    document = (named if named in there else "file") if options.articles else "document"
    return Columns(
        text=asked.text or options.text_column,
        carrier=asked.carrier or (carrier if carrier in there else None),
        id=asked.id or (named if named in there else None),
        document=asked.document or (document if document in there else None),
        prefix=prefix,
    )


def _read_provenance(path: Path) -> _Provenance | None:
    """Read what stands beside a file, or beside its folder where a folder was labelled."""
    for labelled in (path, path.absolute().parent):
        file = labelled.parent / f"{labelled.name}.provenance.json"
        if file.is_file():
            try:
                return _Provenance.model_validate_json(file.read_bytes())
            except ValidationError as error:
                what = error.errors()[0]["msg"]
                raise DataError(f"{file}: is not what `detente label` writes: {what}; take it away") from error
    return None


def _row(number: int, fields: Mapping[str, Any], columns: Columns) -> Judged | Failed:
    def cell(name: str) -> str | None:
        return text_of(fields, columns.prefix + name)

    error = fields.get("") or cell("error")
    if error:
        return Failed(number, str(error), fields)
    text, carrier = (_raw(fields, name) for name in (columns.text, columns.carrier))
    stance, uncertain = cell("stance"), (cell("uncertain") or "").lower()
    probabilities = _probabilities([cell(f"p_{stance}") for stance in STANCES])
    if text is None or stance not in STANCES or probabilities is None or uncertain not in _YES | _NO:
        return Failed(number, "not what `detente label` writes: text, stance, probabilities or uncertain", fields)
    identity, document = text_of(fields, columns.id), text_of(fields, columns.document)
    sure = uncertain in _NO
    return Judged(number, text, carrier, identity, document, Stance(stance), probabilities, not sure, fields)


def _raw(fields: Mapping[str, Any], column: str | None) -> str | None:
    """Return a text as it stands: a quote is not stripped, so that it is found in its carrier."""
    value = None if column is None else fields.get(column)
    return _whole(value) if isinstance(value, str) and value.strip() else None


def _whole(text: str) -> str:
    """Return a text without the half characters that JSON may hold and UTF-8 may not."""
    return text.encode(errors="replace").decode()


def _probabilities(cells: list[str | None]) -> tuple[float, ...] | None:
    try:
        values = tuple(float(cell or "") for cell in cells)
    except ValueError:
        return None
    return values if all(0 <= value <= 1 for value in values) else None
