"""A person labels a queue: nothing is lost, nothing is shown too early, and the result trains a model."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios

import pytest
from typer.testing import CliRunner

import detente
from model.errors import DataError
from training.dataset import read_dataset
from training.recipe import Recipe
from training.reviewing.answers import Answers
from training.reviewing.queue import read_queue

TEXTS = ("We will talk.", "They lied.", "It is on page four.", "No deal \x1b[2J\x1b]0;owned\x07 ever\u202e.")


@pytest.fixture
def queue(tmp_path):
    said = {"stance": "hostile", "probabilities": [0.1, 0.47, 0.43], "uncertain": True}
    rows = [
        {"id": f"q{i}", "text": text, "carrier": "He said: ([Q]). Then he left." if i == 1 else None,
         "group": f"d{i // 2}",
         "reasons": [{"reason": "border", "score": 0.96, "detail": "hostile or neutral"}], "model": said, "given": None}
        for i, text in enumerate(TEXTS)
    ]  # fmt: skip
    path = tmp_path / "queue.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def annotate(queue, keys, *options, name="Ada"):
    out = queue.with_name(f"{name}.jsonl")
    arguments = ["annotate", str(queue), "--out", str(out), "--annotator", name, *options]
    return CliRunner().invoke(detente.app, arguments, input="\n".join(keys) + "\n")


def labels(queue, name="Ada"):
    file = queue.with_name(f"{name}.jsonl")
    rows = map(json.loads, file.read_text().splitlines() if file.exists() else ())
    return {row["id"]: row["label"] for row in rows}


def test_each_key_is_a_label(queue):
    """Saved in order with who said so; unsure is an answer without a label."""
    done = annotate(queue, "chun")
    assert done.exit_code == 0, done.output
    assert labels(queue) == {"q0": "conciliatory", "q1": "hostile", "q2": None, "q3": "neutral"}
    assert "0 quotes are left" in done.output
    first = json.loads(queue.with_name("Ada.jsonl").read_text().splitlines()[0])
    assert first == {"id": "q0", "text": TEXTS[0], "carrier": None, "group": "d0", "label": "conciliatory",
                     "annotator": "Ada"}  # fmt: skip


def test_it_goes_on_where_it_was_stopped(queue):
    """By q, or by the end of input; what was skipped comes again, what was answered does not."""
    assert "3 quotes are left" in annotate(queue, "scq").output
    assert labels(queue) == {"q1": "conciliatory"}
    done = annotate(queue, "n")
    assert TEXTS[0] in done.output
    assert TEXTS[1] not in done.output
    assert labels(queue) == {"q1": "conciliatory", "q0": "neutral"}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("hzc", {"q0": "conciliatory"}),
        ("hhzzc", {"q0": "conciliatory"}),
        ("szc", {"q0": "conciliatory"}),
        ("zzh", {"q0": "hostile"}),
        ("chnhzc", {"q0": "conciliatory", "q1": "hostile", "q2": "neutral", "q3": "conciliatory"}),
    ],
)
def test_undo_asks_again(queue, keys, found):
    """What was done last, a skip too; the last quote of all too; with nothing done yet it says so."""
    annotate(queue, keys)
    assert labels(queue) == found


def test_undo_reaches_into_earlier_sittings(queue):
    """The last answer of the file is taken back and asked again, before what was skipped."""
    annotate(queue, "shq")
    annotate(queue, "zcq")
    assert labels(queue) == {"q1": "conciliatory"}


def test_no_answer_is_shown_first(queue):
    """Nor reasons, which would tell it; with --show both are."""
    plain = annotate(queue, "chnn").output
    assert not re.search(r"0\.4|border|hostile or neutral|model", plain)
    shown = annotate(queue, "q", "--show", name="Bob").output
    assert "the model: 0.10 conciliatory, 0.47 hostile, 0.43 neutral; uncertain" in shown
    assert "border 0.96: hostile or neutral" in shown


def test_the_quote_stands_in_its_sentence(queue):
    """With what is around it; help tells what labels mean; another key is no answer."""
    output = annotate(queue, "cx?hq").output
    assert "He said: (“They lied.”). Then he left." in output
    assert "no such key" in output
    assert "a polite refusal is hostile" in output
    assert labels(queue) == {"q0": "conciliatory", "q1": "hostile"}


def test_control_characters_do_not_reach_the_terminal(queue):
    """What would clear the screen, set its title or turn text around is left out; the file keeps the text."""
    output = annotate(queue, "chnn").output
    assert "No deal [2J ]0;owned ever ." in output
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output)
    assert json.loads(queue.with_name("Ada.jsonl").read_text().splitlines()[-1])["text"] == TEXTS[3]


def test_answers_are_training_data(queue):
    """`detente train --data` reads them: unsure ones are left out, documents stay together."""
    annotate(queue, "chun")
    file = str(queue.with_name("Ada.jsonl"))
    found = read_dataset(Recipe(name="mine").with_files([file]))
    assert [(each.quote.id, each.label, each.group) for each in found.quotes] == [
        ("q0", "conciliatory", "d0"), ("q1", "hostile", "d0"), ("q3", "neutral", "d1"),
    ]  # fmt: skip
    assert found.quotes[1].quote.carrier == "He said: ([Q]). Then he left."
    assert "1 row: no label" in found.warnings[0]


def test_a_file_of_somebody_else_is_left_alone(queue):
    """Another annotator's answers, and what is no answer at all."""
    annotate(queue, "cq")
    other = CliRunner().invoke(
        detente.app, ["annotate", str(queue), "--out", str(queue.with_name("Ada.jsonl")), "--annotator", "Bob"]
    )
    assert "has answers of 'Ada', not of 'Bob'" in str(other.exception)
    into = CliRunner().invoke(detente.app, ["annotate", str(queue), "--out", str(queue), "--annotator", "Bob"])
    assert "queue.jsonl:1: is no answer of `detente annotate`" in str(into.exception)
    assert labels(queue) == {"q0": "conciliatory"}


