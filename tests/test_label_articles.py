"""Whole articles in, their quotes out: where they stand, whose they are, how they are meant."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.quote import Quote
from serve.labelling.options import Options
from serve.labelling.passages import LONGEST_ARTICLE
from tests.labelled import StopAfter, read_csv, read_jsonl, relabel, write_csv, write_jsonl

FIRST = (
    "“We will not accept this,” said Maria Roe, the minister of trade. Her rival smiled.\n\n"
    'John Doe told reporters that the deal was "a disgrace" and left.'
)
SECOND = 'The chairman, Ilja Korda, was brief. "We thank our neighbours for their patience," he said.'
NONE = "The council met on Tuesday. Nobody said a word."
ARTICLES = Options(articles=True, shard_rows=2)
COLUMNS = ["start", "end", "speaker", "cue", "carrier", "stance", "p_conciliatory", "p_hostile", "p_neutral"]


def test_each_quote_is_a_row(predictor, tmp_path):
    """With the article's columns, the quote in the place of the text, and its answer that of the quote alone."""
    rows = [{"n": n, "text": text, "day": "Monday"} for n, text in enumerate([FIRST, NONE, SECOND])]
    counts = relabel(predictor, write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl", ARTICLES)
    found = read_jsonl(tmp_path / "out.jsonl")
    assert list(found[0]) == ["n", "text", "day", *COLUMNS, "tone", "uncertain", "windows", "error"]
    assert [(row["n"], row["text"], row["speaker"], row["cue"]) for row in found] == [
        (0, "We will not accept this,", "Maria Roe", "said"),
        (0, "a disgrace", "John Doe", "told"),
        (2, "We thank our neighbours for their patience,", "Ilja Korda", "said"),
    ]
    for row in found:
        assert rows[row["n"]]["text"][row["start"] : row["end"]] == row["text"]
        assert row["stance"] == predictor.predict_one(Quote(row["text"], row["carrier"])).label
    assert (counts.rows, counts.results, counts.errors) == (3, 3, 0)


def test_bad_articles_keep_a_row(predictor, tmp_path):
    """Nothing of what was given is lost without a word: an article that can't be read is a row with its error."""
    texts = [FIRST, "", "x" * (LONGEST_ARTICLE + 1), "\ud800", None, 7]
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text, "n": n} for n, text in enumerate(texts)])
    relabel(predictor, given, tmp_path / "out.jsonl", ARTICLES)
    found = [(row["n"], (row["error"] or "").split(":")[0]) for row in read_jsonl(tmp_path / "out.jsonl")]
    assert found == [
        (0, ""),
        (0, ""),
        (1, "article_empty"),
        (2, "article_too_long"),
        (3, "article_not_unicode"),
        (4, "article_empty"),
        (5, "row_no_text"),
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv.gz", "jsonl", "parquet"])
def test_plain_texts(predictor, tmp_path, ending):
    """A folder of texts becomes one table in any format, with the files' names, and goes on where it was stopped."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name, text in (("a", FIRST), ("b", NONE), ("deep/c", SECOND), ("deep/d", "")):
        (tmp_path / "in" / f"{name}.txt").write_text(text)
    (tmp_path / "in" / "e.txt").write_bytes('"Señor," he said.'.encode("latin-1"))
    with pytest.raises(StopAfter):
        relabel(predictor, tmp_path / "in", tmp_path / f"out.{ending}", ARTICLES, shards=1)
    relabel(predictor, tmp_path / "in", tmp_path / f"out.{ending}", ARTICLES, resume=True)
    assert rows_of(tmp_path / f"out.{ending}") == [
        ["a.txt", "We will not accept this,", ""],
        ["a.txt", "a disgrace", ""],
        ["e.txt", "", "row_not_utf8"],
        ["deep/c.txt", "We thank our neighbours for their patience,", ""],
        ["deep/d.txt", "", "article_empty"],
    ]
    (facts,) = json.loads((tmp_path / f"out.{ending}.provenance.json").read_bytes())["inputs"]
    assert (facts["files"], facts["rows"]) == (5, 5)


def rows_of(path):
    """Return file, text and the error's code."""
    if path.name.endswith("jsonl"):
        rows = [[row["file"], row["text"], row["error"]] for row in read_jsonl(path)]
    elif path.name.endswith("parquet"):
        rows = [[row["file"], row["text"], row["error"]] for row in pq.read_table(path).to_pylist()]
    else:
        import gzip

        data = path.read_bytes()
        plain = gzip.decompress(data) if path.name.endswith("gz") else data
        rows = [[*row[:2], row[-1]] for row in read_csv(plain, "\t" if "tsv" in path.name else ",")[1:]]
    return [[file, text, (error or "").split(":")[0]] for file, text, error in rows]


def test_one_text_and_other_columns(predictor, tmp_path):
    """A single .txt file is an article, too; columns may be called otherwise, and Parquet keeps their types."""
    (tmp_path / "a.txt").write_text(SECOND)
    relabel(predictor, tmp_path / "a.txt", tmp_path / "a.csv", Options(articles=True, text_column="quote", prefix="q_"))
    head, row = read_csv((tmp_path / "a.csv").read_bytes())
    assert head[:4] == ["file", "quote", "q_start", "q_end"]
    assert row[:2] == ["a.txt", "We thank our neighbours for their patience,"]
    body = pa.array([FIRST, None, NONE]).dictionary_encode()
    pq.write_table(pa.table({"body": body, "n": pa.array([1, 2, 3], pa.int8())}), tmp_path / "in.parquet")
    relabel(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet", Options(text_column="body", articles=True))
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["n"].to_pylist() == [1, 1, 2]
    assert found.schema.field("n").type == pa.int8()
    assert pa.types.is_dictionary(found.schema.field("body").type)


def test_articles_without_quotes_are_an_empty_table(predictor, tmp_path):
    """Nothing but the header, in every format."""
    given = write_csv(tmp_path / "in.csv", [["text", "n"], [NONE, "1"]])
    relabel(predictor, given, tmp_path / "out.csv", ARTICLES)
    assert len(read_csv((tmp_path / "out.csv").read_bytes())) == 1
    pq.write_table(pa.table({"text": [NONE]}), tmp_path / "in.parquet")
    relabel(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet", ARTICLES)
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0
