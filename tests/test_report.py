"""The report: tables for a terminal, and a folder whose card names what lies in it."""

import io
import json
import re

import pytest
from rich.console import Console

from training.evaluate import evaluate
from training.report import evaluation_tables, write_report


@pytest.fixture(scope="module")
def evaluated(tiny_bundle, tiny_splits):
    return evaluate(tiny_bundle, tiny_splits.test)


@pytest.fixture(scope="module")
def folder(evaluated, tiny_bundle, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "new" / "one"
    write_report(evaluated.evaluation, evaluated.answers, tiny_bundle.manifest, out)
    return out


def printed(evaluation):
    out = io.StringIO()
    Console(width=200, file=out).print(*evaluation_tables(evaluation))
    return out.getvalue()


def test_report_holds_every_figure(evaluated, folder):
    """The figures as JSON, in a folder that was made with its parents."""
    assert json.loads((folder / "evaluation.json").read_text()) == evaluated.evaluation.model_dump(mode="json")


def test_card_names_the_pictures_that_are_there(folder):
    """Every picture that the card links lies beside it, and none lies there that it does not link."""
    linked = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (folder / "README.md").read_text())
    assert sorted(linked) == sorted(path.name for path in folder.glob("*.png"))
    assert len(linked) == 3


def test_card_has_the_evaluations_figures(evaluated, folder):
    """Not those that the bundle's own card had from the test split."""
    text = (folder / "README.md").read_text()
    assert f"macro-F1 {evaluated.evaluation.metrics.macro_f1:.3f}" in text
    assert f"{evaluated.evaluation.swaps.rate:.2%}" in text


def test_tables_have_a_row_for_every_part(evaluated):
    """Printed, they name every label and every part, and survive names that look like rich's markup."""
    breakdown = evaluated.evaluation.breakdown
    named = breakdown.corpus[0].model_copy(update={"name": "[bold]press"})
    evaluation = evaluated.evaluation.model_copy(
        update={"breakdown": breakdown.model_copy(update={"corpus": (named,)})}
    )
    text = printed(evaluation)
    assert "[bold]press" in text
    assert f"{evaluation.metrics.aurc:.4f}" in text
    for label in evaluation.metrics.labels:
        assert label in text
    for _, rows in evaluation.breakdown.parts():
        for row in rows:
            assert row.name in text
