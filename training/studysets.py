"""What the models of a study are trained and scored on: the corpus and real quotes, divided once for all of them."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.files import write_whole
from model.quote import SLOT, LabelledQuote, Quote, render
from training.corpora import NEWSMTSC, UNSCON
from training.dataset import read_dataset
from training.names import fill_all
from training.readers import read_rows
from training.recipe import CORPUS, Recipe
from training.splits import split_quotes
from training.standoff import group_of
from training.unlabelled import nearly_in

REPORTED = "reported"
_SEED = 0


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Labelled quotes that no model of the study has seen; binary: only hostile or not is asked."""

    name: str
    quotes: tuple[LabelledQuote, ...]
    binary: bool = False


def divide(real: Path, out: Path) -> int:
    """Divide the corpus and the real quotes together and write one file of training JSON Lines a corpus into `out`.

    Quotes of dev and test whose words are nearly those of a training quote (in real documents slogans and single
    words) are left out; returns how many.
    """
    recipe = Recipe(name="study").with_files([CORPUS, str(real)])
    origins = {row["id"]: row for _, row in read_rows(str(real))}
    splits = split_quotes(read_dataset(recipe).quotes, recipe)
    tested = [*splits.dev, *splits.test]
    taught = [render(quote.quote).text for quote in splits.train]
    near = nearly_in([render(quote.quote).text for quote in tested], taught, recipe.data.near_duplicates)
    known = {id(tested[place]) for place in near}
    parts: dict[str, list[str]] = {}
    for split in ("train", "dev", "test"):
        for quote in (each for each in getattr(splits, split) if id(each) not in known):
            origin = origins.get(quote.quote.id, {})
            corpus = REPORTED if origin.get("kind") == REPORTED else quote.corpus
            row = _row(quote, split, str(origin.get("group", "")))
            parts.setdefault(corpus, []).append(json.dumps(row, ensure_ascii=False) + "\n")
    out.mkdir(parents=True, exist_ok=True)
    for corpus, lines in parts.items():
        write_whole(out / f"{corpus}.jsonl", "".join(lines).encode())
    return len(near)


def take(folder: Path, parts: Mapping[str, int | None], out: Path, *, without: str = "") -> Path:
    """Write the rows of some corpora into one file, of each at most so many for training; `without` drops a debate."""
    lines: list[str] = []
    for corpus, most in parts.items():
        rows = (folder / f"{corpus}.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
        kept = [row for row in map(json.loads, rows) if not (without and str(row["document"]).startswith(without))]
        train = [row for row in kept if row["split"] == "train"]
        if most is not None and most < len(train):
            train = random.Random(_SEED).sample(train, most)
        kept = [*train, *(row for row in kept if row["split"] != "train")]
        lines.extend(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, "".join(lines).encode())
    return out


def evaluation_sets(folder: Path, copies: Path | None) -> Iterator[EvaluationSet]:
    """Yield the sets that every model is scored on; copies: the folder with newsmtsc_quotes and unscon_sents.jsonl.

    Without copies the sets with other people's labels are left out.
    """
    by_corpus = {
        path.stem: read_dataset(Recipe(name="sets").with_files([str(path)])).quotes for path in folder.glob("*.jsonl")
    }
    corpus = by_corpus.pop(CORPUS)
    real = [quote for quotes in by_corpus.values() for quote in quotes]
    yield EvaluationSet("corpus test", tuple(fill_all([q for q in corpus if q.split == "test"], random.Random(_SEED))))
    for split in ("dev", "test"):
        yield EvaluationSet(f"real {split}", tuple(quote for quote in real if quote.split == split))
    if copies is None:
        return
    trained = {row["document"] for path in folder.glob("*.jsonl") for row in _rows(path) if row["split"] == "train"}
    yield EvaluationSet("NewsMTSC", tuple(_newsmtsc(copies / "newsmtsc_quotes.jsonl", trained)))
    yield EvaluationSet("UNSCon", tuple(_unscon(copies / "unscon_sents.jsonl", trained)), binary=True)


def leave_out(path: Path, name: str, out: Path) -> Path:
    """Write UNSCon's own marks, conflict or not, for training: one debate is the test split, speeches stay together."""
    lines = []
    for _, row in read_rows(str(path)):
        mark = "conflict" if row["binary_conflict"] else "none"
        split = "test" if row["source_id"].startswith(name) else "train"
        group = group_of(UNSCON, row["source_id"])
        lines.append(json.dumps({"text": row["text"], "label": mark, "group": group, "split": split}) + "\n")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, "".join(lines).encode())
    return out


def debate(path: Path, name: str) -> EvaluationSet:
    """Return the sentences of one UNSCon debate."""
    return EvaluationSet(name, tuple(q for q in _unscon(path, set()) if (q.group or "").startswith(name)), binary=True)


def _newsmtsc(path: Path, trained: set[str]) -> Iterator[LabelledQuote]:
    for place, row in read_rows(str(path)):
        group = group_of(NEWSMTSC, row["source_id"])
        if row["label"] is None or group in trained:
            continue
        text = max(row["quote"], key=len)
        carrier = row["text"].replace(text, SLOT, 1)
        yield LabelledQuote(Quote(text, carrier if SLOT in carrier else None), row["label"], group, source=place)


def _unscon(path: Path, trained: set[str]) -> Iterator[LabelledQuote]:
    for place, row in read_rows(str(path)):
        group = group_of(UNSCON, row["source_id"])
        if group not in trained:
            label = "hostile" if row["binary_conflict"] else "neutral"
            yield LabelledQuote(Quote(row["text"]), label, group, source=place)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    yield from (row for _, row in read_rows(str(path)))


def _row(quote: LabelledQuote, split: str, document: str) -> Mapping[str, Any]:
    return {
        "id": quote.quote.id,
        "text": quote.quote.text,
        "carrier": quote.quote.carrier,
        "label": quote.label,
        "group": quote.group,  # of the division: documents joined by near-duplicates
        "document": document,
        "split": split,
        "source": quote.corpus,
    }
