"""Other people's corpora of real quotes, read from the user's own copies: as published, or as JSON Lines."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.articles.carriers import carrier_of
from model.articles.spans import Span
from model.errors import DataError
from model.quote import SLOT

POLNEAR, UNSCON, NEWSMTSC = "polnear", "unscon", "newsmtsc"


@dataclass(frozen=True, slots=True)
class Copies:
    """Texts by source and document; a UNSCon or NewsMTSC document is one sentence, named by its id.

    neighbours: what stands before and after a UNSCon sentence in its speech.
    """

    texts: Mapping[str, Mapping[str, str]]
    neighbours: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def text(self, source: str, document: str) -> str | None:
        """Return a document, None where the user has no such copy."""
        return self.texts.get(source, {}).get(document)

    def carrier(self, source: str, document: str, span: tuple[int, int]) -> str | None:
        """Return what stands around a span, `[Q]` in its place: its paragraph, or its neighbours in the speech."""
        if source == UNSCON:
            before, after = self.neighbours.get(document, ("", ""))
            return f"{before} {SLOT} {after}".strip() if before or after else None
        text, place = self.texts[source][document], Span(*span)
        return carrier_of(text, _line(text, place), [place])


def read_copies(polnear: Path | None, unscon: Path | None, newsmtsc: Path | None) -> Copies:
    """Read the copies that the user has. Raises DataError for one that can't be read or holds no text.

    polnear: the repository networkdynamics/PolNeAR, or a folder with quotes_polnear_*.jsonl. unscon: main_conflicts.csv
    of discourse-lab/UMUC, or unscon_sents.jsonl. newsmtsc: the repository fhamborg/NewsMTSC, or a folder with
    newsmtsc_quotes*.jsonl.
    """
    texts: dict[str, Mapping[str, str]] = {}
    neighbours: Mapping[str, tuple[str, str]] = {}
    if polnear is not None:
        texts[POLNEAR] = _found(polnear, dict(_polnear(polnear)))
    if unscon is not None:
        texts[UNSCON] = _found(unscon, dict(_unscon(unscon)))
        neighbours = _neighbours(texts[UNSCON])
    if newsmtsc is not None:
        texts[NEWSMTSC] = _found(newsmtsc, dict(_newsmtsc(newsmtsc)))
    return Copies(texts, neighbours)


def speech_of(sentence: str) -> str:
    """Return the speech of a UNSCon sentence id."""
    return sentence.rsplit("_s", 1)[0]


def _polnear(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("quotes_polnear_*.jsonl")):
        for row in _rows(path):
            yield row["id"], row["text"]
    for path in sorted(folder.glob("**/text/*.txt")):
        with path.open(encoding="utf-8", newline="") as file:  # offsets count every character, carriage returns too
            yield path.stem, file.read()


def _unscon(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix != ".csv":
        for row in _rows(path):
            yield row["source_id"], row["text"]
        return
    # The published table has a row for every elementary discourse unit; a sentence is made of several.
    units: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["text_edu"].strip():
                units[f"{row['fileid']}_s{row['speech_sentence_id']}"].append(row["text_edu"])
    for sentence, parts in units.items():
        yield sentence, " ".join(" ".join(parts).split())


def _newsmtsc(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("newsmtsc_quotes*.jsonl")):
        for row in _rows(path):
            yield row["source_id"], row["text"]
    for path in sorted(folder.glob("**/NewsMTSC-dataset/train.jsonl")):
        for row in _rows(path):
            yield f"newsmtsc_{row['primary_gid']}", row["sentence_normalized"]


def _found(place: Path, texts: Mapping[str, str]) -> Mapping[str, str]:
    if not texts:
        raise DataError(f"{place}: no text of the corpus is in there; docs/training.md names the files that are read")
    return texts


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}:{number}: is no JSON") from error


def _neighbours(sentences: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    ids = list(sentences)
    around = zip([None, *ids[:-1]], ids, [*ids[1:], None], strict=True)
    return {
        this: tuple(
            sentences[other] if other is not None and speech_of(other) == speech_of(this) else ""
            for other in (before, after)
        )  # type: ignore[misc]  # a pair by construction
        for before, this, after in around
    }


def _line(text: str, span: Span) -> Span:
    end = text.find("\n", span.end)
    return Span(text.rfind("\n", 0, span.start) + 1, len(text) if end < 0 else end)
