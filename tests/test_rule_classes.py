"""Tests of counting how often the rules are right."""

import json

import pytest

from model.articles.certainty import Family
from model.articles.findings import Rule
from model.articles.looks import Length, Look
from training.attribution_data import Article
from training.rule_classes import count, main

TEXT = '"We stay," Ada Quill said. The "old" port is safe.'
ROW = {
    "id": "a",
    "text": TEXT,
    "quotes": [
        {
            "start": 1,
            "end": 9,
            "speaker_text": "Ada Quill",
            "speaker_start": 11,
            "speaker_end": 20,
            "speaker_head": "Quill",
            "cue": "said",
            "cue_start": 21,
            "cue_end": 25,
        }
    ],
    "non_quotes": [{"start": 32, "end": 35}],
    "ignored": [],
}
ARTICLES = [Article.model_validate(ROW)] * 4


def test_counts():
    """Each judged string is counted under its rule and its look, right or wrong."""
    classes = count(ARTICLES)
    assert classes.quotes == {Rule.AFTER: 4}
    assert (classes.sources[Rule.AFTER], classes.cues[Rule.AFTER]) == (4, 4)
    assert classes.strings[Family.NONE, Look.MODIFIER, Length.ONE] == 4
    assert classes.said[Family.NONE, Look.MODIFIER, Length.ONE] == 0
    assert classes.right(classes.sources, Rule.AFTER) == pytest.approx(5 / 6)


def test_likelihoods_are_drawn_to_the_look():
    """A family with few strings has the share of its look, one with more its own."""
    classes = count(ARTICLES)
    of_look = 1 / 5
    assert classes.likelihood(Family.SAY, Look.MODIFIER, Length.ONE) == pytest.approx(of_look)
    assert classes.likelihood(Family.NONE, Look.MODIFIER, Length.ONE) == pytest.approx(4 * of_look / 8)


def test_the_command(tmp_path, capsys):
    """The numbers come as two tables."""
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    main(str(path))
    out = capsys.readouterr().out
    assert "source right" in out
    assert "modifier" in out
