"""Unlabelled texts: cut from documents that nothing is tested on, and kept away from the words that are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import DataError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training.corpora import Copies
from training.standoff import RealLabel
from training.unlabelled import nearly_in, read_texts, texts_of

ARTICLE = (
    'The mayor spoke for an hour. "We will rebuild the bridge, but not before the winter," she said.\n'
    "No date was set.\nHe called the plan “a waste” of time and money.\nToo short."
)
SENTENCES = {"A_spch1_s0": "We thank the members of the council.", "A_spch2_s0": "My country can not accept that."}


def label(source, document, split):
    return RealLabel.model_validate(
        {
            "id": "r", "source": source, "document": document, "sha256": digest(b""), "kind": "quote",
            "label": "neutral", "sure": True, "split": split, "batch": 1,
        }
    )  # fmt: skip


def texts(copies, *labels):
    return [row["text"] for row in texts_of(Copies(copies), labels)]


def test_documents_are_cut_into_sentences_clauses_and_quoted_pieces():
    """Each piece once and bare of marks around it, in the order of the document; what is too short is none."""
    assert texts({"polnear": {"d1": ARTICLE}}) == [
        "The mayor spoke for an hour.",
        '"We will rebuild the bridge, but not before the winter," she said.',
        "We will rebuild the bridge",
        'but not before the winter," she said.',
        "No date was set.",
        "He called the plan “a waste” of time and money.",
        "We will rebuild the bridge, but not before the winter,",
        "a waste",
    ]


def test_pieces_say_where_they_are_from():
    """An id of their own, the corpus, and the speech or the article that they must stay with."""
    rows = list(texts_of(Copies({"unscon": SENTENCES}), []))
    assert rows[0] == {
        "id": "A_spch1_s0#0", "text": SENTENCES["A_spch1_s0"], "source": "unscon", "group": "A_spch1",
    }  # fmt: skip
    assert len({row["id"] for row in texts_of(Copies({"polnear": {"d1": ARTICLE}}), [])}) == 8


def test_the_same_words_are_given_once_a_corpus():
    """Capitals make no other text."""
    twice = {"d1": "Nothing has been decided yet.", "d2": "NOTHING has been decided yet."}
    assert texts({"polnear": twice}) == ["Nothing has been decided yet."]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_documents_that_are_tested_on_are_left_out_whole(split):
    """One label of the dev or test split takes its whole article or speech out, in its own corpus only."""
    tested = {"A_spch1_s0": SENTENCES["A_spch1_s0"], "A_spch1_s1": "It is good to be here."}
    copies = {"unscon": {**tested, "A_spch2_s0": SENTENCES["A_spch2_s0"]}}
    assert texts(copies, label("unscon", "A_spch1_s0", split)) == [SENTENCES["A_spch2_s0"]]
    assert len(texts(copies, label("unscon", "A_spch1_s0", "train"), label("polnear", "A_spch1", split))) == 3


def written(tmp_path, *rows):
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_near_duplicates_of_dev_and_test_are_left_out_and_counted(tmp_path):
    """So are empty texts; each reason says how many rows and where the first ones are."""
    source = written(
        tmp_path,
        {"text": "The new bridge will open in May."},
        {"text": "Get out of the valley at once.", "carrier": "[Q], he said."},
        {"text": "May will open the new bridge, in the..."},
        {"text": ""},
    )
    tested = [LabelledQuote(Quote("“The new bridge will open in June.”"), "neutral", split="dev")]
    read = read_texts([source], tested, 0.7)
    assert read.quotes == (Quote("Get out of the valley at once.", "[Q], he said."),)
    assert read.warnings == (
        f"1 row: text is empty or holds only spaces (first at {source}:4)",
        f"2 rows: nearly the words of a quote of dev or test (first at {source}:1, {source}:3)",
    )


def test_texts_that_can_not_be_read_are_an_error(tmp_path):
    """The file is named; without a file there are no texts, and nothing to warn of."""
    with pytest.raises(DataError, match=r"none\.jsonl: no such file"):
        read_texts([str(tmp_path / "none.jsonl")], [], 0.7)
    assert read_texts([], [LabelledQuote(Quote("No."), "hostile")], 0.7).quotes == ()


_TEXTS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1).map(" ".join), max_size=8)


@given(_TEXTS, _TEXTS, st.sampled_from([0.5, 0.7, 1.0]))
def test_no_text_near_the_others_is_missed(these, others, threshold):
    """Whatever the order and however often the same words come: what the definition says, no more and no less."""

    def near(one, other):
        first, second = set(one.split()), set(other.split())
        return len(first & second) >= threshold * len(first | second)

    expected = {i for i, text in enumerate(these) if any(near(text, other) for other in others)}
    assert nearly_in(these, others, threshold) == expected
