"""Divides labelled quotes so that nothing leaks: groups, contrast pairs and near-duplicates stay together."""

import json
import math
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from model.errors import DataError
from model.quote import LabelledQuote, render
from training.recipe import Recipe

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Splits:
    """Three sets of quotes that share no group; every quote's group is filled in."""

    train: tuple[LabelledQuote, ...]
    dev: tuple[LabelledQuote, ...]
    test: tuple[LabelledQuote, ...]
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> Mapping[str, str]:
        """The quotes as a run folder keeps them: JSON Lines by part."""
        return {
            name: "".join(json.dumps(_row(quote, name), ensure_ascii=False) + "\n" for quote in getattr(self, name))
            for name in ("train", "dev", "test")
        }


def split_quotes(quotes: Sequence[LabelledQuote], recipe: Recipe) -> Splits:
    """Divide quotes into train, dev and test; the same seed and data give the same division.

    A quote that came with its split keeps it, and what else is in its group and has none goes with it; groups that
    cross a border all the same are reported. The rest is divided in the recipe's shares: all of it, or, where every
    quote came with a split, the train part for a dev or test part that is missing.
    Raises DataError when a label has too few groups to be in every part.
    """
    components = group(quotes, recipe.data.near_duplicates)
    _check_groups(quotes, components, recipe.label_set)
    parts = _divide(quotes, components, recipe)
    labels = {quote.label for quote in quotes}
    chosen = {name: [i for i, part in enumerate(parts) if part == name] for name in ("train", "dev", "test")}
    notes = [_crossing(parts, components)]
    for name, members in chosen.items():
        missing = labels - {quotes[i].label for i in members}
        if missing:
            notes.append(f"{name} has no quote labelled {', '.join(sorted(missing))}")
            if name == "train" or not members:
                raise DataError(f"{notes[-1]}: more labelled quotes from more groups are needed")
    # The group of the answer is the component: what bootstraps and reports must keep together.
    grouped = [replace(quote, group=f"g{component}") for quote, component in zip(quotes, components, strict=True)]
    train, dev, test = (tuple(grouped[i] for i in members) for members in chosen.values())
    return Splits(train, dev, test, tuple(note for note in notes if note))


def group(quotes: Sequence[LabelledQuote], threshold: float) -> list[int]:
    """Return a number a quote: the same for quotes that share a group, a pair or nearly the same words."""
    edges = list(near_duplicates([render(quote.quote).text for quote in quotes], threshold))
    first: dict[tuple[str, str], int] = {}
    for i, quote in enumerate(quotes):
        for kind, value in (("group", quote.group), ("pair", quote.pair)):
            if value is not None:
                edges.append((first.setdefault((kind, value), i), i))
    rows, columns = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(edges)), (rows, columns)), shape=(len(quotes), len(quotes)))
    _, components = connected_components(graph, directed=False)
    return [int(component) for component in components]


def near_duplicates(texts: Sequence[str], threshold: float) -> Iterator[tuple[int, int]]:
    """Yield pairs of texts whose word sets have a Jaccard index of at least threshold.

    Exact, by prefix filtering: two sets that similar share one of their few rarest words (Bayardo, Ma and Srikant,
    "Scaling up all pairs similarity search", WWW 2007). Of equal sets each is paired with the first only.
    """
    sets = [frozenset(_WORD.findall(text.lower())) for text in texts]
    frequency = Counter(word for words in sets for word in words)
    first: dict[frozenset[str], int] = {}
    index: dict[str, list[int]] = defaultdict(list)
    for i in sorted(range(len(sets)), key=lambda i: len(sets[i])):
        words = sets[i]
        if not words:
            continue
        if words in first:
            yield first[words], i
            continue
        first[words] = i
        rarest = sorted(words, key=lambda word: (frequency[word], word))
        prefix = rarest[: len(words) - math.ceil(threshold * len(words)) + 1]
        candidates = {j for word in prefix for j in index[word] if len(sets[j]) >= threshold * len(words)}
        for j in sorted(candidates):
            shared = len(words & sets[j])
            if shared >= threshold * (len(words) + len(sets[j]) - shared):
                yield j, i
        for word in prefix:
            index[word].append(i)


def _divide(quotes: Sequence[LabelledQuote], components: Sequence[int], recipe: Recipe) -> list[str]:
    parts = _inherited(quotes, components)
    given = all(part is not None for part in parts)
    data = recipe.data
    for name, share in (("test", data.test), ("dev", data.dev / (1 - data.test))):
        if given and name in parts:
            continue
        free = "train" if given else None
        rest = [i for i, part in enumerate(parts) if part == free]
        labels, groups = [quotes[i].label for i in rest], [components[i] for i in rest]
        for i in _stratified(labels, groups, share, recipe.data.seed):
            parts[rest[i]] = name
    return [part or "train" for part in parts]


def _inherited(quotes: Sequence[LabelledQuote], components: Sequence[int]) -> list[str | None]:
    """Return each quote's own split, or its group's: what must not be trained on goes before what may."""
    groups: dict[int, set[str]] = defaultdict(set)
    for quote, component in zip(quotes, components, strict=True):
        if quote.split:
            groups[component].add(quote.split)
    return [
        quote.split or next((name for name in ("test", "dev", "train") if name in groups[component]), None)
        for quote, component in zip(quotes, components, strict=True)
    ]


def _stratified(labels: Sequence[str], components: Sequence[int], share: float, seed: int) -> list[int]:
    """Return the places of one fold of about `share` of the rows with the labels' shares kept, whole components."""
    if len(set(components)) < 2 or max(Counter(labels).values()) < 2:  # noqa: PLR2004
        raise DataError("too few groups are left to divide into train, dev and test: more labelled quotes are needed")
    folds = max(2, min(round(1 / share), len(set(components)), max(Counter(labels).values())))
    with warnings.catch_warnings():
        # sklearn warns of a label with fewer rows than folds; whether a part lacks a label is checked afterwards.
        warnings.simplefilter("ignore", UserWarning)
        folder = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        _, taken = next(folder.split(np.zeros(len(labels)), labels, components))
    return [int(i) for i in taken]


def _check_groups(quotes: Iterable[LabelledQuote], components: Iterable[int], labels: Iterable[str]) -> None:
    groups: dict[str, set[int]] = {label: set() for label in labels}
    for quote, component in zip(quotes, components, strict=True):
        groups[quote.label].add(component)
    for label, members in groups.items():
        if not members:
            raise DataError(f"label {label}: no quote bears it; take it out of the recipe's labels or add quotes")
        if len(members) == 1:
            raise DataError(f"label {label}: all its quotes are in one group, so it can't be both learned and tested")


def _crossing(parts: Sequence[str], components: Sequence[int]) -> str:
    where: dict[int, set[str]] = defaultdict(set)
    for part, component in zip(parts, components, strict=True):
        where[component].add(part)
    crossing = {component for component, names in where.items() if len(names) > 1}
    if not crossing:
        return ""
    rows = sum(component in crossing for component in components)
    return f"{len(crossing)} groups ({rows} quotes) cross the borders of the splits that the data came with"


def _row(quote: LabelledQuote, split: str) -> dict[str, Any]:
    return {
        "id": quote.quote.id,
        "text": quote.quote.text,
        "carrier": quote.quote.carrier,
        "label": quote.label,
        "group": quote.group,
        "pair": quote.pair,
        "split": split,
        "source": quote.corpus,
    }
