"""Labelled quotes from files, data sets on disk or on the hub: every row checked, nothing dropped in silence."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.errors import DataError, QuoteError
from model.quote import LabelledQuote, Quote, render
from training.readers import read_rows
from training.recipe import CORPUS, Recipe

_SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "valid": "dev", "val": "dev", "test": "test"}
_EXAMPLES = 3  # places named in a warning

Unknown = defaultdict[str, list[str]]
"""Labels that the recipe does not know, and where they stand."""


class Warnings:
    """Counts what was left out, by reason, and remembers the first places of each."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}

    def add(self, reason: str, place: str) -> None:
        """Count one row."""
        self._places.setdefault(reason, []).append(place)

    def lines(self) -> tuple[str, ...]:
        """Return one line a reason: how many rows, which reason, where the first ones are."""
        return tuple(
            f"{len(places)} row{'s'[: len(places) > 1]}: {reason} (first at {', '.join(places[:_EXAMPLES])})"
            for reason, places in self._places.items()
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled quotes in the order they were read, with what was left out."""

    quotes: tuple[LabelledQuote, ...]
    warnings: tuple[str, ...] = field(default=())


def read_dataset(recipe: Recipe) -> Dataset:
    """Read the recipe's data.

    Rows that can't be used are left out and counted in the warnings; in the project's own corpus they are errors.
    Raises DataError for a source that can't be read, a missing column, an unknown label, or nothing left.
    """
    warnings, unknown, quotes = Warnings(), Unknown(list), list[LabelledQuote]()
    for source in recipe.data.files:
        strict = Warnings()
        found = list(_labelled(source, recipe, strict if source == CORPUS else warnings, unknown))
        if strict.lines():
            raise DataError("the corpus has bad rows:\n" + "\n".join(strict.lines()))
        quotes.extend(found)
    if unknown:
        raise DataError(_unknown_labels(unknown, recipe))
    kept = _without_contradictions(quotes, warnings)
    if recipe.data.limit is not None and len(kept) > recipe.data.limit:
        kept = random.Random(recipe.data.seed).sample(kept, recipe.data.limit)
    if not kept:
        raise DataError("\n".join((f"{', '.join(recipe.data.files)}: no usable labelled quote", *warnings.lines())))
    return Dataset(tuple(kept), warnings.lines())


def _labelled(source: str, recipe: Recipe, warnings: Warnings, unknown: Unknown) -> Iterator[LabelledQuote]:
    name = source if source == CORPUS else Path(source).stem
    columns = {name: recipe.data.columns.get(name, name) for name in _COLUMNS}
    for number, (place, row) in enumerate(read_rows(source)):
        if number == 0:
            _check_columns(place, row, columns)
        if "" in row:
            warnings.add(str(row[""]), place)
            continue
        values = {name: _value(row.get(column)) for name, column in columns.items()}
        label = recipe.label_names.get(values["label"] or "", values["label"])
        if label is None:
            warnings.add("no label, or one that the recipe drops", place)
        elif label not in recipe.label_set:
            unknown[label].append(place)
        else:
            try:
                quote = Quote(values["text"] or "", values["carrier"], values["id"])
            except QuoteError as error:
                warnings.add(str(error), place)
                continue
            split = _SPLITS.get(values["split"] or "")
            if values["split"] and split is None:
                warnings.add(f"unknown split {values['split']!r}, so the data is divided anew", place)
            group = values["group"] or values["scenario"]
            yield LabelledQuote(quote, label, group, values["pair"], split, place, values["source"] or name)


_COLUMNS = ("text", "label", "carrier", "group", "scenario", "pair", "split", "id", "source")


def _value(value: Any) -> str | None:
    """Return a column's value as text: numbers are label ids, empty cells are no value."""
    return None if value is None or value == "" else str(value)


def _check_columns(place: str, row: Mapping[str, Any], columns: Mapping[str, str]) -> None:
    missing = [name for name in ("text", "label") if columns[name] not in row]
    if missing and "" not in row:
        names = ", ".join(columns[name] for name in missing)
        raise DataError(
            f"{place}: no column {names}; there are: {', '.join(map(str, row))}. "
            f"Name it in the recipe: `data: {{columns: {{{missing[0]}: THEIR_NAME}}}}`"
        )


def _unknown_labels(unknown: Unknown, recipe: Recipe) -> str:
    found = "; ".join(f"{len(places)} x {label!r}, first at {places[0]}" for label, places in unknown.items())
    return (
        f"unknown labels: {found}. The recipe knows {', '.join(recipe.label_set)}; map the others in the "
        "recipe with `labels: {theirs: ours}`, to null where such rows shall be dropped"
    )


def _without_contradictions(quotes: Iterable[LabelledQuote], warnings: Warnings) -> list[LabelledQuote]:
    """Keep one of each exact duplicate and none where duplicates contradict each other."""
    seen: dict[tuple[str, str], list[LabelledQuote]] = {}
    for quote in quotes:
        rendering = render(quote.quote)
        seen.setdefault((rendering.text.lower(), (rendering.carrier or "").lower()), []).append(quote)
    kept = []
    for same in seen.values():
        if len({quote.label for quote in same}) > 1:
            for quote in same:
                warnings.add("contradicting labels for the same quote", quote.source)
            continue
        kept.append(same[0])
        for quote in same[1:]:
            warnings.add("exact duplicate", quote.source)
    return kept
