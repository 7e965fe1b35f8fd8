"""Plain texts, one article a file: rows of a file's name and its text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from model.errors import QuoteError
from serve.labelling.streams import LONGEST_ROW, Piece, gathered
from serve.labelling.tables import no_utf8, too_long

_NAME = "file"


class TextFiles:
    """A folder of texts, opened; text_column: the name of the column that holds them."""

    def __init__(self, folder: Path, paths: Sequence[Path], text_column: str) -> None:
        self._folder, self._paths = folder, paths
        self.columns: Sequence[str] = [_NAME, text_column]
        self._read = 0

    def is_text(self, column: str) -> bool:
        """Both columns are texts."""
        return column in self.columns

    def pieces(self, most: int) -> Iterator[Piece]:
        """Read the files; a piece is of JSON Lines."""
        return gathered(self._rows(), most, lambda: self._read / len(self._paths))

    def _rows(self) -> Iterator[bytes]:
        for path in self._paths:
            with path.open("rb") as file:
                data = file.read(LONGEST_ROW + 1)
            self._read += 1
            yield json.dumps([path.relative_to(self._folder).as_posix(), *_decoded(data)]).encode()


def _decoded(data: bytes) -> tuple[str, str]:
    """Return a text and its fault, empty for none."""
    if len(data) > LONGEST_ROW:
        return "", "too long"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return data.decode(errors="replace"), "no UTF-8"


def read_texts(data: bytes, columns: Sequence[str]) -> tuple[Mapping[str, Sequence[str]], Mapping[int, QuoteError]]:
    """Read a piece: columns of texts, and what is wrong with some rows."""
    names, texts, wrong = zip(*map(json.loads, data.splitlines()), strict=True)
    kinds = {"too long": too_long, "no UTF-8": no_utf8}
    faults = {place: kinds[fault]() for place, fault in enumerate(wrong) if fault}
    return dict(zip(columns, (names, texts), strict=True)), faults
