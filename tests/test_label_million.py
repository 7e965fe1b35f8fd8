"""The generator of rows is deterministic, and its copies are as many as it says."""

import pytest
from typer.testing import CliRunner

import detente
from model.bundle import DEFAULT_BUNDLE, open_bundle
from serve.labelling.million import CORPUS, Maker, write_rows
from serve.labelling.rate import compare
from tests.labelled import read_csv, read_jsonl

RUN = CliRunner()


@pytest.mark.parametrize("copies", [0.0, 0.2, 0.7])
def test_copies_are_counted(copies):
    """Every row that is no copy differs from all others in text or carrier."""
    rows = list(Maker(CORPUS, 1).rows(30_000, copies))
    assert len({(row.text, row.carrier) for row in rows}) == 30_000 - int(30_000 * copies)
    assert len({row.id for row in rows}) == 30_000
    assert not [row for row in rows if "{" in row.text]


def test_a_seed_makes_a_file(tmp_path):
    """The same one the same bytes, another one other rows."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_rows(Maker(CORPUS, seed).rows(300, 0.2), tmp_path / f"{name}.csv.gz")
        write_rows(Maker(CORPUS, seed).rows(300, 0.2), tmp_path / f"{name}.jsonl")
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert (tmp_path / "a.csv.gz").read_bytes() != (tmp_path / "c.csv.gz").read_bytes()
    rows = read_jsonl(tmp_path / "a.jsonl")
    assert list(rows[0]) == ["id", "text", "carrier", "outlet", "date", "words"]
    assert len(rows) == 300


def test_its_rows_can_be_labelled(tmp_path):
    """By the command, as any file."""
    write_rows(Maker(CORPUS, 0).rows(40, 0.2), tmp_path / "in.csv")
    args = ["label", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--carrier-column", "carrier"]
    assert RUN.invoke(detente.app, args).exit_code == 0
    head, *rows = read_csv((tmp_path / "out.csv").read_bytes())
    assert [row[head.index("error")] for row in rows] == [""] * 40


def test_rates_are_compared():
    """Each kind of file gets its line."""
    rows = list(Maker(CORPUS, 0).rows(30, 0))
    table = compare(open_bundle(DEFAULT_BUNDLE), rows, ["jsonl", "parquet"], rounds=1)
    assert table.row_count == 2
