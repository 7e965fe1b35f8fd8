"""Tests of scoring a pointer on articles marked by hand."""

import json

import pytest
from rich.console import Console

from model.articles.attribution import LIKELY, Pointed
from model.articles.rules import Rules
from model.articles.spans import Span
from training.attribution_data import Article
from training.attributions import main, score, show

TEXT = '"We stay," Ada Quill said. The "old" port is safe.'


def place(words):
    """Give where the words stand."""
    return TEXT.index(words), TEXT.index(words) + len(words)


def row(number):
    """Give an article with one quote and one string that is none."""
    quote = dict(zip(("start", "end"), place("We stay,"), strict=True))
    speaker = dict(zip(("speaker_start", "speaker_end"), place("Ada Quill"), strict=True))
    cue = dict(zip(("cue_start", "cue_end"), place("said"), strict=True))
    words = {"speaker_text": "Ada Quill", "speaker_head": "Quill", "speaker_name": "Ada Quill", "cue": "said"}
    none = dict(zip(("start", "end"), place("old"), strict=True))
    quotes = [quote | speaker | cue | words]
    return {"id": str(number), "text": TEXT, "quotes": quotes, "non_quotes": [none], "ignored": []}


ARTICLES = [Article.model_validate(row(number)) for number in range(4)]


class Fixed:
    """A pointer that gives the same answers for every article."""

    def __init__(self, *answers):
        self.answers = list(answers)

    threshold = LIKELY
    digest = None

    def steps(self, text, strings):
        assert text == TEXT
        assert len(strings) == 2
        return [lambda answer=answer: answer for answer in self.answers]


RIGHT = Pointed(0.9, Span(*place("Ada Quill")), 1.0, Span(*place("said")), 1.0, "")
NONE = Pointed(0.2, None, 0.0, None, 0.0, "scare")


def test_all_right():
    """A pointer that is right in everything has 1 everywhere, and an interval that says so."""
    report = score(ARTICLES, Fixed(RIGHT, NONE))
    for name in (
        "f1",
        "recall",
        "precision",
        "alone",
        "alone_enough",
        "speaker",
        "cue",
        "cue_exact",
        "mention_exact",
        "person",
    ):
        figure = getattr(report, name)
        assert (figure.value, figure.low, figure.high) == (1, 1, 1), name
    assert (report.articles, report.quotes, report.non_quotes, report.named) == (4, 4, 4, 4)


def test_a_scare_quote_that_is_taken():
    """A string that is none costs precision and is not left alone; the quotes keep what is theirs."""
    report = score(ARTICLES, Fixed(RIGHT, RIGHT))
    assert report.precision.value == 0.5
    assert report.f1.value == pytest.approx(2 / 3)
    assert (report.alone.value, report.recall.value, report.speaker.value) == (0, 1, 1)


def test_a_quote_that_is_not_taken():
    """What is missed has neither speaker nor cue, however right they were."""
    report = score(ARTICLES, Fixed(RIGHT, NONE), threshold=0.95)
    assert (report.recall.value, report.speaker.value, report.cue.value, report.person.value) == (0, 0, 0, 0)
    assert report.alone.value == 1


def test_a_wrong_speaker_and_a_cue_that_overlaps():
    """A wrong mention counts against the speaker alone; a cue is right by overlap, exact only if the same."""
    start, end = place("Quill said")
    wrong = Pointed(0.9, Span(*place("port")), 1.0, Span(start, end), 1.0, "")
    report = score(ARTICLES, Fixed(wrong, NONE))
    assert (report.f1.value, report.speaker.value, report.person.value) == (1, 0, 0)
    assert (report.cue.value, report.cue_exact.value) == (1, 0)


def test_the_curve_trades_recall_for_rest():
    """With the threshold recall falls and what is left alone rises; the operating point keeps a recall of .95."""
    report = score(ARTICLES, Fixed(RIGHT, NONE))
    assert [point.recall for point in report.curve] == sorted((point.recall for point in report.curve), reverse=True)
    assert [point.alone for point in report.curve] == sorted(point.alone for point in report.curve)
    low = score(ARTICLES, Fixed(NONE, RIGHT))
    assert low.alone_enough.value == 0


def test_intervals_hold_the_value():
    """Where articles differ, the interval is around the share and not of no width."""
    other = Article.model_validate(row(9) | {"non_quotes": [], "ignored": row(9)["non_quotes"], "quotes": []})
    report = score([*ARTICLES, other], Fixed(RIGHT, RIGHT))
    assert report.precision.low < report.precision.value < report.precision.high


def test_the_command(tmp_path, capsys):
    """The rules score an article from a file, and a table tells it."""
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(row(0)) + "\n")
    report = main([str(path), "--pointer", "rules", "--threshold", "0.7"])
    assert (report.f1.value, report.speaker.value, report.cue_exact.value, report.person.value) == (1, 1, 1, 1)
    assert "speaker right, of all quotes" in capsys.readouterr().out


def test_a_bundle_can_be_scored(tmp_path, pointer_bundle):
    """A pointer is named by the folder of its bundle, and its own threshold holds unless another is given."""
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(row(0)) + "\n")
    report = main([str(path), "--pointer", str(pointer_bundle.path)])
    assert report.threshold == pointer_bundle.manifest.threshold
    assert report.speaker.value == 1


def test_articles_without_any_string_are_shown():
    """Shares of nothing are no numbers, and the table says so instead of failing."""
    empty = Article(id="e", text="Nothing is said.", quotes=(), non_quotes=(), ignored=())

    console = Console(record=True, width=100)
    show(score([empty], Rules()), console)
    assert "nan" in console.export_text()
