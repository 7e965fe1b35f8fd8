"""A bad row gets its error, in its place, and the rest goes on."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.quote import MAX_CHARACTERS
from serve.labelling.delimited import Delimited
from serve.labelling.options import Options
from tests.labelled import read_csv, read_jsonl, relabel, write_jsonl

LATIN = "Señor".encode("latin-1")


def errors(folder, data, ending, predictor, options=Options()):  # noqa: B008
    """Label bytes and return the rows with their errors, cut off behind the code."""
    (folder / f"in.{ending}").write_bytes(data)
    relabel(predictor, folder / f"in.{ending}", folder / f"out.{ending}", options)
    if ending == "jsonl":
        objects = read_jsonl(folder / "out.jsonl")
        assert all((row["stance"] is None) == (row["error"] is not None) for row in objects)
        return [([], (row["error"] or "").split(":")[0]) for row in objects]
    head, *rows = read_csv((folder / "out.csv").read_bytes())
    return [(row[: head.index("stance")], row[-1].split(":")[0]) for row in rows]


def test_csv_rows(predictor, tmp_path):
    """Too many or too few fields, a stray quotation mark, other bytes than UTF-8, and texts that are no quotes."""
    data = b"".join(
        [
            b"id,text\r\n",
            b'1,"Two\r\nlines, and ""marks"""\r\n',
            b"2\r\n",
            b"3,We thank them.,what,else\r\n",
            b'4,"Never" he said\r\n',
            b'5,"It is never closed\r\n',
            b"6,We thank them.\r\n",
            b"\r\n",
            b"7," + LATIN + b"\r\n",
            b"8,\r\n",
            b'9,"We thank them."\r\n',
            b"10," + b"x" * (MAX_CHARACTERS + 1) + b"\r\n",
            b"11,The end.",
        ]
    )
    assert [(row[0], row[1][:20], error) for row, error in errors(tmp_path, data, "csv", predictor)] == [
        ("1", 'Two\r\nlines, and "mar', ""),
        ("2", "", "row_fields"),
        ("3", "We thank them.", "row_fields"),
        ("", "", "row_unreadable"),
        ("", "", "row_unreadable"),
        ("6", "We thank them.", ""),
        ("7", "Se\ufffdor", "row_not_utf8"),
        ("8", "", "text_empty"),
        ("9", "We thank them.", ""),
        ("10", "x" * 20, "text_too_long"),
        ("11", "The end.", ""),
    ]


def test_json_rows(predictor, tmp_path):
    """No JSON, no object, no text, nothing, nesting without end, fields that are to be added."""
    rows = [
        b'{"text": "We thank them."}',
        b'{"text": "We thank them."',
        b'["We thank them."]',
        b'{"text": 7}',
        b'{"text": null}',
        b"{}",
        b'{"text": "' + LATIN + b'"}',
        b'{"text": "\\ud800"}',
        b'{"text": "A", "x": NaN}',
        b'{"text": "A", "x": ' + b"[" * 100_000,
        *[b'{"text": "We thank them."}'] * 100,
        b'{"text": "A", "error": "mine"}',
        b'{"text": "We thank them."}',
    ]
    found = errors(tmp_path, b"\n".join(rows), "jsonl", predictor)
    assert [error for _, error in found] == [
        "",
        "row_unreadable",
        "row_unreadable",
        "row_no_text",
        "text_empty",
        "text_empty",
        "row_not_utf8",
        "text_not_unicode",
        "row_unreadable",
        "row_unreadable",
        *[""] * 100,
        "row_clash",
        "",
    ]


def test_rows_too_long_to_read(predictor, tmp_path, monkeypatch):
    """A line longer than is read is passed over without being held in memory."""
    monkeypatch.setattr("serve.labelling.streams.LONGEST_ROW", 100)
    long = b'{"text": "' + b"x" * 250 + b'"}'
    found = errors(tmp_path, b'{"text": "A"}\n' + long + b'\n{"text": "B"}\n' + long, "jsonl", predictor)
    assert [error for _, error in found] == ["", "row_too_long", "", "row_too_long"]
    found = errors(tmp_path, b"text\nA\n" + b"x" * 250 + b"\nB", "csv", predictor)
    assert [error for _, error in found] == ["", "row_too_long", ""]


def test_parquet_rows(predictor, tmp_path):
    """Bytes in a column of strings that are none, as careless writers leave them."""
    offsets = pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00")
    strings = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"No\xff\xfe"))
    pq.write_table(pa.table({"text": strings, "n": [1, 2]}), tmp_path / "in.parquet")
    relabel(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet", Options(id_column="n"))
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["n"].to_pylist() == [1, 2]
    assert [(error or "").split(":")[0] for error in found["error"].to_pylist()] == ["", "row_not_utf8"]
    bad = json.loads((tmp_path / "out.parquet.provenance.json").read_bytes())["counts"]["bad"]
    assert [(row["row"], row["id"]) for row in bad] == [(2, "2")]


def test_carriers(predictor, tmp_path):
    """An empty one is none; one without the quote is an error."""
    rows = [("We thank them.", ""), ("We thank them.", None), ("So it is.", "He said."), ("So it is.", "[Q], he said.")]
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text, "around": around} for text, around in rows])
    relabel(predictor, given, tmp_path / "out.jsonl", Options(carrier_column="around"))
    found = [(row["error"] or "").split(":")[0] for row in read_jsonl(tmp_path / "out.jsonl")]
    assert found == ["", "", "carrier_without_quote", ""]


def test_bad_rows_are_listed_by_their_ids(predictor, tmp_path):
    """The first twenty, over all shards, with the number of the row."""
    rows = [{"text": "" if n % 2 else "Yes.", "id": n or "zero\n\ud800"} for n in range(50)]
    given = write_jsonl(tmp_path / "in.jsonl", rows)
    relabel(predictor, given, tmp_path / "out.jsonl", Options(id_column="id", shard_rows=7))
    counts = json.loads((tmp_path / "out.jsonl.provenance.json").read_bytes())["counts"]
    assert (counts["rows"], counts["results"], counts["errors"]) == (50, 50, 25)
    assert [(row["row"], row["id"]) for row in counts["bad"]] == [(n + 1, str(n)) for n in range(1, 41, 2)]


@settings(max_examples=300, deadline=None)
@given(
    data=st.lists(st.sampled_from([b'"', b",", b"\n", b"\r\n", b"a", b"\xff", b'""', b"x,y\n"]), max_size=30),
    most=st.integers(1, 4),
)
def test_any_csv_is_cut_without_loss(data, most):
    """Whatever is broken: the pieces are the bytes of the file, in order, and each has as many rows as it says."""
    import io

    form = Delimited(",")
    body = b"".join(data)
    opened = form.opened(io.BytesIO(b"a,b\n" + body), lambda: 0.0)
    pieces = list(opened.pieces(most))
    kept = b"".join(piece.data for piece in pieces)
    assert kept.replace(b"\r", b"").replace(b"\n", b"") == body.replace(b"\r", b"").replace(b"\n", b"")
    assert all(piece.rows <= most for piece in pieces)
    assert [len(form.read(piece.data, ["a", "b"])) for piece in pieces] == [piece.rows for piece in pieces]


@pytest.mark.parametrize(("ending", "data"), [("csv", b"text,n\n,1\n ,2"), ("jsonl", b'{"text": ""}\n{"text": " "}')])
def test_all_rows_may_be_bad(predictor, tmp_path, ending, data):
    """A file of nothing but bad rows is an output like any other."""
    assert [error for _, error in errors(tmp_path, data, ending, predictor)] == ["text_empty"] * 2
