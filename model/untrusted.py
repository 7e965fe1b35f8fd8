"""What somebody else may have written: files, JSON and names are read with care, and told on one line."""

import json
import math
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from model.errors import BundleError

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # move the cursor or turn text around
_LONGEST_MESSAGE = 300


def has_controls(text: str) -> bool:
    """Tell whether a text holds characters that do something to a terminal or a line."""
    return _CONTROLS.search(text) is not None


def told(error: object) -> str:
    """Return an error on one short line without control characters: it may quote what a file holds."""
    line = " ".join(_CONTROLS.sub(" ", str(error)).split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


def check_json(data: bytes) -> None:
    """Raise ValueError or RecursionError for JSON that parsers take differently or not at all.

    Namely another encoding than UTF-8, keys that stand twice, numbers that are none, and nesting without end.
    """
    json.loads(data.decode(), object_pairs_hook=_distinct, parse_float=_finite, parse_constant=_finite)


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number")
    return number


@contextmanager
def opened_inside(folder: Path, name: str, most: int) -> Iterator[BufferedReader]:
    """Open a plain file of at most so many bytes inside a folder, through links only where they stay inside.

    Raises BundleError, also for what fails while the file is read.
    """
    path = folder / name
    try:
        # Resolved, because a link inside the folder may point anywhere.
        place = Path(os.path.realpath(path))
        if not place.is_relative_to(os.path.realpath(folder)):
            raise BundleError(f"{path}: leads outside the bundle's folder; export the bundle again")
        with open(place, "rb", opener=_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BundleError(f"{path}: is no plain file; export the bundle again")
            if status.st_size > most:
                found = f"has {status.st_size:,} bytes, at most {most:,} are read"
                raise BundleError(f"{path}: {found}; export the bundle again")
            yield file
    except OSError as error:
        raise BundleError(f"{path}: can't be read ({error.strerror}); export the bundle again") from error


def _at_once(path: str, flags: int) -> int:
    # A pipe in a file's place would keep us waiting for a writer.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