def test_two_terminals_do_not_overwrite_each_other(queue):
    """The second to save is told that the file has changed."""
    items, path = read_queue(queue), queue.with_name("Ada.jsonl")
    one, other = Answers(path, "Ada"), Answers(path, "Ada")
    one.add(items[0], "hostile")
    with pytest.raises(DataError, match="was changed meanwhile"):
        other.add(items[1], "neutral")
    assert labels(queue) == {"q0": "hostile"}


def test_any_quotes_can_be_labelled(tmp_path):
    """A CSV with a column `text`; rows without an id are named after file and place."""
    path = tmp_path / "mine.csv"
    path.write_text("text,model\nWe will talk.,x\nThey lied.,y\n")
    annotate(path, "ch")
    assert labels(path) == {"mine:1": "conciliatory", "mine:2": "hostile"}


def test_a_terminal_takes_single_keys(queue):
    """Without Return; arrows are no answers; Ctrl-D ends with all saved and the terminal as it was."""
    out = queue.with_name("Ada.jsonl")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    command = [sys.executable, "-m", "detente", "annotate", str(queue), "--out", str(out), "--annotator", "Ada"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    try:
        seen = until(ours, b"1 of 4")
        os.write(ours, b"\x1b[A")
        seen += until(ours, b"no such key")
        os.write(ours, b"ch")
        seen += until(ours, b"3 of 4")
        assert labels(queue) == {"q0": "conciliatory", "q1": "hostile"}
        os.write(ours, b"\x04")
        seen += until(ours, b"2 quotes are left")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    os.close(ours)


def until(terminal, awaited):
    """Read what is shown until something is."""
    seen = b""
    while awaited not in seen:
        assert select.select([terminal], [], [], 15)[0], seen
        seen += os.read(terminal, 4096)
    return seen
