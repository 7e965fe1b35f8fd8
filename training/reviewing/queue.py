"""The queue of quotes that are worth a person's look: why each stands in it, and the file that holds it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from model.errors import DataError, QuoteError
from model.files import write_whole
from model.quote import Quote
from model.stance import STANCES, Stance
from training.labelled import Judged, text_of
from training.readers import read_rows


class Reason(StrEnum):
    """Why a quote is worth a look."""

    UNCERTAIN = "uncertain"
    BORDER = "border"
    DISSIMILAR = "dissimilar"
    MISLABELLED = "mislabelled"


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason, how strong it is in [0, 1] (among findings of the same reason), and what exactly was found."""

    reason: Reason
    score: float
    detail: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A labelled row with what speaks for a look at it; given: the label that it came with."""

    row: Judged
    findings: tuple[Finding, ...]
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A quote to label; group: its document; hidden: what the annotator is not to see first, as lines of text."""

    id: str
    quote: Quote
    group: str | None
    hidden: tuple[str, ...]


class _Said(BaseModel):
    stance: Stance
    probabilities: tuple[float, float, float]
    uncertain: bool


class _Hidden(BaseModel):
    reasons: tuple[Finding, ...] = ()
    model: _Said | None = None
    given: str | None = None


def write_queue(candidates: Iterable[Candidate], source: str, out: Path) -> None:
    """Write a queue as JSON Lines. A row without an id of its own is named after its source and number."""
    taken, lines = set[str](), []
    for candidate in candidates:
        row = candidate.row
        identity = row.id or f"{source}:{row.number}"
        # The quotes of an article all have its id.
        identity = f"{identity}#{row.number}" if identity in taken else identity
        taken.add(identity)
        lines.append(json.dumps(_fields(candidate, identity), ensure_ascii=False) + "\n")
    write_whole(out, "".join(lines).encode())


def read_queue(path: Path) -> list[Item]:
    """Read a queue, or any file of quotes in a column `text`. Raises DataError for a bad row or an id twice."""
    items, seen = list[Item](), set[str]()
    for number, (place, fields) in enumerate(read_rows(str(path)), 1):
        if "" in fields or text_of(fields, "text") is None:
            raise DataError(f"{place}: {fields.get('', 'no text')}; a queue is what `detente review` writes")
        identity = text_of(fields, "id") or f"{path.stem}:{number}"
        if identity in seen:
            raise DataError(f"{place}: id {identity!r} comes twice, so answers could not be told apart")
        seen.add(identity)
        try:
            quote = Quote(str(fields["text"]), text_of(fields, "carrier"), identity)
        except QuoteError as error:
            raise DataError(f"{place}: {error}") from error
        items.append(Item(identity, quote, text_of(fields, "group"), _hidden(fields)))
    if not items:
        raise DataError(f"{path}: the queue is empty")
    return items


def _fields(candidate: Candidate, identity: str) -> dict[str, Any]:
    row = candidate.row
    return {
        "id": identity,
        "text": row.text,
        "carrier": row.carrier,
        "group": row.document,
        "row": row.number,
        "reasons": [
            {"reason": each.reason, "score": round(each.score, 4), "detail": each.detail} for each in candidate.findings
        ],
        "model": {"stance": row.stance, "probabilities": row.probabilities, "uncertain": row.uncertain},
        "given": candidate.given,
    }


def _hidden(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a queue says of the model's answer, in lines; a file of another kind says nothing."""
    try:
        found = _Hidden.model_validate(fields)
    except ValidationError:
        return ()
    lines = [f"{each.reason} {each.score}: {each.detail}" for each in found.reasons]
    if found.model is not None:
        shares = ", ".join(
            f"{share:.2f} {stance}" for share, stance in zip(found.model.probabilities, STANCES, strict=True)
        )
        lines.append(f"the model: {shares}{'; uncertain' if found.model.uncertain else ''}")
    return (*lines, f"the label it came with: {found.given}") if found.given else tuple(lines)
