"""The work folder of a run: labelled shards with their receipts, each whole or not there, so that a run can go on."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from model.files import digest, to_json
from serve.labelling.faults import LabelError
from serve.labelling.shards import Counts, Labelled, Receipt, Shard


class Begun(BaseModel):
    """run.json: what the run is of, which a run that goes on must share; when it began, and in how many sittings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: Mapping[str, Any]
    started: str
    sittings: int = 1


class Work:
    """A work folder. `save` and `find` may be called from any process that sees the folder, the rest by one only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = folder / "answers.sqlite"
        self._run = folder / "run.json"
        self._lock: sqlite3.Connection | None = None

    def begin(self, begun: Begun, *, resume: bool) -> Begun:
        """Make the folder, or go on in it; return what its run.json says now.

        Raises LabelError when it is there and no resume was asked for, when it is another run's, or is in use.
        """
        fresh = not self.folder.exists()
        if not fresh and not resume:
            ways_out = "go on with it with --resume, or remove the folder to start anew"
            raise LabelError(f"{self.folder}: a run that is not finished: {ways_out}")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder)
        if not fresh:
            before = self._before()
            _check_same(self.folder, before.identity, begun.identity)
            begun = before.model_copy(update={"sittings": before.sittings + 1})
        whole_file_of(self._run, to_json(begun.model_dump()))
        return begun

    def _before(self) -> Begun:
        try:
            return Begun.model_validate_json(self._run.read_bytes())
        except (OSError, ValidationError) as error:
            raise LabelError(f"{self.folder}: has no run.json that can be read: remove the folder") from error

    def save(self, labelled: Labelled) -> Receipt:
        """Save a labelled shard, its receipt last."""
        receipt = labelled.receipt
        part = self._part(receipt.source, receipt.number)
        whole_file_of(part, labelled.data)
        whole_file_of(part.with_suffix(".json"), receipt.model_dump_json().encode())
        return receipt

    def find(self, shard: Shard) -> Receipt | None:
        """Return the receipt of a shard that lies here whole. Raises LabelError when it is of other rows."""
        part = self._part(shard.source, shard.number)
        try:
            receipt = Receipt.model_validate_json(part.with_suffix(".json").read_bytes())
            if digest(part.read_bytes()) != receipt.labelled:
                return None  # a power cut may leave the name of a file without its bytes
        except (FileNotFoundError, ValidationError):
            return None
        if receipt.given != digest(shard.data):
            what = f"its rows from number {shard.first:,} are not those that were labelled"
            raise LabelError(f"{self.folder}: the input has changed, {what}: remove the folder to start anew")
        return receipt

    def parts(self, source: int, shards: int) -> Sequence[Path]:
        """Return the parts of a source in their order."""
        return [self._part(source, number) for number in range(shards)]

    def finish(self, source: int, counts: Counts) -> None:
        """Note that a source's output is in its place, and drop its parts."""
        whole_file_of(self._finished(source), counts.model_dump_json().encode())
        shutil.rmtree(self._parts(source), ignore_errors=True)

    def finished(self, source: int) -> Counts | None:
        """Return what came of a source whose output is in its place; None while it is not."""
        try:
            return Counts.model_validate_json(self._finished(source).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def close(self) -> None:
        """Let others use the folder."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Remove the folder, under another name so that half of it is never taken for a run."""
        self.close()
        gone = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
        self.folder.rename(gone / "parts")
        shutil.rmtree(gone, ignore_errors=True)

    def _parts(self, source: int) -> Path:
        return self.folder / f"{source:06d}"

    def _part(self, source: int, number: int) -> Path:
        return self._parts(source) / f"{number:08d}.part"

    def _finished(self, source: int) -> Path:
        return self.folder / f"{source:06d}.json"


def _check_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in [*now, *before]:
        if before.get(name) != now.get(name):
            what = f"was begun with {name} {before.get(name)!r}, now it is {now.get(name)!r}"
            raise LabelError(f"{folder}: {what}: say the same again, or remove the folder to start anew")


def _locked(folder: Path) -> sqlite3.Connection:
    """Hold the folder until the connection is closed or the process ends, however it ends."""
    lock = sqlite3.connect(folder / "lock", timeout=0, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise LabelError(f"{folder}: another process is at it ({error})") from error
    return lock


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """Yield a new file beside target that is moved into its place, safe on the disk, when the block ends well.

    Raises LabelError when the disk is full or the file can't be written for another reason.
    """
    new = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        new = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o644)
        new.replace(target)
    except OSError as error:
        way_out = "what is labelled is kept: mend that, then go on with --resume"
        raise LabelError(f"{target}: can't be written ({error.strerror or error}); {way_out}") from error
    finally:
        if new:
            new.unlink(missing_ok=True)


def whole_file_of(target: Path, data: bytes) -> None:
    """Write bytes as a whole file."""
    with whole_file(target) as file:
        file.write(data)
