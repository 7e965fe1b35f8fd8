"""The queue holds what is worth a look, says why, and never the same words twice."""

import json
import random

import numpy as np
import pytest
from typer.testing import CliRunner

import detente
from model.errors import DataError
from model.quote import LabelledQuote, Quote
from model.stance import STANCES
from training.labelled import Asked, open_labelled
from training.reviewing.distance import Distance
from training.reviewing.doubt import doubts
from training.reviewing.queue import Reason, read_queue
from training.reviewing.review import review

LEARNED = [
    f"We {verb} what the other side {did} about the {thing} this week."
    for verb in ("welcome", "condemn", "read", "regret", "support")
    for did in ("said", "wrote", "agreed", "denied")
    for thing in ("border", "harbour", "treaty", "budget", "election", "pipeline")
]
SURE, BORDER, THREE = (0.02, 0.95, 0.03), (0.1, 0.47, 0.43), (0.34, 0.35, 0.31)
FAR = "Le gouvernement n'a pas encore dit ce qu'il ferait de ces propositions."
PHRASES = {
    "conciliatory": ("we welcome the offer of", "we thank our friends for", "we gladly agree to"),
    "hostile": ("we condemn the attack on", "we will never forgive", "we reject with contempt"),
    "neutral": ("the report was filed after", "there are four pages on", "it rained during"),
}


def row(number, text, shares, **fields):
    return {
        "id": f"q{number}", "text": text, "stance": STANCES[int(np.argmax(shares))],
        **{f"p_{stance}": share for stance, share in zip(STANCES, shares, strict=True)},
        "tone": shares[0] - shares[1], "uncertain": max(shares) < 0.8, "windows": 1, "error": None, **fields,
    }  # fmt: skip


def write(path, rows):
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def reviewed(tmp_path, rows, limit=50):
    labelled = open_labelled(write(tmp_path / "labelled.jsonl", rows), Asked(document=None))
    return review(labelled, LEARNED, limit, "label")


def reasons(found):
    return {each.row.id: {finding.reason for finding in each.findings} for each in found.candidates}


def labelled_rows():
    """Quotes with their labels, of which five are wrong; no two have nearly the same words."""
    rng = random.Random(0)
    said = [(label, phrase) for label, phrases in PHRASES.items() for phrase in phrases for _ in range(12)]
    rows = []
    for i, (label, phrase) in enumerate(said):
        names = " ".join("".join(rng.choices("bdklmnrst", k=6)) for _ in range(8))
        rows.append(row(i, f"{phrase} {names}", SURE, label=label))
    wrong = {3, 20, 44, 60, 90}
    for i in wrong:
        rows[i]["label"] = STANCES[(STANCES.index(rows[i]["label"]) + 1) % 3]
    return rows, wrong


def test_reasons_are_those_of_the_row(tmp_path):
    """Two stances close together are a border, a foreign language is dissimilar, a sure answer is no reason."""
    rows = [row(1, LEARNED[0], SURE), row(2, LEARNED[9], BORDER), row(3, LEARNED[40], THREE), row(4, FAR, SURE)]
    found = reviewed(tmp_path, rows)
    assert reasons(found) == {
        "q2": {Reason.UNCERTAIN, Reason.BORDER},
        "q3": {Reason.UNCERTAIN, Reason.BORDER},
        "q4": {Reason.DISSIMILAR},
    }
    assert all(0 <= finding.score <= 1 for each in found.candidates for finding in each.findings)
    (border,) = [f for c in found.candidates for f in c.findings if c.row.id == "q2" and f.reason is Reason.BORDER]
    assert border.detail == "hostile or neutral"


def test_every_reason_has_its_turn(tmp_path):
    """A short queue holds the strongest row of each reason, not many of one."""
    texts = [f"{word} is what our neighbours were asking about in {word}." for word in map(str, range(30))]
    rows = [row(i, f"{LEARNED[i * 4]} {text}", (0.05, 0.60, 0.35)) for i, text in enumerate(texts)]
    found = reviewed(tmp_path, [*rows, row(98, FAR, SURE), row(99, "They have agreed to nothing.", BORDER)], limit=3)
    assert {"q98", "q99"} <= set(reasons(found))
    assert len(found.candidates) == 3


def test_the_same_words_come_once(tmp_path):
    """Wire copy and what differs by a word: a person reads it once, the strongest of them."""
    text = "We have told them again and again that the bridge will not be built this year."
    rows = [row(1, text, BORDER), row(2, text.upper(), BORDER), row(3, text.replace("year", "month"), THREE)]
    assert set(reasons(reviewed(tmp_path, rows))) == {"q3"}


