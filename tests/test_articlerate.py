"""The timing of an article: every part is measured, and the whole is their sum."""

import pytest

from serve.articlerate import main


def test_all_parts_are_timed(root, capsys):
    """The page's sample is read, part by part, and a table tells how long each took."""
    parts = main([str(root / "serve" / "page" / "sample.txt"), "--rounds", "1"])
    assert set(parts) == {"marks, rules, views", "pointer", "names, utterances", "stances", "whole"}
    assert parts["whole"] == pytest.approx(sum(parts.values()) / 2)
    assert "14 quotes" in capsys.readouterr().out
