"""What is labelled comes back as it went in: every format, any text, in its order."""

import gzip
import json
import math
import shutil
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.bundle import MANIFEST, open_bundle
from model.predictor import Predictor
from model.quote import Quote
from serve.labelling.options import Options
from tests.labelled import SAYINGS, read_csv, read_jsonl, relabel, write_csv, write_jsonl

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ADDED = ["stance", "p_conciliatory", "p_hostile", "p_neutral", "tone", "uncertain", "windows", "error"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FEW = Options(shard_rows=3)


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("tsv", "\t")])
@QUICK
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8),
    name=TEXTS.filter(lambda n: n not in ["text", *ADDED]),
)
def test_csv_comes_back_as_it_was(predictor, ending, delimiter, rows, name):
    """Whatever the cells and the header hold, they stand where they stood, and each row has its answer or error."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder, f"in.{ending}"), [(name, "text"), *rows], delimiter)
        relabel(predictor, path, Path(folder, f"out.{ending}"), FEW)
        head, *found = read_csv(Path(folder, f"out.{ending}").read_bytes(), delimiter)
    assert head == [name.removeprefix("\ufeff"), "text", *ADDED]
    assert [tuple(row[:2]) for row in found] == rows
    assert all(bool(row[2]) != bool(row[-1]) for row in found)


@QUICK
@given(rows=st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), min_size=1, max_size=8))
def test_json_lines_come_back_as_they_were(predictor, rows):
    """Fields keep their order and values of any kind, and what is added stands behind them."""
    rows = [{**{k: v for k, v in row.items() if k not in ADDED}, "text": SAYINGS[i % 4]} for i, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = write_jsonl(Path(folder, "in.jsonl"), rows)
        relabel(predictor, path, Path(folder, "out.jsonl"), FEW)
        found = read_jsonl(Path(folder, "out.jsonl"))
    assert [list(each.items())[: -len(ADDED)] for each in found] == [list(row.items()) for row in rows]
    assert all(list(each)[-len(ADDED) :] == ADDED for each in found)


def test_json_stays_to_the_character(predictor, tmp_path):
    """Numbers that no float holds, spaces and escapes are not read and written anew."""
    row = '{ "n":12345678901234567890.10 , "e" : "\\u00e9\\ud800",\t"text": "We thank them."}'
    (tmp_path / "in.jsonl").write_text(f"\n  {row}  \r\n\n")
    relabel(predictor, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text().startswith(row[:-1] + ', "stance": "')


def test_answers_are_the_predictors(predictor, tmp_path):
    """With all their digits, carriers included, and the same in every format."""
    rows = [(SAYINGS[0], ""), ("a provocation", "He called it [Q]."), ("a provocation", "")]
    answers = [predictor.predict_one(Quote(text, carrier or None)) for text, carrier in rows]
    options = Options(carrier_column="around")
    relabel(predictor, write_csv(tmp_path / "a.csv", [("text", "around"), *rows]), tmp_path / "b.csv", options)
    given = write_jsonl(tmp_path / "a.jsonl", [{"text": text, "around": carrier or None} for text, carrier in rows])
    relabel(predictor, given, tmp_path / "b.jsonl", options)
    pq.write_table(pa.table({"text": [r[0] for r in rows], "around": [r[1] for r in rows]}), tmp_path / "a.parquet")
    relabel(predictor, tmp_path / "a.parquet", tmp_path / "b.parquet", options)
    objects = read_jsonl(tmp_path / "b.jsonl")
    assert [{name: each[name] for name in ADDED} for each in pq.read_table(tmp_path / "b.parquet").to_pylist()] == [
        {name: each[name] for name in ADDED} for each in objects
    ]
    for answer, found, cells in zip(answers, objects, read_csv((tmp_path / "b.csv").read_bytes())[1:], strict=True):
        assert found["stance"] == cells[2] == answer.label
        assert {f"p_{label}": share for label, share in answer.probabilities.items()} == {
            name: found[name] for name in found if name.startswith("p_")
        }
        assert float(cells[6]) == found["tone"] == answer.tone
        assert (cells[7], cells[8], cells[9]) == (str(answer.uncertain).lower(), str(answer.windows), "")


def test_parquet_keeps_its_types(predictor, tmp_path):
    """Dates, decimals, lists, dictionaries, nulls and the file's own metadata, over several row groups and shards."""
    kinds = pa.schema(
        [
            pa.field("text", pa.dictionary(pa.int32(), pa.string())),
            pa.field("day", pa.date32()),
            pa.field("money", pa.decimal128(12, 2)),
            pa.field("words", pa.list_(pa.int16())),
            pa.field("who", pa.struct([("name", pa.large_string())]), nullable=False),
        ],
        metadata={b"made": b"by hand"},
    )
    rows = [
        {"text": text, "day": date(2020, 1, n + 1), "money": Decimal(n) / 4, "words": [n, None], "who": {"name": "Roe"}}
        for n, text in enumerate([*SAYINGS, None, *SAYINGS])
    ]
    pq.write_table(pa.Table.from_pylist(rows, kinds), tmp_path / "in.parquet", row_group_size=4)
    relabel(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet", FEW)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.select(kinds.names).to_pylist() == rows
    assert found.schema.names == [*kinds.names, *ADDED]
    assert pa.schema(list(found.schema)[:5]).equals(kinds)
    assert found.schema.metadata[b"made"] == b"by hand"
    assert found["error"].to_pylist() == [None] * 4 + ["text_empty: text is empty or holds only spaces"] + [None] * 4


@pytest.mark.parametrize("ending", ["csv.gz", "tsv.zst", "jsonl.gz", "jsonl.zst"])
def test_packed_files_are_read_and_written(predictor, tmp_path, ending):
    """Also such as were made of several members; what is packed says the same as what is not."""
    plain = ending.rpartition(".")[0]
    if plain == "jsonl":
        write_jsonl(tmp_path / f"a.{plain}", [{"text": text} for text in SAYINGS])
    else:
        write_csv(tmp_path / f"a.{plain}", [["text", "n"], *([text, "1"] for text in SAYINGS)], ",\t"[plain == "tsv"])
    data = (tmp_path / f"a.{plain}").read_bytes()
    pack = gzip.compress if ending.endswith("gz") else zstandard.ZstdCompressor().compress
    (tmp_path / f"a.{ending}").write_bytes(pack(data[:50]) + pack(data[50:]))
    relabel(predictor, tmp_path / f"a.{plain}", tmp_path / f"plain.{plain}", FEW)
    relabel(predictor, tmp_path / f"a.{ending}", tmp_path / f"b.{ending}", FEW)
    relabel(predictor, tmp_path / f"b.{ending}", tmp_path / f"c.{ending}", Options(shard_rows=3, prefix="again_"))
    relabel(predictor, tmp_path / f"a.{ending}", tmp_path / f"d.{plain}", FEW)
    packed = (tmp_path / f"b.{ending}").read_bytes()
    opened = gzip.decompress(packed) if ending.endswith("gz") else _unpacked(packed)
    assert opened == (tmp_path / f"plain.{plain}").read_bytes() == (tmp_path / f"d.{plain}").read_bytes()


def _unpacked(data):
    with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
        return reader.read()


def test_other_labels_are_columns_too(default_bundle, tmp_path):
    """A bundle of other labels gives p_ columns of their names, and no tone."""
    shutil.copytree(default_bundle.path, tmp_path / "bundle")
    manifest = json.loads((tmp_path / "bundle" / MANIFEST).read_bytes())
    changed = {**manifest, "labels": ["for", "against", "open"], "reference": None, "seal": None}
    (tmp_path / "bundle" / MANIFEST).write_text(json.dumps(changed))
    with Predictor(open_bundle(tmp_path / "bundle"), workers=1) as other:
        relabel(other, write_jsonl(tmp_path / "a.jsonl", [{"text": "Thanks."}]), tmp_path / "b.jsonl")
    (row,) = read_jsonl(tmp_path / "b.jsonl")
    shares = ["p_for", "p_against", "p_open"]
    assert list(row) == ["text", "stance", *shares, "tone", "uncertain", "windows", "error"]
    assert math.isclose(sum(row[share] for share in shares), 1)
    assert row["tone"] is None
