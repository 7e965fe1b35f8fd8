"""What is to be labelled: a file, a folder of files, or standard input; and where each goes."""

import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from model.errors import DataError, DetenteError
from model.untrusted import has_controls, told
from serve.labelling.columns import check_columns
from serve.labelling.forms import FORMS
from serve.labelling.kinds import Format, Kind, kind_of
from serve.labelling.options import Options
from serve.labelling.shards import Shard
from serve.labelling.streams import unpacked
from serve.labelling.tables import Opened
from serve.labelling.textfiles import TextFiles

STANDARD = "-"
"""Stands for standard input and output."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that become one output: a file, many plain texts, or standard input, which has no paths and no size.

    name: as given, or its place in the folder that was given. folder: where the names of plain texts begin. target:
    the output; None for standard output.
    """

    number: int
    name: str
    folder: Path
    paths: tuple[Path, ...]
    kind: Kind
    out: Kind
    target: Path | None
    size: int | None

    @property
    def shown(self) -> str:
        """What errors call it."""
        if not self.paths:
            return "standard input"
        return str(self.paths[0] if self.kind.format is not Format.TEXT else self.folder)


class _Way(NamedTuple):
    """Where everything goes: the output, None for standard output; the format that was named; whether as articles."""

    target: Path | None
    named: Format | None
    articles: bool


def find_sources(given: str, out: str, named: Format | None, *, articles: bool) -> list[Source]:
    """Find what is given and where it goes; named: the format of standard input or output.

    Raises DataError for what is not there, can't be told by its name or does not fit its output.
    """
    way = _Way(None if out == STANDARD else Path(out), named, articles)
    if given == STANDARD:
        if named is None or named in {Format.PARQUET, Format.TEXT}:
            raise DataError("standard input: --format must tell what it is: csv, tsv or jsonl")
        return [_source(STANDARD, (), Kind(named), way)]
    path = Path(given)
    if path.is_dir():
        return _in_folder(path, way)
    if not path.exists():
        raise DataError(f"{given}: no such file or folder")
    return [_source(given, (path,), kind_of(path), way, folder=path.parent)]


def _in_folder(folder: Path, way: _Way) -> list[Source]:
    if way.target is None:
        raise DataError(f"{folder}: a folder goes into a folder or a file, not to standard output")
    if way.target.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{way.target}: lies in {folder}, where it would be labelled itself: name another place")
    paths = list(_files(folder))
    kinds = [kind_of(path) for path in paths]
    if not paths:
        raise DataError(f"{folder}: holds no files")
    texts = [kind.format is Format.TEXT for kind in kinds]
    if all(texts):
        return [_source(str(folder), tuple(paths), kinds[0], way, folder=folder)]
    if any(texts):
        raise DataError(f"{folder}: holds both tables and plain texts, such as {paths[texts.index(True)]}: part them")
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [
        _source(name, (path,), kind, way._replace(target=way.target / name), number=number)
        for number, (name, path, kind) in enumerate(zip(names, paths, kinds, strict=True))
    ]


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of those in it, sorted; what begins with "." or "_" is somebody's bookkeeping."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] not in "._")
        for name in sorted(files):
            if name[0] in "._":
                continue
            path = Path(at, name)
            if has_controls(str(path)) or not _is_unicode(str(path)):
                raise DataError(f"{str(path)!r}: this name can't be written elsewhere: rename it")
            yield path


def _is_unicode(name: str) -> bool:
    return name == name.encode(errors="replace").decode()


def _source(
    name: str, paths: tuple[Path, ...], kind: Kind, way: _Way, *, folder: Path = Path(), number: int = 0
) -> Source:
    """Make a source. Raises DataError when it can't become what its output's name says."""
    is_text = kind.format is Format.TEXT
    if is_text and not way.articles:
        raise DataError(f"{name}: plain texts are articles: say --articles")
    out = Kind(way.named or kind.format) if way.target is None else kind_of(way.target)
    if out.format is Format.TEXT or not (is_text or out.format is kind.format):
        wanted = "csv, tsv, jsonl or parquet" if is_text else kind.format
        way_out = "name it with --format" if way.target is None else "give it that ending"
        raise DataError(f"{way.target or STANDARD}: {name} comes back as {wanted}, packed or not: {way_out}")
    if way.target is None and out.format is Format.PARQUET:
        raise DataError(f"{name}: Parquet goes to a file, not to standard output")
    size = sum(path.stat().st_size for path in paths) if paths else None
    return Source(number, name, folder, paths, kind, out, way.target, size)


@contextmanager
def opened(source: Source, options: Options, added: Sequence[str]) -> Iterator[Opened]:
    """Open a source and check its columns. Raises DataError for what can't be read or lacks a column."""
    with _told(source):
        if source.kind.format is Format.TEXT:
            texts = TextFiles(source.folder, source.paths, options.text_column)
            check_columns(texts, options, added)
            yield texts
            return
        with source.paths[0].open("rb") if source.paths else nullcontext(sys.stdin.buffer) as file:
            size = source.size
            stream = unpacked(file, source.kind.packing)
            table = FORMS[source.kind.format].opened(stream, lambda: file.tell() / size if size else 0.0)
            check_columns(table, options, added)
            yield table


@contextmanager
def _told(source: Source) -> Iterator[None]:
    """Say which source it is that can't be read."""
    try:
        yield
    except DetenteError:
        raise
    except (EOFError, NotImplementedError, OSError, ValueError, zlib.error) as error:
        what = getattr(error, "strerror", None) or error
        raise DataError(f"{source.shown}: {told(what)}") from error


def cut(source: Source, options: Options, added: Sequence[str]) -> Iterator[tuple[Shard, float]]:
    """Cut a source into shards, each with the share of the source that is read by then. Raises DataError."""
    first = 1
    with opened(source, options, added) as table:
        for number, piece in enumerate(table.pieces(options.shard_rows)):
            columns = tuple(table.columns)
            yield (
                Shard(source.number, number, first, piece.rows, columns, source.kind, source.out, piece.data),
                piece.share,
            )
            first += piece.rows
    if first == 1:
        raise DataError(f"{source.shown}: holds no rows")
