"""Figures as pictures, and the model card."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from matplotlib.figure import Figure
from rich.table import Table

from model.bundle import Card
from model.files import to_json, write_whole
from training.metrics import Evaluation, Metrics, reliability
from training.recipe import CORPUS, Recipe


def evaluation_tables(evaluation: Evaluation) -> tuple[Table, Table, Table]:
    """Return the figures as tables: overall, by label, and the confusion matrix."""
    metrics, swaps = evaluation.metrics, evaluation.swaps
    low, high = metrics.interval
    certain = "none" if metrics.certain_accuracy is None else f"{metrics.certain_accuracy:.3f}"
    overall = Table("figure", "value", title=f"{metrics.quotes:,} quotes in {metrics.groups:,} groups")
    overall.add_row("macro-F1 (95 % interval)", f"{metrics.macro_f1:.4f} ({low:.4f} to {high:.4f})")
    overall.add_row("accuracy", f"{metrics.accuracy:.4f}")
    overall.add_row("expected calibration error", f"{metrics.ece:.4f}")
    overall.add_row("not uncertain (accuracy there)", f"{metrics.coverage:.1%} ({certain})")
    overall.add_row("entity-swap rate", f"{swaps.rate:.2%} ({swaps.changed} of {swaps.exchanges} exchanges)")
    by_label = Table("label", "precision", "recall", "F1", "quotes")
    for label, each in metrics.per_class.items():
        by_label.add_row(label, f"{each.precision:.4f}", f"{each.recall:.4f}", f"{each.f1:.4f}", str(each.support))
    confusion = Table("labelled \\ predicted", *metrics.labels)
    for label, row in zip(metrics.labels, metrics.confusion, strict=True):
        confusion.add_row(label, *map(str, row))
    return overall, by_label, confusion


def write_report(
    evaluation: Evaluation, truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], out: Path
) -> None:
    """Write evaluation.json, confusion.png and reliability.png into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    draw_confusion(evaluation.metrics, out / "confusion.png")
    draw_reliability(evaluation.metrics, truth, probabilities, out / "reliability.png")
    write_whole(out / "evaluation.json", to_json(evaluation.model_dump(mode="json")))


def draw_confusion(metrics: Metrics, path: Path) -> None:
    """Draw the confusion matrix, rows summing to 1, counts written in."""
    counts = np.array(metrics.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    ticks = range(len(metrics.labels))
    axes.set_xticks(ticks, metrics.labels)
    axes.set_yticks(ticks, metrics.labels)
    axes.set(xlabel="predicted", ylabel="labelled", title=f"macro-F1 {metrics.macro_f1:.3f}, {metrics.quotes} quotes")
    for (i, j), share in np.ndenumerate(shares):
        ink = "white" if share > 0.5 else "black"  # noqa: PLR2004
        axes.text(j, i, f"{counts[i, j]}\n{share:.0%}", ha="center", va="center", color=ink)
    figure.colorbar(image, label="share of the row")
    figure.savefig(path, dpi=150)


def draw_reliability(
    metrics: Metrics, truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], path: Path
) -> None:
    """Draw accuracy against confidence by bin; the area of a dot is its share of the quotes."""
    bins = np.array(reliability(truth, probabilities))
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    axes.scatter(bins[:, 1], bins[:, 2], s=30 + 900 * bins[:, 0] / bins[:, 0].sum(), alpha=0.7)
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0.3, 1.01), ylim=(-0.02, 1.02))
    axes.set_title(f"calibration error {metrics.ece:.3f}")
    figure.savefig(path, dpi=150)


def model_card(card: Card, recipe: Recipe, metrics: Metrics) -> str:
    """Return the bundle's README.md, with the front matter that model hubs read."""
    front = {
        "license": "apache-2.0",
        "language": ["en"],
        "library_name": "onnx",
        "pipeline_tag": "text-classification",
        "tags": ["onnx", "int8", "quotes", "stance"],
        "model-index": [
            {
                "name": card.name,
                "results": [
                    {
                        "task": {"type": "text-classification"},
                        "dataset": {"name": f"{', '.join(recipe.data.files)}, test split", "type": "detente"},
                        "metrics": [
                            {"type": "f1", "name": "macro-F1", "value": round(metrics.macro_f1, 4)},
                            {"type": "accuracy", "value": round(metrics.accuracy, 4)},
                        ],
                    }
                ],
            }
        ],
    }
    header = yaml.safe_dump(front, sort_keys=False)
    rows = _table(
        ("label", "precision", "recall", "F1", "quotes"),
        [
            (label, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", str(s.support))
            for label, s in metrics.per_class.items()
        ],
    )
    made = "the project's own corpus of invented, machine-written quotes" if recipe.data.files == (CORPUS,) else None
    low, high = metrics.interval
    return f"""---
{header}---

# {card.name}

Tells whether the words of a quote are {", ".join(card.labels[:-1])} or {card.labels[-1]}. Encoder: {recipe.encoder},
int8, read in windows of {card.max_tokens} tokens. Trained on {made or ", ".join(recipe.data.files)}.

On the test split ({metrics.quotes} quotes of {metrics.groups} groups that share nothing with the training data):
macro-F1 {metrics.macro_f1:.3f} (95 % interval {low:.3f} to {high:.3f}), accuracy {metrics.accuracy:.3f}, expected
calibration error {metrics.ece:.3f}. Below a probability of {card.threshold:.3f} an answer is marked uncertain:
{1 - metrics.coverage:.0%} of the test quotes.

{rows}

A quote's label depends on the quote, its carrier and this bundle alone when one text is read per run, without padding.
bundle.json holds labels, temperature, threshold, digests and all figures.
"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
