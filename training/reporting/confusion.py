"""How often the model takes one stance for another: counted on quotes whose labels are known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ValidationError

from model.bundle import Bundle
from model.errors import DataError
from model.stance import STANCES
from training.breakdown import Breakdown
from training.metrics import Metrics
from training.recipe import CORPUS


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts[i][j]: quotes labelled i and judged j, in the order of STANCES; origin: what quotes, in words.

    uncertain: the share of them that were. Where it is another than in a corpus, the model errs otherwise there.
    """

    counts: npt.NDArray[np.int64]
    origin: str
    uncertain: float

    def __post_init__(self) -> None:
        if (self.counts.sum(axis=1) == 0).any():
            absent = ", ".join(np.array(STANCES)[self.counts.sum(axis=1) == 0])
            raise DataError(f"{self.origin}: no quote labelled {absent}, so shares can't be corrected by it")
        if np.linalg.matrix_rank(self.counts) < len(STANCES):
            raise DataError(f"{self.origin}: the model does not tell the stances apart, so shares can't be corrected")


class _Report(BaseModel):
    bundle: str
    metrics: Metrics


def shipped_confusion(bundle: Bundle) -> Confusion:
    """Return what a bundle's manifest says of its test split: of real quotes where there are any, else of all.

    Real quotes are those of other corpora than the project's own, which is invented: what is reported on was said.
    """
    metrics = bundle.manifest.metrics
    try:
        rows = Breakdown.model_validate(metrics["parts"]).corpus if "parts" in metrics else ()
        real = {row.name: row.metrics for row in rows if row.name != CORPUS and row.metrics is not None}
        found = real or {"test": Metrics.model_validate(metrics["test"])}
    except (KeyError, ValidationError) as error:
        way_out = "give the JSON of `detente evaluate --json` as --confusion"
        raise DataError(f"{bundle.path}: its manifest has no confusion matrix: {way_out}") from error
    counts = sum((_counts(each, str(bundle.path)) for each in found.values()), np.zeros((), dtype=np.int64))
    uncertain = sum(each.quotes * (1 - each.coverage) for each in found.values()) / int(counts.sum())
    corpora = f"the real ones: {', '.join(found)}" if real else "the project's invented ones or a user's"
    return Confusion(counts, f"{counts.sum():,} quotes of the model's test split ({corpora})", uncertain)


def read_confusion(path: Path, digest: str | None) -> Confusion:
    """Read what `detente evaluate --json` printed, or its evaluation.json; digest: of the bundle it must be about."""
    try:
        report = _Report.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise DataError(f"{path}: is not what `detente evaluate --json` writes: {error.errors()[0]['msg']}") from error
    if digest is not None and report.bundle != digest:
        raise DataError(f"{path}: is about another bundle than the one that labelled: evaluate that one")
    origin = f"the {report.metrics.quotes:,} quotes that {path.name} is about"
    return Confusion(_counts(report.metrics, str(path)), origin, 1 - report.metrics.coverage)


def _counts(metrics: Metrics, where: str) -> npt.NDArray[np.int64]:
    if set(metrics.labels) != set(STANCES):
        raise DataError(f"{where}: is about {', '.join(metrics.labels)}, not about {', '.join(STANCES)}")
    order = [metrics.labels.index(stance) for stance in STANCES]
    return np.array(metrics.confusion, dtype=np.int64)[np.ix_(order, order)]
