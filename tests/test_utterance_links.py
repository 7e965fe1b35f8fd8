"""Scoring the links between the pieces of utterances."""

import json

import pytest

from model.articles.rules import Rules
from model.errors import DataError
from training.utterance_links import Links, main, read_linked, score

TEXT = "“We stay,” Ada Quill said. “We always do.” “Go,” said Hugo Marsh. He added: “Now.”"


def row(*attributions):
    """Mark the quotes of the text by hand."""
    words = ("We stay,", "We always do.", "Go,", "Now.")
    quotes = [
        {"start": TEXT.index(each), "end": TEXT.index(each) + len(each), "attribution": attribution}
        for each, attribution in zip(words, attributions, strict=True)
    ]
    return {"text": TEXT, "quotes": quotes}


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in (row("a", "a", "b", "c"), row("a", "b", "c", "c"))))
    return path


def test_neighbours_are_counted(data):
    """A link is right where people made it too, wrong where they did not, and missed where only they did."""
    links = score(read_linked(data), Rules())
    assert links == Links(right=1, wrong=1, missed=1, apart=3)
    assert (links.precision, links.recall, links.f1) == (0.5, 0.5, 0.5)


def test_nothing_found_is_no_error():
    """Shares of nothing are 0."""
    assert (Links().precision, Links().recall, Links().f1) == (0, 0, 0)


def test_quotes_that_marks_do_not_show_are_passed_over(tmp_path):
    """Their neighbours are compared with each other."""
    marked = row("a", "b", "a", "c")
    marked["quotes"][1]["end"] -= 1
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(marked))
    assert score(read_linked(path), Rules()) == Links(missed=1, apart=1)


def test_the_command(data, capsys):
    """The figures come as a table; a line without attributions is an error that names it."""
    main(str(data))
    assert "precision" in capsys.readouterr().out
    data.write_text('{"text": "", "quotes": [{"start": 1, "end": 2}]}')
    with pytest.raises(DataError, match=r"data.jsonl:1: quotes.0.attribution: Field required"):
        main(str(data))
