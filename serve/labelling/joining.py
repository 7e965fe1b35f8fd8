"""Puts the parts of a source together: one file, the same bytes however often the run was stopped."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from serve.labelling import parquet
from serve.labelling.forms import FORMS
from serve.labelling.kinds import Format, Kind
from serve.labelling.streams import packed
from serve.labelling.work import whole_file


def head(kind: Kind, columns: Sequence[str]) -> bytes:
    """Return what stands before the first part, packed; nothing where a format has no head."""
    found = FORMS[kind.format].head(columns)
    return packed(found, kind.packing) if found else b""


def join(parts: Sequence[Path], target: Path, kind: Kind, columns: Sequence[str]) -> None:
    """Write an output from its parts. Raises LabelError when the disk is full."""
    with whole_file(target) as file:
        if kind.format is Format.PARQUET:
            parquet.join(parts, file)
            return
        file.write(head(kind, columns))
        for part in parts:
            with part.open("rb") as data:
                shutil.copyfileobj(data, file, 2**20)
