"""Tests of reading articles whose quotes were marked by hand."""

import json

import pytest

from model.articles.spans import Span
from model.errors import DataError
from training.attribution_data import read_articles

TEXT = '"We stay," Ada Quill said.'
QUOTE = {
    "start": 1,
    "end": 9,
    "text": "We stay,",
    "type": "direct",
    "speaker_text": "Ada Quill",
    "speaker_start": 11,
    "speaker_end": 20,
    "speaker_head": "Quill",
    "cue": "said",
    "cue_start": 21,
    "cue_end": 25,
}
ROW = {"id": "a", "text": TEXT, "quotes": [QUOTE], "non_quotes": [], "ignored": []}


def test_articles_are_read(tmp_path):
    """An article a line, with what else a line may hold left aside."""
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    (article,) = read_articles(path)
    (quote,) = article.quotes
    assert quote.span.of(article.text) == "We stay,"
    assert quote.speaker == Span(11, 20)
    assert quote.cue_span == Span(21, 25)
    assert quote.speaker_name is None


def test_quotes_without_a_source(tmp_path):
    """A quote may have neither speaker nor cue."""
    nothing = dict.fromkeys(
        ("speaker_text", "speaker_start", "speaker_end", "speaker_head", "cue", "cue_start", "cue_end")
    )
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps({**ROW, "quotes": [QUOTE | nothing]}))
    (quote,) = read_articles(path)[0].quotes
    assert (quote.speaker, quote.cue_span) == (None, None)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "holds no article"), (b'{"id": "a"}', ":1: text"), (b"\xff", "decode"), (None, "No such file")],
)
def test_bad_files_are_named(tmp_path, content, says):
    """An error names the file and, where there is one, the line and the field."""
    path = tmp_path / "data.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=f"data.jsonl.*{says}"):
        read_articles(path)
