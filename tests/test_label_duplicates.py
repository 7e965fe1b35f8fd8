"""What comes again is read once, and nobody can tell from the output."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.quote import Quote
from model.stance import Prediction
from serve.labelling.duplicates import Answers, key_of
from serve.labelling.faults import LabelError
from serve.labelling.options import Options
from tests.labelled import SAYINGS, StopAfter, relabel, write_jsonl

ROWS = [{"text": SAYINGS[n % 3], "around": [None, "[Q], he said.", ""][n % 4 % 3]} for n in range(40)] + [{"text": ""}]
OPTIONS = Options(carrier_column="around", shard_rows=6)
DIFFERENT = len({(row["text"], row.get("around") or None) for row in ROWS[:-1]})


def test_duplicates_are_read_once(predictor, tmp_path):
    """Over all shards, by text and carrier; the output is that of reading every row."""
    given = write_jsonl(tmp_path / "in.jsonl", ROWS)
    once = relabel(predictor, given, tmp_path / "once.jsonl", OPTIONS)
    each = relabel(predictor, given, tmp_path / "each.jsonl", OPTIONS, known=False)
    assert (once.read, each.read) == (DIFFERENT, 40)
    assert once.model_copy(update={"read": 40}) == each
    assert (tmp_path / "once.jsonl").read_bytes() == (tmp_path / "each.jsonl").read_bytes()


def test_a_resumed_run_remembers(predictor, tmp_path):
    """What an earlier sitting read is not read again in the next."""
    given = write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(StopAfter):
        relabel(predictor, given, tmp_path / "out.jsonl", OPTIONS, shards=3)
    assert relabel(predictor, given, tmp_path / "out.jsonl", OPTIONS, resume=True).read == DIFFERENT


@given(st.lists(st.tuples(st.text(max_size=4), st.none() | st.text(max_size=4)), max_size=20))
def test_keys_part_what_differs(pairs):
    """No text and carrier have the key of another text and carrier, however they are put together."""
    quotes = [Quote(f"a{text}", None if carrier is None else f"[Q]{carrier}") for text, carrier in pairs]
    assert len({key_of(quote) for quote in quotes}) == len({(quote.text, quote.carrier) for quote in quotes})


SHARES = st.floats(0, 1)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(SHARES, SHARES, SHARES, st.booleans(), st.integers(1, 9999)), max_size=30))
def test_answers_are_kept_to_the_bit(tmp_path_factory, drawn):
    """They come back from the disk as they went there."""
    labels = ("a", "b", "c")
    made = {
        key_of(Quote(f"quote {n}")): Prediction(
            labels[n % 3], dict(zip(labels, shares, strict=True)), uncertain, windows
        )
        for n, (*shares, uncertain, windows) in enumerate(drawn)
    }
    path = tmp_path_factory.mktemp("answers") / "answers.sqlite"
    first = Answers(path, labels)
    first.keep(made)
    first.keep(made)
    first.close()
    again = Answers(path, labels)
    assert again.find([*made, b"unknown"]) == made
    again.close()


def test_a_broken_file_is_told(tmp_path):
    """What SQLite can't use is named with the way out."""
    (tmp_path / "answers.sqlite").write_bytes(b"no database at all" * 100)
    answers = Answers(tmp_path / "answers.sqlite", ("a", "b"))
    with pytest.raises(
        LabelError, match=r"answers.sqlite: file is not a database; make room there, or remove the file"
    ):
        answers.find([b"key"])
    answers.close()
