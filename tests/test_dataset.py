"""Labelled quotes from anywhere: what can't be used is named, never lost in silence."""

import json
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import DataError
from model.stance import STANCES
from training.dataset import read_dataset
from training.readers import CORPUS_FILE
from training.recipe import DataRecipe, Recipe

RECIPE = Recipe(name="x")
ROWS: list[dict[str, Any]] = [
    {"text": "We thank them.", "label": "conciliatory", "carrier": "[Q], she said.", "group": "a"},
    {"text": "They lie.", "label": "hostile", "carrier": None, "group": "b"},
    {"text": "It rained.", "label": "neutral", "carrier": None, "group": "c"},
]


def read_from(source):
    return read_dataset(RECIPE.with_files([source]))


def jsonl(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return str(path)


def test_corpus_is_valid():
    """Every row of the corpus is used: 9,138 quotes in 2,053 stories."""
    dataset = read_dataset(RECIPE)
    assert len(dataset.quotes) == 9138
    assert len({quote.group for quote in dataset.quotes}) == 2053
    assert {quote.label for quote in dataset.quotes} == set(STANCES)
    assert dataset.warnings == ()


def test_bad_corpus_is_an_error(tmp_path, monkeypatch):
    """In the project's own corpus a bad row is an error with file and line."""
    lines = CORPUS_FILE.read_text().splitlines()[:3]
    bad = tmp_path / "quotes.jsonl"
    bad.write_text("\n".join([*lines, '{"text": " ", "label": "neutral"}']))
    monkeypatch.setattr("training.readers.CORPUS_FILE", bad)
    with pytest.raises(DataError, match=r"quotes\.jsonl:4"):
        read_dataset(RECIPE)


def as_csv(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        'text,label,carrier,group\n"We thank them.",conciliatory,"[Q], she said.",a\n'
        "They lie.,hostile,,b\nIt rained.,neutral,,c\n"
    )
    return str(path)


def as_tsv(tmp_path):
    path = tmp_path / "rows.tsv"
    rows = ["\t".join((row["text"], row["label"], row["carrier"] or "", row["group"])) for row in ROWS]
    path.write_text("\n".join(["text\tlabel\tcarrier\tgroup", *rows]))
    return str(path)


def as_jsonl(tmp_path):
    return jsonl(tmp_path, ROWS)


def as_parquet(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    return str(tmp_path / "rows.parquet")


def as_data_set(tmp_path):
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "rows")
    return str(tmp_path / "rows")


@pytest.mark.parametrize("write", [as_csv, as_tsv, as_jsonl, as_parquet, as_data_set])
def test_every_format_reads_the_same(tmp_path, write):
    """CSV, TSV, JSONL, Parquet and a data set on disk give the same quotes."""
    found = read_from(write(tmp_path)).quotes
    assert [
        {"text": q.quote.text, "label": q.label, "carrier": q.quote.carrier, "group": q.group} for q in found
    ] == ROWS


def test_data_set_keeps_its_splits_and_label_names(tmp_path):
    """Class ids become names, validation becomes dev."""
    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])}
    )
    part = datasets.Dataset.from_list([{"sentence": "Good.", "label": 1}, {"sentence": "Bad.", "label": 0}], features)
    datasets.DatasetDict({"validation": part}).save_to_disk(tmp_path / "d")
    recipe = Recipe(
        name="x",
        labels={"neg": "hostile", "pos": "conciliatory"},
        data=DataRecipe(columns={"text": "sentence"}),
    )
    found = read_dataset(recipe.with_files([str(tmp_path / "d")])).quotes
    assert [(q.label, q.split) for q in found] == [("conciliatory", "dev"), ("hostile", "dev")]


def test_quotes_know_their_corpus(tmp_path):
    """The column `source` names it; where there is none, the file does."""
    found = read_from(jsonl(tmp_path, [{**ROWS[0], "source": "polnear"}, *ROWS[1:]])).quotes
    assert [quote.corpus for quote in found] == ["polnear", "rows", "rows"]
    assert {quote.corpus for quote in read_dataset(RECIPE).quotes} == {"corpus"}


def test_bad_rows_are_counted_with_their_lines(tmp_path):
    """A bad row costs itself only, and the warning says where it is."""
    rows = [*ROWS, "{broken", {"text": "", "label": "neutral"}, {"text": "x", "label": None}, ROWS[0]]
    dataset = read_from(jsonl(tmp_path, rows))
    assert len(dataset.quotes) == 3
    warnings = "\n".join(dataset.warnings)
    assert "no JSON object (first at" in warnings
    for place, reason in ((4, "no JSON object"), (5, "empty"), (6, "no label"), (7, "exact duplicate")):
        line = next(line for line in dataset.warnings if reason in line)
        assert f"rows.jsonl:{place})" in line


def test_csv_rows_with_stray_cells_are_reported(tmp_path):
    """A row with too many or too few cells is named by its line, also behind a cell that spans lines."""
    path = tmp_path / "rows.csv"
    path.write_text('text,label\n"two\nlines",neutral\na,b,c\nalone\nThey lie.,hostile\n')
    dataset = read_from(str(path))
    assert len(dataset.quotes) == 2
    assert dataset.warnings == (f"2 rows: wrong number of cells (first at {path}:4, {path}:5)",)


def test_unknown_labels_are_an_error(tmp_path):
    """The message counts them, says where the first is, and how to map them."""
    with pytest.raises(DataError, match=r"1 x 'friendly', first at .*rows\.jsonl:4\. .*`labels: \{theirs: ours\}`"):
        read_from(jsonl(tmp_path, [*ROWS, {"text": "Hi", "label": "friendly"}]))


def test_contradicting_duplicates_are_left_out(tmp_path):
    """Of the same quote with two labels neither is used; typography makes no difference."""
    rows = [*ROWS, {"text": "“They lie.”", "label": "neutral"}]
    dataset = read_from(jsonl(tmp_path, rows))
    assert len(dataset.quotes) == 2
    assert dataset.warnings[0].startswith("2 rows: contradicting labels for the same quote")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "quote,label\nx,neutral\n", r"no column text; there are: quote, label\. Name it in the recipe"),
        ("a.txt", "x", "unknown ending"),
        ("a.parquet", "no parquet", "is no Parquet file"),
        ("a.csv", b"text,label\n\xff\xfe,neutral\n", "is no UTF-8 CSV"),
        ("a.jsonl", "", "no usable labelled quote"),
    ],
)
def test_unusable_files_are_errors(tmp_path, name, text, message):
    """The file is named and what is wrong with it."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message) as caught:
        read_from(str(path))
    assert name in str(caught.value)


def test_missing_files_are_errors(tmp_path, monkeypatch):
    """So is a file that is not there, and a name that can't be loaded."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="no such file"):
        read_from(str(tmp_path / "none.csv"))
    with pytest.raises(DataError, match="neither a file nor a data set"):
        read_from(str(tmp_path / "none"))
