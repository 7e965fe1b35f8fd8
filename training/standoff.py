"""Labels that stand off from the texts of others: joined with the user's own copies, each text checked by digest."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import DataError
from model.files import digest, write_whole
from model.stance import Stance
from training.corpora import NEWSMTSC, UNSCON, Copies, speech_of

REAL_LABELS = Path(__file__).parent / "data" / "real_labels.jsonl"

_EXAMPLES = 3  # documents named in a line about what is missing


class RealLabel(BaseModel):
    """One label and where its quote stands: characters start to end of a document, or the whole of it.

    sha256 is that of the quote's text in UTF-8; sure: whether the reader was; batch: when it was read (the datasheet).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    source: str
    document: str
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: Literal["quote", "reported"]
    label: Stance
    sure: bool
    split: Literal["train", "dev", "test"]
    batch: int

    @property
    def group(self) -> str:
        """What a split must keep together."""
        return group_of(self.source, self.document)


@dataclass(frozen=True, slots=True)
class Joined:
    """Training rows, and a line a reason for labels that found no text."""

    rows: tuple[Mapping[str, str | bool | None], ...]
    missing: tuple[str, ...]


def group_of(source: str, document: str) -> str:
    """Return the article or the speech that a document is part of."""
    if source == UNSCON:
        return speech_of(document)
    return "_".join(document.split("_")[:4]) if source == NEWSMTSC else document


def read_real_labels(path: Path = REAL_LABELS) -> list[RealLabel]:
    """Read stand-off labels. Raises DataError, which names the line."""
    labels = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                labels.append(RealLabel.model_validate_json(line))
            except ValidationError as error:
                raise DataError(f"{path}:{number}: {error.errors()[0]['msg']}") from error
    return labels


def join(labels: Sequence[RealLabel], copies: Copies) -> Joined:
    """Find the quote of every label; a text that is not there, or is not the one that was labelled, is left out."""
    rows: list[Mapping[str, str | bool | None]] = []
    missing: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for label in labels:
        fault = _fault(label, copies)
        if fault is None:
            rows.append(_row(label, copies))
            continue
        missing[fault] += 1
        examples.setdefault(fault, [])
        if label.document not in examples[fault]:
            examples[fault].append(label.document)
    lines = [
        f"{count:,} labels: {fault} (first: {', '.join(examples[fault][:_EXAMPLES])})"
        for fault, count in missing.items()
    ]
    return Joined(tuple(rows), tuple(lines))


def write_rows(rows: Sequence[Mapping[str, str | bool | None]], out: Path) -> None:
    """Write training JSON Lines, whole or not at all. Raises DataError when there is nothing to write."""
    if not rows:
        raise DataError(f"{out}: no label found its text, so nothing was written; give at least one corpus")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def _span(label: RealLabel, text: str) -> tuple[int, int]:
    return (label.start or 0, len(text) if label.end is None else label.end)


def _fault(label: RealLabel, copies: Copies) -> str | None:
    text = copies.text(label.source, label.document)
    if text is None:
        given = label.source in copies.texts
        return f"{label.source}: {'not in the copy' if given else 'no copy given'}"
    start, end = _span(label, text)
    return None if digest(text[start:end].encode()) == label.sha256 else f"{label.source}: the copy's text is another"


def _row(label: RealLabel, copies: Copies) -> Mapping[str, str | bool | None]:
    text = copies.texts[label.source][label.document]
    span = _span(label, text)
    return {
        "id": label.id,
        "text": text[span[0] : span[1]],
        "carrier": copies.carrier(label.source, label.document, span),
        "label": label.label.value,
        "group": label.group,
        "split": label.split,
        "source": label.source,
        "kind": label.kind,
        "sure": label.sure,
    }