def test_failed_rows_are_told(tmp_path):
    """And are not in the queue."""
    bad = {**row(1, "", SURE), "stance": None, "error": "text_empty: it is"}
    found = reviewed(tmp_path, [bad, row(2, LEARNED[1], BORDER)])
    assert set(reasons(found)) == {"q2"}
    assert found.warnings == ("1 row: an error instead of a stance, or no readable text (first at row 1)",)


def test_a_carrier_without_the_quote_is_left_out(tmp_path):
    """The queue can be read by the annotator's screen all the same."""
    rows = [row(1, LEARNED[1], BORDER, carrier="Something else."), row(2, LEARNED[50], BORDER, carrier="He said: [Q]")]
    assert [each.row.carrier for each in reviewed(tmp_path, rows).candidates] == [None, "He said: [Q]"]


def test_wrong_labels_are_found():
    """By what other documents teach of the words; the likeliest label is named."""
    rows, wrong = labelled_rows()
    quotes = [LabelledQuote(Quote(each["text"]), each["label"], f"d{i % 40}") for i, each in enumerate(rows)]
    found = doubts(quotes, np.full((len(quotes), 3), 1 / 3))
    assert found is not None
    assert {doubt.place for doubt in found[:5]} == wrong
    for doubt in found[:5]:
        right = STANCES[(STANCES.index(quotes[doubt.place].label) - 1) % 3]
        assert doubt.likelier == right


def test_rows_with_labels_are_looked_at_for_mistakes_alone(tmp_path):
    """What the model is unsure of, a person has decided already."""
    rows, wrong = labelled_rows()
    rows[0] |= row(0, rows[0]["text"], BORDER)
    found = reviewed(tmp_path, [*rows, row(999, LEARNED[2], BORDER)])
    assert {each.given is not None for each in found.candidates if each.row.id != "q999"} == {True}
    assert {f"q{i}" for i in wrong} & set(reasons(found))
    assert reasons(found)["q999"] == {Reason.UNCERTAIN, Reason.BORDER}
    assert Reason.BORDER not in reasons(found).get("q0", set())


def test_too_few_labels_are_told(tmp_path):
    """Nothing can be learned from two labelled rows; a label that is no stance is none."""
    rows = [row(1, LEARNED[0], SURE, label="hostile"), row(2, LEARNED[9], SURE, label="neutral"),
            row(3, LEARNED[30], BORDER, label="spam")]  # fmt: skip
    found = reviewed(tmp_path, rows)
    assert set(reasons(found)) == {"q3"}
    assert "label 'spam' is no stance" in found.warnings[0]
    assert "too few labelled documents" in found.warnings[1]


def test_distance_is_of_words_without_names():
    """The training quotes' own words are near whatever the names; a few words tell nothing."""
    distance = Distance(LEARNED)
    near, named, far, short = distance.of(
        [LEARNED[7], LEARNED[7].replace("We", "Zyx Abcd"), "Wholly unheard-of vocabulary arrives here.", "no deal"]
    )
    assert near == pytest.approx(0)
    assert named == pytest.approx(0, abs=0.05)
    assert far > distance.far
    assert np.isnan(short)


def test_the_command_writes_a_queue(tmp_path):
    """Each line with reasons and id; an id that comes twice is told apart; what is there is not written over."""
    rows = [row(1, FAR, BORDER, id="a"), row(2, "They will answer for all of that.", THREE, id="a"),
            row(3, "What was it that they wanted from all of us?", BORDER, id=None)]  # fmt: skip
    labelled, out = write(tmp_path / "labelled.jsonl", rows), tmp_path / "queue.jsonl"
    done = CliRunner().invoke(detente.app, ["review", str(labelled), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"{out}: 3 quotes: 3 uncertain, 3 border" in done.output
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert all({"reason", "score", "detail"} == each.keys() for line in lines for each in line["reasons"])
    assert {item.id for item in read_queue(out)} == {"a", "a#1" if lines[0]["row"] == 2 else "a#2", "labelled:3"}
    again = CliRunner().invoke(detente.app, ["review", str(labelled), "--out", str(out)])
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "the queue is empty"),
        ([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], "id 'a' comes twice"),
        ([{"id": "a"}], "queue.jsonl:1: no text"),
        ([{"id": "a", "text": "x", "carrier": "none"}], r"carrier holds neither \[Q\] nor the quote"),
    ],
)
def test_bad_queues_are_refused(tmp_path, lines, message):
    """Before a person begins."""
    with pytest.raises(DataError, match=message):
        read_queue(write(tmp_path / "queue.jsonl", lines))
