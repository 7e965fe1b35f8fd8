"""The texts of a benchmark are distinct, counted, and refused where they are none."""

import json

import pytest

from model.errors import DetenteError
from model.quote import Quote
from model.stance import Prediction
from serve.workload import Text, draw_workload, read_texts, score

TEXTS = [Text(Quote(f"We met on day {i}.")) for i in range(120)]


def answer(label):
    return Prediction(label, {label: 1.0}, uncertain=False, windows=1)


def test_rows_and_lines_are_read(tmp_path):
    """JSONL brings carrier and label, any other file a text a line."""
    (tmp_path / "a.jsonl").write_text('{"text": "x", "carrier": "He said [Q]", "label": "neutral"}\n{"text": "y"}\n')
    (tmp_path / "a.txt").write_text("x\ny\n")
    assert read_texts(tmp_path / "a.jsonl") == [Text(Quote("x", "He said [Q]"), "neutral"), Text(Quote("y"))]
    assert read_texts(tmp_path / "a.txt") == [Text(Quote("x")), Text(Quote("y"))]


@pytest.mark.parametrize("row", ['{"quote": "y"}', "[]", "{", '{"text": " "}', '{"text": 7}'])
def test_rows_that_are_no_quotes_are_errors(tmp_path, row):
    """File and line are named."""
    (tmp_path / "a.jsonl").write_text(f'{{"text": "x"}}\n{row}\n')
    with pytest.raises(DetenteError, match=r"a\.jsonl:2: is no quote"):
        read_texts(tmp_path / "a.jsonl")


def test_a_missing_file_is_an_error(tmp_path):
    """It is named."""
    with pytest.raises(DetenteError, match=r"none\.txt: can't be read"):
        read_texts(tmp_path / "none.txt")


def test_texts_are_distinct_and_counted_as_the_model_reads_them(default_bundle):
    """A repeated quote counts once; special tokens count: [CLS] we met on day N . [SEP] are eight."""
    workload = draw_workload([*TEXTS, *TEXTS], default_bundle)
    assert workload.lengths.texts == len(workload.quotes) == 120
    assert workload.lengths.p50 == workload.lengths.max == 8
    assert workload.lengths.mean == 8


def test_multiply_adds_follow_from_the_config(default_bundle):
    """Eight tokens through layers of width 384 and 1,536, and attention; of the last layer the first token only."""
    workload = draw_workload(TEXTS, default_bundle)
    config = json.loads(default_bundle.read("config.json"))
    assert (config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]) == (384, 1536, 6)
    whole = 5 * 8 * (12 * 384**2 + 2 * 8 * 384)
    last = 8 * 2 * 384**2 + 10 * 384**2 + 2 * 8 * 384
    assert workload.multiply_adds == pytest.approx((whole + last) / 1e6)


def test_a_draw_is_the_same_every_time(default_bundle):
    """Two benchmarks of one file ask the same quotes."""
    first, second = (draw_workload(TEXTS, default_bundle, 100) for _ in range(2))
    assert first.quotes == second.quotes
    assert len(first.quotes) == 100
    assert first.quotes != draw_workload(TEXTS, default_bundle).quotes[:100]


def test_few_texts_are_refused(default_bundle):
    """Repeating a handful of texts is not a benchmark."""
    with pytest.raises(DetenteError, match="99 distinct quotes, a benchmark needs 100"):
        draw_workload([*TEXTS[:99], *TEXTS[:99]], default_bundle)


def test_answers_are_scored_against_the_labels_there_are():
    """Unlabelled texts don't count; macro-F1 is the mean over labels that occur."""
    labels = ["a", "a", "b", None]
    texts = [Text(TEXTS[i].quote, label) for i, label in enumerate(labels)]
    scored = score(texts, [answer("a"), answer("b"), answer("b"), answer("c")])
    assert scored is not None
    assert scored.texts == 3
    assert scored.accuracy == pytest.approx(2 / 3)
    assert scored.macro_f1 == pytest.approx(2 / 3)
    assert score(texts[3:], [answer("c")]) is None
