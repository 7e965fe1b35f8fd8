"""Figures as pictures: confusion matrix, reliability diagram, risk-coverage curve."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from training.breakdown import Answers
from training.metrics import Metrics, reliability, risk_coverage

CONFUSION = "confusion.png"
RELIABILITY = "reliability.png"
RISK_COVERAGE = "risk_coverage.png"


def draw_all(metrics: Metrics, answers: Answers, folder: Path) -> None:
    """Write the three pictures, PNG, into a folder that is there."""
    draw_confusion(metrics, folder / CONFUSION)
    draw_reliability(metrics, answers, folder / RELIABILITY)
    draw_risk_coverage(metrics, answers, folder / RISK_COVERAGE)


def draw_confusion(metrics: Metrics, path: Path) -> None:
    """Draw the confusion matrix, rows summing to 1, counts written in."""
    counts = np.array(metrics.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ticks = range(len(metrics.labels))
    figure = Figure(figsize=(2.7 + 0.9 * len(ticks), 1.9 + 0.9 * len(ticks)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    axes.set_xticks(ticks, metrics.labels)
    axes.set_yticks(ticks, metrics.labels)
    axes.set(xlabel="predicted", ylabel="labelled", title=f"macro-F1 {metrics.macro_f1:.3f}, {metrics.quotes} quotes")
    for (i, j), share in np.ndenumerate(shares):
        ink = "white" if share > 0.5 else "black"  # noqa: PLR2004
        axes.text(j, i, f"{counts[i, j]}\n{share:.0%}", ha="center", va="center", color=ink)
    figure.colorbar(image, label="share of the row")
    figure.savefig(path, dpi=150)


def draw_reliability(metrics: Metrics, answers: Answers, path: Path) -> None:
    """Draw accuracy against confidence by bin; the area of a dot is its share of the quotes."""
    bins = np.array(reliability(answers.truth, answers.probabilities))
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    axes.scatter(bins[:, 1], bins[:, 2], s=30 + 900 * bins[:, 0] / bins[:, 0].sum(), alpha=0.7)
    lowest = 1 / len(metrics.labels) - 0.03  # no largest of n probabilities is below 1/n
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(lowest, 1.01), ylim=(-0.02, 1.02))
    axes.set_title(f"calibration error {metrics.ece:.3f}")
    figure.savefig(path, dpi=150)


def draw_risk_coverage(metrics: Metrics, answers: Answers, path: Path) -> None:
    """Draw the share that is wrong against the share that is answered, the bundle's threshold marked."""
    coverage, risk = np.array(risk_coverage(answers.truth, answers.probabilities)).T
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(coverage, risk, drawstyle="steps-post")
    if metrics.certain_accuracy is not None:
        label = f"threshold {answers.threshold:.3f}: {metrics.coverage:.0%} answered"
        axes.plot(metrics.coverage, 1 - metrics.certain_accuracy, "o", color="tab:red", label=label)
        axes.legend()
    axes.set(xlabel="coverage (share not uncertain)", ylabel="risk (share of those wrong)")
    axes.set(xlim=(0, 1.01), ylim=(0, max(float(risk.max()), 0.01) * 1.1), title=f"area {metrics.aurc:.3f}")
    figure.savefig(path, dpi=150)
