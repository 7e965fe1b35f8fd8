"""Rows with their places, from CSV, TSV, JSONL (also .gz, .zst), Parquet, data sets on disk or on the hub."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from model.errors import DataError
from training.recipe import CORPUS

CORPUS_FILE = Path(__file__).parent / "data" / "quotes.jsonl"

_LONGEST_CELL = 2**24  # characters: a column may hold an article

Row = tuple[str, Mapping[str, Any]]
"""The place of a row (file:line) and its columns; a row that could not be read has its fault under ""."""


def read_rows(source: str) -> Iterator[Row]:
    """Yield the rows of a source with their places. Raises DataError for one that can't be read."""
    path = CORPUS_FILE if source == CORPUS else Path(source)
    if path.is_dir():
        return _hugging_face(source, on_disk=True)
    reader = _READERS.get(_ending(path))
    if not path.exists():
        if reader is not None:
            raise DataError(f"{path}: no such file")
        return _hugging_face(source, on_disk=False)
    if reader is None:
        packed = ", also packed as .gz or .zst"
        raise DataError(f"{path}: unknown ending; rows come as .csv, .tsv, .jsonl{packed}, or as .parquet")
    return reader(path)


def _ending(path: Path) -> str:
    """Return what a file's name ends in, without the ending of a packing; Parquet is packed in itself."""
    unpacked = path.with_suffix("").suffix
    return unpacked if path.suffix in _PACKED and unpacked != ".parquet" else path.suffix


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacking it as it is read. Raises DataError for a packed one that is damaged or cut."""
    opened = _PACKED.get(path.suffix)
    if opened is None:
        with path.open("rb") as file:
            yield file
        return
    try:
        with opened(path) as file:
            yield file
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: can't be unpacked: {error}") from error


def _gzip(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path))


def _zstandard(path: Path) -> BinaryIO:
    from pyarrow import input_stream  # noqa: PLC0415, heavy and only for this format

    # Unlike the package zstandard it reads several frames, and notices a cut one.
    return cast("BinaryIO", io.BufferedReader(input_stream(str(path), compression="zstd")))


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_CELL)  # of the whole process; nothing in it reads CSV with a smaller one
    with _unpacked(path) as packed, io.TextIOWrapper(packed, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t" if _ending(path) == ".tsv" else ",")
        try:
            for row in reader:
                # DictReader files surplus cells under None: a stray delimiter or quotation mark.
                bad = None in row or None in row.values()
                yield f"{path}:{reader.line_num}", {"": "wrong number of cells"} if bad else row
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{path}:{reader.line_num}: is no UTF-8 CSV: {error}") from error


def _jsonl(path: Path) -> Iterator[Row]:
    with _unpacked(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            yield f"{path}:{number}", row if isinstance(row, dict) else {"": "no JSON object"}


def _parquet(path: Path) -> Iterator[Row]:
    from pyarrow import ArrowInvalid  # noqa: PLC0415, heavy and only for this format
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    try:
        number = 0
        with ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}:{number}", row
    except ArrowInvalid as error:
        raise DataError(f"{path}: is no Parquet file: {error}") from error


def _hugging_face(source: str, *, on_disk: bool) -> Iterator[Row]:
    import datasets  # noqa: PLC0415, heavy and only for this format

    try:
        loaded = datasets.load_from_disk(source) if on_disk else datasets.load_dataset(source)
    except Exception as error:  # the hub's client and the readers behind it raise whatever they like
        raise DataError(f"{source}: neither a file nor a data set that can be loaded: {error}") from error
    parts = loaded.items() if isinstance(loaded, dict) else [("", loaded)]
    for split, part in parts:
        label = {name: kind for name, kind in part.features.items() if isinstance(kind, datasets.ClassLabel)}
        for number, row in enumerate(part, 1):
            named = {name: kind.int2str(row[name]) for name, kind in label.items() if (row[name] or 0) >= 0}
            yield f"{source}[{split}]:{number}", {"split": split, **row, **named}


_PACKED: Mapping[str, Callable[[Path], BinaryIO]] = {".gz": _gzip, ".zst": _zstandard}
_READERS = {".jsonl": _jsonl, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
