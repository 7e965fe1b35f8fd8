"""A study's data: divided once, dealt out by corpus, and nothing tested on that was trained on."""

import json

import pytest

from model.quote import SLOT, LabelledQuote, Quote, without_carrier
from training.studysets import debate, divide, evaluation_sets, leave_out, take

LABELS = ("conciliatory", "hostile", "neutral")
WORDS = {
    "conciliatory": "welcome the offer of",
    "hostile": "condemn the crimes of",
    "neutral": "have read the report on",
}
PLACES = "village{0} harbour{0} mill{0} farm{0}"
SPEECH, OTHER = "UNSC_2014_SPV.7138_spch{}", "UNSC_2016_SPV.7658_spch{}"


def corpus_row(number):
    """A row of the corpus; a story holds one of each label."""
    label = LABELS[number % 3]
    text = f"We {WORDS[label]} firm{number} bank{number} mine{number} port{number}."
    return {"id": f"c{number}", "text": text, "carrier": None, "label": label, "scenario": f"s{number // 3}"}


def real_row(number, group, split, **changes):
    label = LABELS[number % 3]
    return {
        "id": f"r{number}", "text": f"They {WORDS[label]} {PLACES.format(number)}.", "carrier": f"{SLOT}, she said.",
        "label": label, "group": group, "split": split, "source": "polnear", "kind": "quote", **changes,
    }  # fmt: skip


