"""Files that `detente label` wrote are read in every kind, with the columns they were labelled with."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from typer.testing import CliRunner

from detente import app
from model.errors import DataError
from training.labelled import Asked, Failed, Judged, open_labelled, text_of

ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": "We thank them.", "stance": "conciliatory", "p_conciliatory": 0.9, "p_hostile": 0.04,
     "p_neutral": 0.06, "tone": 0.86, "uncertain": False, "windows": 1, "error": None},
    {"id": "b", "text": " ", "stance": None, "p_conciliatory": None, "p_hostile": None,
     "p_neutral": None, "tone": None, "uncertain": None, "windows": None, "error": "text_empty: it is"},
    {"id": "c", "text": "Never again,\nthey said.", "stance": "hostile", "p_conciliatory": 0.2, "p_hostile": 0.5,
     "p_neutral": 0.3, "tone": -0.3, "uncertain": True, "windows": 1, "error": None},
]  # fmt: skip


def write(path, rows=ROWS):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif ".csv" in path.name:
        with path.with_suffix("").open("w", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows([{**row, "uncertain": str(row["uncertain"] or False).lower()} for row in rows])
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    else:
        lines = [(json.dumps(row) + "\n").encode() for row in rows]
        frames = b"".join(zstandard.ZstdCompressor().compress(line) for line in lines)
        path.write_bytes(frames if path.suffix == ".zst" else b"".join(lines))
    return path


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.zst", "x.csv", "x.csv.gz", "x.parquet"])
def test_every_kind_reads_the_same(tmp_path, name):
    """Judged rows have texts, numbers and truth values, failed ones their error, whatever the file's kind."""
    first, second, third = open_labelled(write(tmp_path / name), Asked()).rows()
    assert isinstance(first, Judged)
    assert (first.number, first.id, first.text, first.stance, first.uncertain) == (
        1, "a", "We thank them.", "conciliatory", False,
    )  # fmt: skip
    assert first.probabilities == (0.9, 0.04, 0.06)
    assert isinstance(second, Failed)
    assert (second.number, second.error) == (2, "text_empty: it is")
    assert isinstance(third, Judged)
    assert third.text == "Never again,\nthey said."
    assert third.uncertain
    assert third.tone == pytest.approx(-0.3)


def test_provenance_names_the_columns(tmp_path):
    """What a file was labelled with, and by which bundle, need not be said again."""
    given, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text(
        json.dumps({"key": "k1", "said": "We thank them.", "around": "He said: [Q]", "stance": "mine"}) + "\n"
    )
    options = ["--text-column", "said", "--carrier-column", "around", "--id-column", "key", "--prefix", "m_"]
    done = CliRunner().invoke(app, ["label", str(given), str(out), *options])
    assert done.exit_code == 0, done.output
    opened = open_labelled(out, Asked())
    (row,) = opened.rows()
    assert opened.bundle is not None
    assert isinstance(row, Judged)
    assert (row.id, row.text, row.carrier) == ("k1", "We thank them.", "He said: [Q]")
    assert row.stance == "conciliatory"


def test_provenance_of_a_folder_holds_for_its_files(tmp_path, monkeypatch):
    """It stands beside the folder, however the file is named."""
    (tmp_path / "all").mkdir()
    write(tmp_path / "all" / "x.jsonl")
    facts = {"bundle": {"digest": "abc"}, "options": {"id_column": "id"}}
    (tmp_path / "all.provenance.json").write_text(json.dumps(facts))
    assert open_labelled(tmp_path / "all" / "x.jsonl", Asked()).bundle == "abc"
    monkeypatch.chdir(tmp_path / "all")
    assert open_labelled(Path("x.jsonl"), Asked()).bundle == "abc"


def test_quotes_of_articles_have_their_article_as_document(tmp_path):
    """Labelled with --articles, rows of one file are of one document, in the carriers that were found."""
    folder, out = tmp_path / "news", tmp_path / "out.jsonl"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.txt").write_text('"We will talk," said Mr Marek. "They lied to us," he said.')
    done = CliRunner().invoke(app, ["label", str(folder), str(out), "--articles"])
    assert done.exit_code == 0, done.output
    rows = [row for row in open_labelled(out, Asked()).rows() if isinstance(row, Judged)]
    assert [row.document for row in rows] == ["one.txt", "one.txt", "two.txt", "two.txt"]
    assert rows[0].carrier is not None


@pytest.mark.parametrize(
    ("rows", "asked", "message"),
    [
        ([{"text": "x"}], Asked(), r"no column 'stance', .*there are 'text': is it what `detente label` wrote"),
        (ROWS, Asked(prefix="m_"), r"no column 'm_stance'"),
        (ROWS, Asked(document="article"), r"no column 'article'; there are 'id', 'text'"),
        (ROWS, Asked(others=("party",)), r"no column 'party'"),
        ([], Asked(), "has no rows"),
    ],
)
def test_missing_columns_are_named(tmp_path, rows, asked, message):
    """With those that are there."""
    with pytest.raises(DataError, match=message):
        open_labelled(write(tmp_path / "x.jsonl", rows), asked)


@pytest.mark.parametrize(
    "change",
    [{"stance": "angry"}, {"p_hostile": 1.2}, {"p_hostile": "much"}, {"p_neutral": float("nan")}, {"uncertain": None}],
)
def test_a_row_that_labelling_never_writes_is_failed(tmp_path, change):
    """It is counted as an error and its place is kept."""
    (row,) = open_labelled(write(tmp_path / "x.jsonl", [ROWS[0] | change]), Asked()).rows()
    assert isinstance(row, Failed)
    assert "not what `detente label` writes" in row.error


def test_damaged_files_say_so(tmp_path):
    """A packed file that is cut, whatever packed it, is an error that names it."""
    for name in ("x.csv.gz", "x.jsonl.zst"):
        path = write(tmp_path / name)
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(DataError, match=rf"{name}: can't be unpacked"):
            list(open_labelled(path, Asked()).rows())


def test_cells_are_texts():
    """Numbers and dates are shown as such, what is empty or no number is none."""
    fields = {"n": 4, "d": date(2024, 3, 5), "e": "", "f": float("nan"), "s": " x "}
    assert [text_of(fields, name) for name in ("n", "d", "e", "f", "s", "none", None)] == [
        "4", "2024-03-05", None, None, "x", None, None,
    ]  # fmt: skip
