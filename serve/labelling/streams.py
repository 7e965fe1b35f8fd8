"""Bytes of any length in bounded memory: packed and unpacked, read by line, gathered into pieces."""

import codecs
import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple, cast

from serve.labelling.faults import from_extra
from serve.labelling.kinds import Packing

LONGEST_ROW = 2**24
"""Bytes of a row that are read, at most."""

OVERLONG = b"\x00 longer than is read\n"
"""Stands in the place of a longer row; no row of any format looks like it."""

PIECE_BYTES = 2**22
"""A piece is closed when it holds as much, however few its rows are."""

_BITE = 1024  # compressed bytes at a time, since four of them may stand for 128 KiB
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Piece(NamedTuple):
    """Rows in a form that `read` of their format takes; share: how much of the source is read by then, in [0, 1]."""

    rows: int
    data: bytes
    share: float


def unpacked(file: BinaryIO, packing: Packing) -> BinaryIO:
    """Read what is packed in a file; a damaged or cut one raises EOFError, OSError, ValueError or zlib.error."""
    if packing is Packing.GZIP:
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if packing is Packing.ZSTANDARD:
        return cast("BinaryIO", io.BufferedReader(_Zstandard(file), 2**17))
    return file


def packed(data: bytes, packing: Packing) -> bytes:
    """Pack bytes so that several of them one after the other are a file too, the same bytes every time."""
    if packing is Packing.GZIP:
        return gzip.compress(data, 6, mtime=0)
    if packing is Packing.ZSTANDARD:
        return bytes(from_extra("zstandard", "zstd").ZstdCompressor(write_checksum=True).compress(data))
    return data


class _Zstandard(io.RawIOBase):
    """The frames of a .zst file; unlike zstandard's own reader it notices when the last one is cut."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._zstandard = from_extra("zstandard", "zstd")
        self._frame: Any = None
        self._left = b""  # compressed
        self._out = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._out:
            self._left = self._left or self._file.read(_BITE)
            if not self._left:
                if self._frame is not None:
                    raise EOFError("ends in the middle of a frame")
                return 0
            self._decompress()
        size = min(len(buffer), len(self._out))
        buffer[:size], self._out = self._out[:size], self._out[size:]
        return size

    def _decompress(self) -> None:
        frame = self._frame or self._zstandard.ZstdDecompressor().decompressobj()
        try:
            self._out = memoryview(frame.decompress(self._left))
        except self._zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
        self._left = frame.unused_data
        self._frame = None if frame.eof else frame


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines with their ends, without a byte order mark, OVERLONG where one is. Raises ValueError for UTF-16."""
    first = True
    while line := stream.readline(LONGEST_ROW):
        if first:
            if line.startswith(_UTF16):
                raise ValueError("is UTF-16, and UTF-8 is read: convert it with iconv")
            line, first = line.removeprefix(codecs.BOM_UTF8), False
        if len(line) == LONGEST_ROW and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
                pass
            line = OVERLONG
        yield line


def gathered(rows: Iterable[bytes], most: int, share: Callable[[], float]) -> Iterator[Piece]:
    """Gather rows into pieces of at most so many; share tells how much of the source is read."""
    taken: list[bytes] = []
    size = 0
    for row in rows:
        taken.append(row if row.endswith(b"\n") else row + b"\n")
        size += len(row)
        if len(taken) >= most or size >= PIECE_BYTES:
            yield Piece(len(taken), b"".join(taken), share())
            taken, size = [], 0
    if taken:
        yield Piece(len(taken), b"".join(taken), share())
