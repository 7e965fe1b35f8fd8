"""Figures as tables for the terminal, and the folder of a report: card, pictures, evaluation.json."""

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from model.bundle import Card
from model.files import to_json, write_whole
from training.breakdown import ROW_HEAD, Answers, Breakdown, Evaluation
from training.calibrate import Calibration
from training.card import Worth, evaluation_card
from training.metrics import three_places
from training.pictures import draw_all


def evaluation_tables(evaluation: Evaluation) -> tuple[Table, ...]:
    """Return the figures as tables: overall, by label, the confusion matrix, and in parts."""
    metrics, swaps = evaluation.metrics, evaluation.swaps
    low, high = metrics.interval
    overall = Table("figure", "value", title=f"{metrics.quotes:,} quotes in {metrics.groups:,} groups")
    overall.add_row("macro-F1 (95 % interval)", f"{metrics.macro_f1:.4f} ({low:.4f} to {high:.4f})")
    overall.add_row("accuracy", f"{metrics.accuracy:.4f}")
    overall.add_row("expected calibration error", f"{metrics.ece:.4f}")
    certain = f"{metrics.coverage:.1%} ({three_places(metrics.certain_accuracy)})"
    overall.add_row("not uncertain (accuracy there)", certain)
    overall.add_row("area under the risk-coverage curve", f"{metrics.aurc:.4f}")
    overall.add_row("entity-swap rate", f"{swaps.rate:.2%} ({swaps.changed} of {swaps.exchanges} exchanges)")
    by_label = Table("label", "precision", "recall", "F1", "quotes")
    for label, each in metrics.per_class.items():
        by_label.add_row(label, f"{each.precision:.4f}", f"{each.recall:.4f}", f"{each.f1:.4f}", str(each.support))
    confusion = Table("labelled \\ predicted", *metrics.labels)
    for label, row in zip(metrics.labels, metrics.confusion, strict=True):
        confusion.add_row(label, *map(str, row))
    return overall, by_label, confusion, _parts_table(evaluation.breakdown)


def write_report(evaluation: Evaluation, answers: Answers, card: Card, out: Path) -> None:
    """Write evaluation.json, the pictures and the card of the bundle, README.md, into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    draw_all(evaluation.metrics, answers, out)
    write_whole(out / "evaluation.json", to_json(evaluation.model_dump(mode="json")))
    fit = card.metrics.get("calibration")  # bundles of earlier versions have none
    fitted = None if fit is None else Calibration.model_validate(fit)
    worth = Worth(evaluation.metrics, evaluation.breakdown, fitted, evaluation.swaps)
    write_whole(out / "README.md", evaluation_card(card, worth).encode())


def _parts_table(breakdown: Breakdown) -> Table:
    table = Table("part", *ROW_HEAD)
    for kind, rows in breakdown.parts():
        for row in rows:
            table.add_row(escape(f"{kind} {row.name}"), *row.cells())
        table.add_section()
    return table
