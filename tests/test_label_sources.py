"""What can be labelled and where it may go: files, folders, and what is refused before anything is done."""

import gzip
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from model.errors import DataError, DetenteError
from serve.labelling.faults import LabelError
from serve.labelling.kinds import Format
from serve.labelling.options import Options
from serve.labelling.sources import find_sources
from tests.labelled import SAYINGS, read_jsonl, relabel, write_csv, write_jsonl

ROW = [{"text": "We thank them."}]


def test_a_folder_becomes_a_folder(predictor, tmp_path):
    """Files of several kinds under their names; what others keep books in is passed over."""
    (tmp_path / "in" / "year=2020").mkdir(parents=True)
    write_jsonl(tmp_path / "in" / "a.jsonl", ROW)
    write_csv(tmp_path / "in" / "year=2020" / "b.csv", [["text"], ["No deal."]])
    pq.write_table(pa.table({"text": ["No deal."]}), tmp_path / "in" / "year=2020" / "c.parquet")
    (tmp_path / "in" / "_SUCCESS").touch()
    (tmp_path / "in" / ".git").mkdir()
    (tmp_path / "in" / ".git" / "config").touch()
    counts = relabel(predictor, tmp_path / "in", tmp_path / "out")
    assert counts.rows == 3
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["a.jsonl", "year=2020/b.csv", "year=2020/c.parquet"]


def test_links_in_a_folder_lead_nowhere_else(predictor, tmp_path):
    """A linked file is read and its output lies inside; a linked folder is not entered."""
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    write_jsonl(tmp_path / "elsewhere" / "b.jsonl", ROW)
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "a.jsonl").symlink_to(tmp_path / "elsewhere" / "b.jsonl")
    relabel(predictor, tmp_path / "in", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.jsonl"]
    assert not (tmp_path / "out" / "a.jsonl").is_symlink()
    assert read_jsonl(tmp_path / "elsewhere" / "b.jsonl") == ROW


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("in.csv", b"", "in.csv: is empty"),
        ("in.csv", b"text,n\n", "in.csv: holds no rows"),
        ("in.csv", b"\n\n", "in.csv: is empty"),
        ("in.csv", b"words,n\nNo.,1", "has no column 'text'; it has 'words', 'n'"),
        ("in.csv", b"text,text\nNo.,No.", "has several columns 'text'"),
        ("in.csv", b"text,stance,error\nNo.,1,2", r"has 'stance', 'error' itself: .*`--prefix detente_`"),
        ("in.csv", b"t\xe9xt,n\nNo.,1", "its header can't be read: the row is no UTF-8"),
        ("in.csv", "text,n\nNo.,1".encode("utf-16"), "is UTF-16, and UTF-8 is read"),
        ("in.csv", b'"text,n\nNo.,1', "its header can't be read: the row can't be read: unexpected end of data"),
        ("in.jsonl", b"\n \n", "in.jsonl: is empty"),
        ("in.jsonl", b"no\nno\n", "has no JSON object in its first 2 rows: the row is no JSON"),
        ("in.jsonl", b'{"words": "No."}', "has no column 'text'; it has 'words'"),
        ("in.csv.gz", b"text\nNo.", "in.csv.gz: Not a gzipped file"),
        ("in.csv.gz", gzip.compress(b"text\nNo.")[:-9], "in.csv.gz: Compressed file ended before"),
        ("in.csv.zst", b"text\nNo.", "in.csv.zst: zstd decompress.* error: Unknown frame descriptor"),
        ("in.csv.zst", zstandard.compress(b"text\nNo.")[:-3], "in.csv.zst: ends in the middle of a frame"),
        ("in.parquet", b"text", "in.parquet: "),
        ("in.xlsx", b"text", r"in.xlsx: unknown ending; files to label end in .csv, .tsv, "),
        ("in.txt", b"text", "plain texts are articles: say --articles"),
    ],
)
def test_what_can_not_be_labelled_is_told_first(predictor, tmp_path, name, data, message):
    """And nothing is left behind."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        relabel(predictor, tmp_path / name, tmp_path / f"out.{name.partition('.')[2]}")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_parquet_columns_must_be_texts(predictor, tmp_path):
    """Numbers are no quotes."""
    pq.write_table(pa.table({"text": [1]}), tmp_path / "in.parquet")
    with pytest.raises(DataError, match="its column 'text' holds no text"):
        relabel(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet")
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "none.parquet")
    with pytest.raises(DataError, match=r"none.parquet: is empty"):
        relabel(predictor, tmp_path / "none.parquet", tmp_path / "out.parquet")


def test_damage_further_on_keeps_what_is_before(predictor, tmp_path):
    """A file cut short is told when it ends; the shards before that stay labelled."""
    whole = gzip.compress(b"".join(b'{"text": "%d: %s"}\n' % (n, os.urandom(9).hex().encode()) for n in range(5000)))
    (tmp_path / "in.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"in\.jsonl\.gz: Compressed file ended"):
        relabel(predictor, tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl.gz", Options(shard_rows=20))
    assert list((tmp_path / "out.jsonl.gz.parts" / "000000").glob("*.part"))


@pytest.mark.parametrize(
    ("given", "out", "message"),
    [
        ("nowhere.csv", "out.csv", "nowhere.csv: no such file or folder"),
        ("in.jsonl", "out.csv", "comes back as jsonl, packed or not"),
        ("in.jsonl", "out", "out: unknown ending"),
        ("tables", "tables/out", "lies in .*tables, where it would be labelled itself"),
        ("tables", "-", "a folder goes into a folder or a file"),
        ("mixed", "out", "holds both tables and plain texts"),
        ("none", "out", "none: holds no files"),
        ("odd", "out", "this name can't be written elsewhere: rename it"),
        ("-", "out.jsonl", "standard input: --format must tell what it is"),
    ],
)
def test_ways_that_lead_nowhere(tmp_path, monkeypatch, given, out, message):
    """A source that is not there or does not fit its output."""
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "in.jsonl", ROW)
    for name in ("tables/a.jsonl", "mixed/a.jsonl", "mixed/b.txt", "odd/a\x1b[2J.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_jsonl(tmp_path / name, ROW)
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=message):
        find_sources(given, out, None, articles=False)


def test_parquet_needs_a_file(tmp_path):
    """It can't be read from standard input or written to standard output."""
    with pytest.raises(DataError, match="csv, tsv or jsonl"):
        find_sources("-", "-", Format.PARQUET, articles=False)
    pq.write_table(pa.table({"text": ["No."]}), tmp_path / "in.parquet")
    with pytest.raises(DataError, match="Parquet goes to a file, not to standard output"):
        find_sources(str(tmp_path / "in.parquet"), "-", None, articles=False)