REAL = [
    *(real_row(i, f"article{i // 3}", ("train", "train", "train", "dev", "test")[i // 3 % 5]) for i in range(45)),
    real_row(100, "article100", "train", kind="reported"),
    real_row(101, "article101", "test", text=f"They welcome the offer of {PLACES.format(0)[:-1]}s."),
    real_row(102, SPEECH.format("001"), "train", source="unscon"),
    real_row(103, OTHER.format("002"), "train", source="unscon"),
    real_row(104, "newsmtsc_a_1_2", "train", source="newsmtsc"),
]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The divided corpora, where one quote of test has nearly the words of a training quote."""
    monkeypatch.setattr("training.readers.CORPUS_FILE", write(tmp_path / "quotes.jsonl", map(corpus_row, range(90))))
    assert divide(write(tmp_path / "real.jsonl", REAL), tmp_path / "data") == 1
    return tmp_path / "data"


def copies(tmp_path):
    news = [
        {"source_id": f"newsmtsc_a_1_{i}_x", "text": f"“So” or “be it, {i}”, he said.", "quote": ["So", f"be it, {i}"],
         "label": "hostile" if i else None}
        for i in range(2, 5)
    ]  # fmt: skip
    news.append({"source_id": "newsmtsc_b_1_1_x", "text": "No comment.", "quote": ["No comment."], "label": None})
    speeches = [
        {"source_id": f"{speech.format(f'00{i}')}_s0", "text": f"Sentence {i}.", "binary_conflict": i % 2}
        for speech in (SPEECH, OTHER)
        for i in (1, 2, 3)
    ]
    write(tmp_path / "newsmtsc_quotes.jsonl", news)
    write(tmp_path / "unscon_sents.jsonl", speeches)
    return tmp_path


def test_every_corpus_gets_a_file(data):
    """Reported speech one of its own; rows keep their article and, where they came with one, their split."""
    assert {path.stem for path in data.iterdir()} == {"corpus", "polnear", "unscon", "newsmtsc", "reported"}
    assert [row["id"] for row in rows_of(data / "reported.jsonl")] == ["r100"]
    given = {row["id"]: (row["group"], row["split"]) for row in REAL}
    rows = rows_of(data / "polnear.jsonl")
    assert all(given[row["id"]] == (row["document"], row["split"]) for row in rows)
    assert {row["split"] for row in rows_of(data / "corpus.jsonl")} == {"train", "dev", "test"}


def test_near_duplicates_of_training_quotes_are_not_tested_on(data):
    """The quote is in no file, and all others are in one."""
    ids = [row["id"] for path in data.iterdir() for row in rows_of(path)]
    assert len(ids) == len(set(ids))
    assert set(ids) == {row["id"] for row in REAL} - {"r101"} | {f"c{i}" for i in range(90)}


def test_so_many_rows_are_taken_for_training(data, tmp_path):
    """The number cuts the training part only, always in the same way; null takes all."""
    out = take(data, {"corpus": 10, "polnear": None}, tmp_path / "files" / "a.jsonl")
    rows = rows_of(out)
    taken = [row for row in rows if row["source"] == "corpus"]
    whole = rows_of(data / "corpus.jsonl")
    assert sum(row["split"] == "train" for row in taken) == 10
    assert [row for row in taken if row["split"] != "train"] == [row for row in whole if row["split"] != "train"]
    assert sorted(row["id"] for row in rows if row["source"] == "polnear") == sorted(
        row["id"] for row in rows_of(data / "polnear.jsonl")
    )
    assert take(data, {"corpus": 10, "polnear": None}, tmp_path / "b.jsonl").read_bytes() == out.read_bytes()


def test_a_debate_is_left_out_whole(data, tmp_path):
    """No speech of it is taken, all others are."""
    out = take(data, {"unscon": None}, tmp_path / "a.jsonl", without="UNSC_2014_SPV.7138")
    assert [row["id"] for row in rows_of(out)] == ["r103"]


def test_sets_hold_nothing_that_was_trained_on(data, tmp_path):
    """Articles and speeches with a training quote in any corpus stay out; UNSCon asks for hostile or not."""
    sets = {each.name: each for each in evaluation_sets(data, copies(tmp_path))}
    assert list(sets) == ["corpus test", "real dev", "real test", "NewsMTSC", "UNSCon"]
    assert {quote.split for quote in (*sets["real test"].quotes, *sets["corpus test"].quotes)} == {"test"}
    assert {quote.quote.id for quote in sets["real dev"].quotes} == {
        row["id"] for row in REAL if row["split"] == "dev"
    }  # fmt: skip
    assert [quote.group for quote in sets["NewsMTSC"].quotes] == ["newsmtsc_a_1_3", "newsmtsc_a_1_4"]
    assert [quote.group for quote in sets["UNSCon"].quotes] == [
        *(SPEECH.format(f"00{i}") for i in (2, 3)), *(OTHER.format(f"00{i}") for i in (1, 3)),
    ]  # fmt: skip
    assert [quote.label for quote in sets["UNSCon"].quotes] == ["neutral", "hostile", "hostile", "hostile"]
    assert [name for name, each in sets.items() if each.binary] == ["UNSCon"]


def test_news_is_read_with_its_sentence(data, tmp_path):
    """The longest of several quotes is asked about, and the rest of the sentence is its carrier."""
    news = next(each for each in evaluation_sets(data, copies(tmp_path)) if each.name == "NewsMTSC")
    assert news.quotes[0].quote == Quote("be it, 3", f"“So” or “{SLOT}”, he said.")


def test_a_debate_can_be_asked_for_alone(tmp_path):
    """All of its sentences, and none of another's."""
    one = debate(copies(tmp_path) / "unscon_sents.jsonl", "UNSC_2016_SPV.7658")
    assert one.binary
    assert [quote.group for quote in one.quotes] == [OTHER.format(f"00{i}") for i in (1, 2, 3)]


def test_carriers_can_be_left_out():
    """Nothing else changes."""
    quote = LabelledQuote(Quote("No.", "[Q], he said.", "7"), "hostile", group="a")
    assert without_carrier(quote) == LabelledQuote(Quote("No.", None, "7"), "hostile", group="a")


def test_own_marks_of_a_debate_are_the_test_split(tmp_path):
    """UNSCon's marks become labels; the debate that is left out is the test split, the rest is trained on."""
    copies(tmp_path)
    rows = rows_of(leave_out(tmp_path / "unscon_sents.jsonl", "UNSC_2016_SPV.7658", tmp_path / "files" / "out.jsonl"))
    assert [row["label"] for row in rows] == ["conflict", "none", "conflict"] * 2
    assert [row["split"] for row in rows] == ["train"] * 3 + ["test"] * 3
    assert rows[0]["group"] == SPEECH.format("001")
    assert len({row["group"] for row in rows}) == 6
