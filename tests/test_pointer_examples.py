"""What a pointer learns from: the right tokens in every view, whatever was exchanged or put into marks."""

import random

import pytest

from model.articles.spans import Span
from model.bundle import DEFAULT_BUNDLE, TOKENIZER, open_bundle
from model.encoding import open_tokenizer
from tests.made_articles import made_articles
from training.batches import UNLABELLED
from training.pointer_examples import PointerExamples
from training.recipe import PointerRecipe

TOKENS = open_tokenizer(open_bundle(DEFAULT_BUNDLE).read(TOKENIZER))
ARTICLES = made_articles(12)


def examples_of(**recipe):
    """Return what is made of the articles by a recipe."""
    return PointerExamples(ARTICLES, TOKENS, PointerRecipe(**recipe))


def words(example, end):
    """Return the tokens from one target to the next, without the signs of the rules."""
    first, last = example.targets[end : end + 2]
    found = [str(TOKENS.id_to_token(token)) for token in example.view.window.ids[first : last + 1]]
    return [token for token in found if not token.startswith("[")]


def test_every_judged_string_is_an_example():
    """Quotes have the places of their source and cue, the others only that they are none."""
    examples = examples_of().plain()
    assert sum(each.targets[0] == 1 for each in examples) == sum(len(article.quotes) for article in ARTICLES)
    assert sum(each.targets[0] == 0 for each in examples) == sum(len(article.non_quotes) for article in ARTICLES)
    quotes = iter([quote for article in ARTICLES for quote in article.quotes])
    for example in examples:
        if example.targets[0] == 0:
            assert set(example.targets[1:]) == {UNLABELLED}
            continue
        quote = next(quotes)
        first, last = (example.view.places[at] for at in example.targets[1:3])
        assert Span(first.start, last.end) == quote.speaker
        assert " ".join(words(example, 3)) == quote.cue


def test_names_are_others_in_training():
    """Other people speak in every epoch; what they do stays."""
    plain = {" ".join(words(each, 1)) for each in examples_of().plain() if each.targets[0] == 1}
    drawn = examples_of(indirect=0, unsaid=0).drawn(random.Random(1))
    again = examples_of(indirect=0, unsaid=0).drawn(random.Random(2))
    names = [[" ".join(words(each, 1)) for each in epoch if each.targets[0] == 1] for epoch in (drawn, again)]
    assert names[0] != names[1]
    assert len(names[0]) == len(names[1]) == sum(len(article.quotes) for article in ARTICLES)
    assert set(names[0]) - plain
    assert {" ".join(words(each, 3)) for each in drawn if each.targets[0] == 1} <= {
        "said", "told reporters", "added", "warned",
    }  # fmt: skip


def test_reported_speech_in_marks_teaches_source_and_cue_only():
    """It is put into marks in the share asked for, and nobody says whether it is a quote."""
    none, some = examples_of(indirect=0, unsaid=0), examples_of(indirect=1, unsaid=0)
    assert all(each.targets[0] != UNLABELLED for each in none.drawn(random.Random(0)))
    marked = [each for each in some.drawn(random.Random(0)) if each.targets[0] == UNLABELLED]
    assert len(marked) == sum(len(article.indirect) for article in ARTICLES)
    for each in marked:
        assert " ".join(words(each, 3)) in {"said", "told reporters", "added", "warned"}


def test_words_that_nobody_said_teach_what_is_no_quote():
    """Names and words outside of all attributions are put into marks, as often as asked for."""
    printed = sum(len(article.non_quotes) for article in ARTICLES)
    drawn = examples_of(indirect=0, unsaid=1).drawn(random.Random(0))
    assert sum(each.targets[0] == 0 for each in drawn) > printed
    assert sum(each.targets[0] == 1 for each in drawn) == sum(len(article.quotes) for article in ARTICLES)


@pytest.mark.parametrize(("dropout", "hinted"), [(0.0, True), (1.0, False)])
def test_the_rules_are_heard_or_not(dropout, hinted):
    """Hints are left out in the share asked for."""
    examples = examples_of(hint_dropout=dropout, indirect=0, unsaid=0).drawn(random.Random(0))
    seen = ["[unused20]" in [TOKENS.id_to_token(token) for token in each.view.window.ids[:2]] for each in examples]
    assert any(seen) is hinted


def test_the_same_draw_gives_the_same_examples():
    """An epoch can be drawn again, to go on with it after an interruption."""
    one, other = (examples_of().drawn(random.Random("13-2")) for _ in range(2))
    assert one == other