@pytest.mark.parametrize("there", ["out.jsonl", "out.jsonl.provenance.json"])
def test_what_is_there_is_not_written_over(predictor, tmp_path, there):
    """Neither the output nor its provenance, with or without --resume."""
    given = write_jsonl(tmp_path / "in.jsonl", ROW)
    (tmp_path / there).write_text("mine")
    for resume in (False, True):
        with pytest.raises(LabelError, match=f"{there}: exists already: remove it, or name another output"):
            relabel(predictor, given, tmp_path / "out.jsonl", resume=resume)
    assert (tmp_path / there).read_text() == "mine"


def test_a_prefix_lets_columns_stay(predictor, tmp_path):
    """What is labelled can be labelled again beside it."""
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text, "error": 7} for text in SAYINGS])
    with pytest.raises(DetenteError, match="has 'error' itself"):
        relabel(predictor, given, tmp_path / "out.jsonl")
    relabel(predictor, given, tmp_path / "out.jsonl", Options(prefix="detente_"))
    assert [(row["error"], row["detente_error"]) for row in read_jsonl(tmp_path / "out.jsonl")] == [(7, None)] * 4


def test_an_extra_that_is_missing_is_named(predictor, tmp_path, monkeypatch):
    """Whoever has no pyarrow is told which extra to install."""
    (tmp_path / "in.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(LabelError, match=r"is not installed; such files need the extra `parquet`: pip install"):
        relabel(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet")
