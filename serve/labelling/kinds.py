"""What a file's name says about it: which format its rows have, and how they are packed."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from model.errors import DataError


class Format(StrEnum):
    """How rows are written; the values are endings."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TEXT = "txt"


class Packing(StrEnum):
    """How a file is compressed; the values are endings."""

    NONE = ""
    GZIP = "gz"
    ZSTANDARD = "zst"


@dataclass(frozen=True, slots=True)
class Kind:
    """A format and its packing; Parquet and texts have none."""

    format: Format
    packing: Packing = Packing.NONE


_PACKED = (Format.CSV, Format.TSV, Format.JSONL)
_ENDINGS = {
    **{f".{form}": Kind(form) for form in Format},
    **{f".{form}.{packing}": Kind(form, packing) for form in _PACKED for packing in (Packing.GZIP, Packing.ZSTANDARD)},
}


def kind_of(path: Path) -> Kind:
    """Tell a file's kind by its name's ending. Raises DataError for an unknown one."""
    name = path.name.lower()
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending):
            return kind
    raise DataError(f"{path}: unknown ending; files to label end in {', '.join(_ENDINGS)}")
