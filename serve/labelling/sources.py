"""What is to be labelled: a file, a folder of files, or standard input; and where each goes."""

import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

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


def find_sources(given: str, out: str, named: Format | None, *, articles: bool) -> list[Source]:
    """Find what is given and where it goes; named: the format of standard input or output.

    Raises DataError for what is not there, can't be told by its name or does not fit its output.
    """
    target = None if out == STANDARD else Path(out)
    if given == STANDARD:
        return [_standard_input(target, named)]
    path = Path(given)
    if path.is_dir():
        sources = _in_folder(path, target, named)
    elif path.exists():
        sources = [_source(given, (path,), kind_of(path), target=target, named=named, folder=path.parent)]
    else:
        raise DataError(f"{given}: no such file or folder")
    if not articles and any(source.kind.format is Format.TEXT for source in sources):
        raise DataError(f"{given}: plain texts are articles: say --articles")
    return sources


def _standard_input(target: Path | None, named: Format | None) -> Source:
    if named is None or named in {Format.PARQUET, Format.TEXT}:
        raise DataError("standard input: --format must tell what it is: csv, tsv or jsonl")
    return _source(STANDARD, (), Kind(named), target=target, named=named)


def _in_folder(folder: Path, target: Path | None, named: Format | None) -> list[Source]:
    if target is None:
        raise DataError(f"{folder}: a folder goes into a folder or a file, not to standard output")
    if target.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{target}: lies in {folder}, where it would be labelled itself: name another place")
    paths = list(_files(folder))
    kinds = [kind_of(path) for path in paths]
    if not paths:
        raise DataError(f"{folder}: holds no files")
    texts = [kind.format is Format.TEXT for kind in kinds]
    if all(texts):
        return [_source(str(folder), tuple(paths), kinds[0], target=target, named=named, folder=folder)]
    if any(texts):
        raise DataError(f"{folder}: holds both tables and plain texts, such as {paths[texts.index(True)]}: part them")
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [
        _source(name, (path,), kind, target=target / name, named=named, number=number)
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
    name: str,
    paths: tuple[Path, ...],
    kind: Kind,
    *,
    target: Path | None,
    named: Format | None,
    folder: Path = Path(),
    number: int = 0,
) -> Source:
    out = Kind(named or kind.format) if target is None else kind_of(target)
    if kind.format is Format.TEXT and out.format is not Format.TEXT:
        pass  # its rows are made here, in any format
    elif out.format is not kind.format or out.format is Format.TEXT:
        where = STANDARD if target is None else target
        wanted = "csv, tsv, jsonl or parquet" if kind.format is Format.TEXT else kind.format
        raise DataError(f"{where}: {name} comes back as {wanted}, packed or not: give the output that ending")
    if target is None and out.format is Format.PARQUET:
        raise DataError(f"{name}: Parquet goes to a file, not to standard output")
    size = sum(path.stat().st_size for path in paths) if paths else None
    return Source(number, name, folder, paths, kind, out, target, size)


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
