"""Tests of how sure the rules are."""

import pytest

from model.articles.certainty import judged
from model.articles.findings import Finding, Rule
from model.articles.looks import Look, look_of
from model.articles.marks import marked_strings
from model.articles.spans import Span

TEXTS = {
    Look.PLAIN: '"bad" for',
    Look.MODIFIER: 'the "easy" way',
    Look.TITLE: '"Save Our Port" was',
    Look.WORK: 'novel "Tide" won',
    Look.NICKNAME: 'Ada "Sunny" Quill',
}


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("look", Look)
def test_every_rule_has_its_numbers(rule, look):
    """Whatever the rule and the look, there are probabilities, and none where nothing was found."""
    text = TEXTS[look]
    (string,) = marked_strings(text)
    assert look_of(text, string)[0] is look
    answer = judged(text, string, Finding(rule), headline=False)
    assert 0 < answer.is_quote < 1
    assert (answer.source_confidence, answer.cue_confidence) == (0, 0)


def test_looks_and_rules_both_count():
    """The same words are likelier a quote behind a verb of saying, and likelier none where works are named."""
    (plain,) = marked_strings(TEXTS[Look.PLAIN])
    (work,) = marked_strings(TEXTS[Look.WORK])
    said = Finding(Rule.SAY_NEAR, Span(0, 1), Span(0, 1))
    assert judged(TEXTS[Look.PLAIN], plain, said, headline=False).is_quote > 0.9
    assert judged(TEXTS[Look.PLAIN], plain, Finding(Rule.NONE), headline=False).is_quote < 0.5
    assert judged(TEXTS[Look.WORK], work, said, headline=False).is_quote < 0.5
    assert judged(TEXTS[Look.PLAIN], plain, said, headline=True).reason == "headline"
