"""The answers of a run on disk, by the digest of the quote, so that what comes again is not read again."""

import sqlite3
import struct
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path

from model.quote import Quote
from model.stance import Prediction
from serve.labelling.faults import LabelError

_AT_ONCE = 500  # keys a question; SQLite takes 32,766, older ones 999


def key_of(quote: Quote) -> bytes:
    """Return the digest of what the answer depends on: the text and the carrier."""
    carrier = "" if quote.carrier is None else f"+{quote.carrier}"
    return sha256(f"{len(quote.text)} {quote.text}{carrier}".encode()).digest()


class Answers:
    """Answers of one bundle in a file, about 100 bytes each, safe to share between threads; opened when first asked.

    They are the model's to the bit, so whatever is lost or there twice changes nothing but the time.
    """

    def __init__(self, path: Path, labels: Sequence[str]) -> None:
        self._path, self._labels = path, labels
        self._shape = struct.Struct(f"<IH?{len(labels)}d")  # windows, label, uncertain, probabilities
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def find(self, keys: Collection[bytes]) -> dict[bytes, Prediction]:
        """Return the answers that are known. Raises LabelError when the file can't be read."""
        found: dict[bytes, Prediction] = {}
        waiting = iter(keys)
        with self._database() as database:
            while some := list(islice(waiting, _AT_ONCE)):
                marks = ",".join("?" * len(some))
                rows = database.execute(f"SELECT key, answer FROM answers WHERE key IN ({marks})", some)  # noqa: S608
                found |= {key: self._prediction(answer) for key, answer in rows}
        return found

    def keep(self, answers: Mapping[bytes, Prediction]) -> None:
        """Save answers, all or none. Raises LabelError when that can't be done."""
        rows = [(key, self._packed(answer)) for key, answer in answers.items()]
        with self._database() as database:
            database.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._opened:
                self._opened.close()
                self._opened = None

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Hold the file alone; what is written in the block is saved at its end."""
        try:
            with self._lock:
                self._opened = self._opened or _opened(self._path)
                with self._opened as database:
                    yield database
        except sqlite3.Error as error:
            way_out = "make room there, or remove the file, then go on with --resume"
            raise LabelError(f"{self._path}: {error}; {way_out}") from error

    def _packed(self, answer: Prediction) -> bytes:
        place = self._labels.index(answer.label)
        return self._shape.pack(answer.windows, place, answer.uncertain, *answer.probabilities.values())

    def _prediction(self, answer: bytes) -> Prediction:
        windows, place, uncertain, *probabilities = self._shape.unpack(answer)
        return Prediction(self._labels[place], dict(zip(self._labels, probabilities, strict=True)), uncertain, windows)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    # A power cut may take the last answers, and never breaks the file.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer BLOB NOT NULL) WITHOUT ROWID")
    return database
