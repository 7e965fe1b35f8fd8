"""Stand-off labels find their texts in the user's copies, and only there."""

import json
from pathlib import Path

import pytest

from model.errors import DataError
from model.files import digest
from model.quote import SLOT
from training.corpora import Copies, read_copies
from training.standoff import RealLabel, join, read_real_labels, write_rows

ARTICLE = 'First paragraph.\n"We want to talk," she said. "Soon."\nLast paragraph.'
SPEECH = {"D_spch1_s0": "Good morning.", "D_spch1_s2": "We reject this.", "D_spch2_s0": "Another speaker."}


def label(source: str, document: str, text: str, start: int | None = None, **other: object) -> RealLabel:
    span = {} if start is None else {"start": start, "end": start + len(text)}
    values = {
        "id": "r1", "source": source, "document": document, "sha256": digest(text.encode()), "kind": "quote",
        "label": "hostile", "sure": True, "split": "train", "batch": 1, **span, **other,
    }  # fmt: skip
    return RealLabel.model_validate(values)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The three corpora in the layouts in which they are published."""
    text = tmp_path / "polnear" / "data" / "train" / "text"
    text.mkdir(parents=True)
    (text / "nyt_1.txt").write_text(ARTICLE)
    rows = ["fileid,speech_sentence_id,text_edu", "D_spch1,0,Good morning.", "D_spch1,2,We reject", "D_spch1,2,this."]
    (tmp_path / "main_conflicts.csv").write_text("\n".join([*rows, "D_spch2,0,Another speaker."]))
    folder = tmp_path / "newsmtsc" / "datasets" / "NewsMTSC-dataset"
    folder.mkdir(parents=True)
    row = {"primary_gid": "allsides_1_2_3_X", "sentence_normalized": "He called it “a shame” twice."}
    (folder / "train.jsonl").write_text(json.dumps(row))
    return tmp_path


def test_the_labels_that_ship_are_whole():
    """Every label of the project can be read, ids are unique, and no document is both trained and tested on."""
    labels = read_real_labels()
    assert len({label.id for label in labels}) == len(labels) > 16_000
    splits: dict[str, set[str]] = {}
    for one in labels:
        if one.source != "newsmtsc":
            splits.setdefault(one.group, set()).add(one.split)
    assert all(len(each) == 1 for each in splits.values())


def test_published_copies_are_joined(published):
    """Articles by offsets, clauses put together to sentences, sentences of news: each with what stands around it."""
    copies = read_copies(published / "polnear", published / "main_conflicts.csv", published / "newsmtsc")
    joined = join(
        [
            label("polnear", "nyt_1", "We want to talk,", ARTICLE.index("We")),
            label("unscon", "D_spch1_s2", "We reject this."),
            label("newsmtsc", "newsmtsc_allsides_1_2_3_X", "a shame", 14),
        ],
        copies,
    )
    assert joined.missing == ()
    assert [row["text"] for row in joined.rows] == ["We want to talk,", "We reject this.", "a shame"]
    assert [row["carrier"] for row in joined.rows] == [
        f'"{SLOT}" she said. "Soon."', f"Good morning. {SLOT}", f"He called it “{SLOT}” twice.",
    ]  # fmt: skip
    assert [row["group"] for row in joined.rows] == ["nyt_1", "D_spch1", "newsmtsc_allsides_1_2"]


def test_json_lines_are_joined(tmp_path):
    """The same corpora as JSON Lines."""
    (tmp_path / "quotes_polnear_train.jsonl").write_text(json.dumps({"id": "nyt_1", "text": ARTICLE}))
    (tmp_path / "u.jsonl").write_text("\n".join(json.dumps({"source_id": k, "text": v}) for k, v in SPEECH.items()))
    (tmp_path / "newsmtsc_quotes.jsonl").write_text(json.dumps({"source_id": "newsmtsc_a", "text": "So “be it”."}))
    copies = read_copies(tmp_path, tmp_path / "u.jsonl", tmp_path)
    labels = [label("polnear", "nyt_1", "Soon.", ARTICLE.index("Soon")), label("newsmtsc", "newsmtsc_a", "be it", 4)]
    assert len(join(labels, copies).rows) == 2
    assert copies.carrier("unscon", "D_spch2_s0", (0, 16)) is None


def test_another_text_is_not_taken(published):
    """A changed copy, a missing document and a missing corpus are counted and named, and the rest is joined."""
    copies = read_copies(published / "polnear", None, None)
    joined = join(
        [
            label("polnear", "nyt_1", "Soon.", ARTICLE.index("Soon")),
            label("polnear", "nyt_1", "soon.", ARTICLE.index("Soon")),
            label("polnear", "nyt_2", "Soon.", 3),
            label("unscon", "D_spch1_s2", "We reject this."),
        ],
        copies,
    )
    assert len(joined.rows) == 1
    assert joined.missing == (
        "1 labels: polnear: the copy's text is another (first: nyt_1)",
        "1 labels: polnear: not in the copy (first: nyt_2)",
        "1 labels: unscon: no copy given (first: D_spch1_s2)",
    )


def test_long_paragraphs_are_cut_around_the_quote():
    """A carrier keeps the words near the quote, and shows where it was cut."""
    text = f"{'before ' * 200}“Quote”{' after' * 200}"
    start = text.index("Quote")
    carrier = Copies({"polnear": {"d": text}}).carrier("polnear", "d", (start, start + 5))
    assert carrier is not None
    assert carrier.startswith("… before")
    assert carrier.endswith("after …")
    assert f"“{SLOT}”" in carrier
    assert len(carrier.split()) < 140


def test_faults_are_told(tmp_path):
    """A folder without the corpus, a broken line and a label file with a bad row are errors that name the place."""
    with pytest.raises(DataError, match="no text of the corpus"):
        read_copies(tmp_path, None, None)
    (tmp_path / "newsmtsc_quotes.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"quotes.jsonl:1: is no JSON"):
        read_copies(None, None, tmp_path)
    (tmp_path / "labels.jsonl").write_text('{"id": "x"}')
    with pytest.raises(DataError, match=r"labels.jsonl:1"):
        read_real_labels(tmp_path / "labels.jsonl")
    with pytest.raises(DataError, match="nothing was written"):
        write_rows([], tmp_path / "out.jsonl")
