"""How far two annotators agree beyond chance, how sure one may be of it, and where they don't."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import DataError
from training.labelled import text_of
from training.readers import read_rows

_RESAMPLES = 2000
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A quote with two labels."""

    id: str
    text: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two annotators say of the same quotes.

    pairs: quotes that both gave a label; unsure: that both answered, at least one of them without a label; alone: that
    only one answered. table[i][j]: pairs that the first labelled i and the second j, in the order of labels. kappa:
    Cohen's, and its 95 % interval by a bootstrap over groups (documents); None where all pairs have one label.
    """

    pairs: int
    unsure: int
    alone: int
    labels: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    observed: float
    kappa: float | None
    interval: tuple[float, float] | None
    disagreements: tuple[Disagreement, ...]


def agree(first: Path, second: Path) -> Agreement:
    """Compare two files of `detente annotate`, or any with id and label. Raises DataError where they share no label."""
    one, other = _read(first), _read(second)
    both = [identity for identity in one if identity in other]
    if clash := next((i for i in both if text_of(one[i], "text") != text_of(other[i], "text")), None):
        raise DataError(f"{first} and {second}: id {clash!r} has two texts: these are answers to different queues")
    sure = [i for i in both if text_of(one[i], "label") and text_of(other[i], "label")]
    if not sure:
        raise DataError(f"{first} and {second}: no quote has a label in both")
    given = [(str(one[i]["label"]).strip(), str(other[i]["label"]).strip()) for i in sure]
    labels = tuple(sorted({label for pair in given for label in pair}))
    groups = [text_of(one[i], "group") or f"quote {i}" for i in sure]
    tables = _tables(given, labels, groups)
    table = tables.sum(axis=0)
    kappa = float(_kappas(table[None])[0])
    return Agreement(
        pairs=len(sure),
        unsure=len(both) - len(sure),
        alone=len(one) + len(other) - 2 * len(both),
        labels=labels,
        table=tuple(tuple(int(count) for count in row) for row in table),
        observed=float(table.trace() / table.sum()),
        kappa=None if np.isnan(kappa) else kappa,
        interval=_interval(tables),
        disagreements=tuple(
            Disagreement(i, text_of(one[i], "text") or "", *pair)
            for i, pair in zip(sure, given, strict=True)
            if pair[0] != pair[1]
        ),
    )


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    rows: dict[str, Mapping[str, Any]] = {}
    for place, fields in read_rows(str(path)):
        identity = text_of(fields, "id")
        if identity is None or "label" not in fields:
            raise DataError(
                f"{place}: {fields.get('', 'no id or label')}; two files of `detente annotate` are compared"
            )
        if identity in rows:
            raise DataError(f"{place}: id {identity!r} comes twice")
        rows[identity] = fields
    return rows


def _tables(given: list[tuple[str, str]], labels: tuple[str, ...], groups: list[str]) -> npt.NDArray[np.float64]:
    """Return a table a group, of shape (groups, labels, labels)."""
    names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    tables = np.zeros((len(names), len(labels), len(labels)))
    places = np.array([[labels.index(label) for label in pair] for pair in given])
    np.add.at(tables, (numbers, places[:, 0], places[:, 1]), 1)
    return tables


def _kappas(tables: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return Cohen's kappa of tables of shape (..., labels, labels); NaN where there is but one label."""
    total = tables.sum(axis=(-2, -1))
    observed = np.trace(tables, axis1=-2, axis2=-1) / total
    chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1) / total**2
    room = 1 - chance
    return np.asarray(np.divide(observed - chance, room, out=np.full(room.shape, np.nan), where=room > 0))


def _interval(tables: npt.NDArray[np.float64]) -> tuple[float, float] | None:
    """Bootstrap kappa over groups; None where there is one group, or one label in every resample."""
    groups = len(tables)
    if groups == 1:
        return None
    draws = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), size=_RESAMPLES)
    kappas = _kappas(np.tensordot(draws, tables, axes=1))
    if np.isnan(kappas).all():
        return None
    low, high = np.nanpercentile(kappas, _PERCENTILES)
    return float(low), float(high)
