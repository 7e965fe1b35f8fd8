"""An annotator's answers: a file of labelled quotes that is saved after each, and that `detente train` reads."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import DataError
from model.files import write_whole
from training.reviewing.queue import Item


class Answers:
    """What one annotator has answered, in order. Raises DataError for a file that is not theirs.

    The file has a row an answer: id, text, carrier, group, label (null where the annotator was unsure), annotator.
    """

    def __init__(self, path: Path, annotator: str) -> None:
        self._path, self._annotator = path, annotator
        self._saved = path.read_bytes() if path.exists() else b""
        self._rows = {row["id"]: row for row in map(self._row, enumerate(self._saved.splitlines(), 1))}

    def __contains__(self, identity: str) -> bool:
        return identity in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def last(self) -> str | None:
        """The id of the last answer."""
        return next(reversed(self._rows), None)

    def add(self, item: Item, label: str | None) -> None:
        """Save an answer; label is None where the annotator is unsure."""
        quote = item.quote
        row = {"id": item.id, "text": quote.text, "carrier": quote.carrier, "group": item.group, "label": label}
        self._rows[item.id] = {**row, "annotator": self._annotator}
        self._save()

    def drop(self, identity: str) -> None:
        """Take an answer back."""
        del self._rows[identity]
        self._save()

    def _save(self) -> None:
        """Write the file anew, whole or not at all. Raises DataError where somebody else has written to it."""
        found = self._path.read_bytes() if self._path.exists() else b""
        if found != self._saved:
            raise DataError(f"{self._path}: was changed meanwhile, perhaps in another terminal; start again")
        self._saved = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self._rows.values()).encode()
        write_whole(self._path, self._saved)

    def _row(self, numbered: tuple[int, bytes]) -> Mapping[str, Any]:
        number, line = numbered
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not {"id", "text", "label", "annotator"} <= row.keys():
            raise DataError(f"{self._path}:{number}: is no answer of `detente annotate`; name another file as --out")
        if row["annotator"] != self._annotator:
            other = f"has answers of {row['annotator']!r}, not of {self._annotator!r}"
            raise DataError(f"{self._path}:{number}: {other}; each annotator needs a file: name another as --out")
        return row
