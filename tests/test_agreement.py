"""Two annotators are compared beyond chance, with what is not sure about it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

import detente
from model.errors import DataError
from model.stance import STANCES
from training.reviewing.agreement import agree


def write(path, labels, **groups):
    rows = [{"id": i, "text": f"Quote {i}.", "label": label, "group": groups.get(i)} for i, label in labels.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def made(folder, pairs):
    first = write(folder / "a.jsonl", {f"q{i}": pair[0] for i, pair in enumerate(pairs)})
    return first, write(folder / "b.jsonl", {f"q{i}": pair[1] for i, pair in enumerate(pairs)})


@given(st.lists(st.tuples(st.sampled_from(STANCES), st.sampled_from(STANCES)), min_size=2, max_size=40))
def test_kappa_is_cohens(tmp_path_factory, pairs):
    """As scikit-learn computes it, and inside its interval; undefined where all have one label."""
    found = agree(*made(tmp_path_factory.mktemp("kappa"), pairs))
    assert sum(map(sum, found.table)) == found.pairs == len(pairs)
    if len({label for pair in pairs for label in pair}) == 1:
        assert found.kappa is None
        return
    assert found.kappa == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))
    assert found.interval is None or -1 <= found.interval[0] <= found.interval[1] <= 1


def test_the_interval_covers():
    """Of made annotators with a known kappa nine tenths and more of the intervals hold it."""
    rng = np.random.default_rng(0)
    agreed, covered = 0.7, 0
    from training.reviewing.agreement import _interval, _tables

    for _ in range(60):
        first = rng.integers(0, 3, 150)
        second = np.where(rng.random(150) < agreed, first, rng.integers(0, 3, 150))
        pairs = [(STANCES[a], STANCES[b]) for a, b in zip(first, second, strict=True)]
        interval = _interval(_tables(pairs, STANCES, [str(i) for i in range(150)]))
        assert interval is not None
        covered += interval[0] <= agreed <= interval[1]
    assert covered >= 54


def test_what_is_not_compared_is_counted(tmp_path):
    """Unsure answers, and quotes that one alone has answered."""
    first = write(tmp_path / "a.jsonl", {"1": "hostile", "2": "neutral", "3": None, "4": "neutral"})
    second = write(tmp_path / "b.jsonl", {"1": "hostile", "2": "hostile", "3": "neutral", "5": "neutral"})
    found = agree(first, second)
    assert (found.pairs, found.unsure, found.alone) == (2, 1, 2)
    assert [(each.id, each.first, each.second) for each in found.disagreements] == [("2", "neutral", "hostile")]
    assert found.labels == ("hostile", "neutral")
    assert found.table == ((1, 0), (1, 0))


def test_documents_are_drawn_whole(tmp_path):
    """Quotes of two documents give a wider interval than as many on their own; those of one give none."""
    pairs = {str(i): ("hostile" if i % 2 else "neutral") for i in range(60)}
    turned = {i: ("neutral" if int(i) > 40 else label) for i, label in pairs.items()}
    widths = []
    for groups in ({}, {i: str(int(i) // 10) for i in pairs}):
        found = agree(write(tmp_path / "a.jsonl", pairs, **groups), write(tmp_path / "b.jsonl", turned, **groups))
        assert found.interval is not None
        widths.append(found.interval[1] - found.interval[0])
    assert widths[1] > 1.5 * widths[0]
    one = dict.fromkeys(pairs, "d")
    assert agree(write(tmp_path / "a.jsonl", pairs, **one), write(tmp_path / "b.jsonl", turned, **one)).interval is None


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"text": "Quote q9.", "id": "q9", "label": "hostile"}, "no quote has a label in both"),
        ({"text": "Another.", "id": "q1", "label": "hostile"}, "id 'q1' has two texts"),
        ({"text": "Quote q1."}, "b.jsonl:1: no id or label"),
    ],
)
def test_files_that_do_not_belong_together(tmp_path, second, message):
    """Are told what is wrong."""
    first = write(tmp_path / "a.jsonl", {"q1": "hostile"})
    (tmp_path / "b.jsonl").write_text(json.dumps(second))
    with pytest.raises(DataError, match=message):
        agree(first, tmp_path / "b.jsonl")


def test_the_command_prints_it(tmp_path):
    """Kappa, its interval, the table and the disagreements; nothing that moves the cursor; JSON for programs."""
    pairs = [("hostile", "hostile"), ("neutral", "neutral"), ("neutral", "hostile")] * 4
    first, second = made(tmp_path, pairs)
    second.write_text(second.read_text().replace("Quote q2.", "Quote \\u001b[2J[red]q2."))
    first.write_text(first.read_text().replace("Quote q2.", "Quote \\u001b[2J[red]q2."))
    done = CliRunner().invoke(detente.app, ["agreement", str(first), str(second)])
    assert "Cohen's kappa 0.400 (95 % interval" in done.output
    assert "66.7% of 12 quotes have the same label" in done.output
    assert "Quote [2J[red]q2." in done.output
    assert "\x1b" not in done.output
    told = json.loads(CliRunner().invoke(detente.app, ["agreement", str(first), str(second), "--json"]).output)
    assert told["kappa"] == pytest.approx(0.4)
    assert len(told["disagreements"]) == 4
