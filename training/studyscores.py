"""What the models of a study got right, on disk and as the tables of docs/judgement.md."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, TypeAdapter

from model.files import to_json, write_whole
from model.quote import Quote, without_carrier
from training.metrics import Metrics, score
from training.significance import macro_f1_difference, mcnemar
from training.studysets import EvaluationSet

Ask = Callable[[Sequence[Quote]], npt.NDArray[np.float64]]
"""What a model says of quotes: probabilities of shape (quotes, labels)."""


class Scores(BaseModel):
    """One model on one set: the figures, and what they were made from, so that two models can be compared."""

    model_config = ConfigDict(frozen=True)

    metrics: Metrics
    truth: tuple[int, ...]
    guesses: tuple[int, ...]
    groups: tuple[str, ...]


_BY_SET = TypeAdapter(Mapping[str, Scores])


def score_sets(
    ask: Ask, labels: Sequence[str], sets: Sequence[EvaluationSet], *, carriers: bool
) -> Mapping[str, Scores]:
    """Ask a model about all sets at once and score each."""
    asked = [list(each.quotes) if carriers else list(map(without_carrier, each.quotes)) for each in sets]
    answers = ask([quote.quote for quotes in asked for quote in quotes])
    ends = np.cumsum([len(quotes) for quotes in asked])[:-1]
    return {
        each.name: _scored(each, part, tuple(labels)) for each, part in zip(sets, np.split(answers, ends), strict=True)
    }


def write_scores(scores: Mapping[str, Scores], path: Path) -> None:
    """Write a model's scores, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, to_json(_BY_SET.dump_python(scores, mode="json")))


def read_scores(path: Path) -> Mapping[str, Scores]:
    """Read what `write_scores` wrote."""
    return _BY_SET.validate_json(path.read_bytes())


def table(rows: Mapping[str, Sequence[Mapping[str, Scores]]]) -> Iterator[str]:
    """Yield lines of Markdown: one a row, its seeds' mean macro-F1 a set, and the interval of the first seed."""
    names = list(dict.fromkeys(name for seeds in rows.values() for scores in seeds for name in scores))
    yield f"| | seeds | {' | '.join(names)} |"
    yield "| --- " * (len(names) + 2) + "|"
    for row, seeds in rows.items():
        cells = (_cell([each[name] for each in seeds if name in each]) for name in names)
        yield f"| {row} | {len(seeds)} | {' | '.join(cells)} |"


def compared(first: Sequence[Mapping[str, Scores]], second: Sequence[Mapping[str, Scores]], name: str) -> str:
    """Return in a line how two rows' first seeds differ on a set, with p-values."""
    one, other = first[0][name], second[0][name]
    difference = macro_f1_difference(one.truth, one.guesses, other.guesses, one.groups, len(one.metrics.labels))
    low, high = difference.interval
    right = [np.array(each.truth) == np.array(each.guesses) for each in (one, other)]
    p = mcnemar(*right).p
    return f"{difference.difference:+.3f} ({low:+.3f} to {high:+.3f}; p {difference.p:.4f}, McNemar p {p:.4f})"


def pooled(parts: Sequence[Scores]) -> Scores:
    """Put sets together that different models were scored on: the debates that were left out."""
    truth, guesses, groups = (
        tuple(value for part in parts for value in getattr(part, name)) for name in ("truth", "guesses", "groups")
    )
    labels = parts[0].metrics.labels
    return Scores(
        metrics=score(labels, truth, np.eye(len(labels))[list(guesses)], groups),
        truth=truth, guesses=guesses, groups=groups,
    )  # fmt: skip


def _scored(each: EvaluationSet, answers: npt.NDArray[np.float64], labels: tuple[str, ...]) -> Scores:
    if each.binary:
        hostile = answers.argmax(1) == labels.index("hostile")
        answers, labels = np.stack([hostile, ~hostile], axis=1).astype(float), ("hostile", "neutral")
    truth = tuple(labels.index(quote.label) for quote in each.quotes)
    groups = tuple(quote.group or str(i) for i, quote in enumerate(each.quotes))
    guesses = tuple(int(place) for place in answers.argmax(1))
    return Scores(metrics=score(labels, truth, answers, groups), truth=truth, guesses=guesses, groups=groups)


def _cell(scores: Sequence[Scores]) -> str:
    if not scores:
        return ""
    values = [each.metrics.macro_f1 for each in scores]
    low, high = scores[0].metrics.interval
    return f"{np.mean(values):.3f} ({low:.3f} to {high:.3f})"
