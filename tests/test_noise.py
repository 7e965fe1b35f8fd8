"""Noise: quotes look worse and say the same."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import QuoteError
from model.quote import MAX_CHARACTERS, LabelledQuote, Quote, render
from training.noise import noisy, noisy_all

TEXT = "We don't want another quarrel, and our negotiators will never accept nothing."


def outcomes(text, seeds=400):
    return {noisy(Quote(text), random.Random(seed)).text for seed in range(seeds)}


@pytest.mark.parametrize(
    "expected",
    [
        "we don't want another quarrel, and our negotiators will never accept nothing.",
        "We don't want another quarrel, and our negotiators will never accept nothing",
        "... We don't want another quarrel, and our negotiators will never accept nothing.",
        "We don't want another quarrel, and our negotiators will never accept nothing . . .",
        "We don't want another quarrel ... and our negotiators will never accept nothing.",
        "[We] don't want another quarrel, and our negotiators will never accept nothing.",
        "[w]e don't want another quarrel, and our negotiators will never accept nothing.",
        "We don't want another quarrel, and [our] negotiators will never accept nothing.",
        "WE DON'T WANT ANOTHER QUARREL, AND OUR NEGOTIATORS WILL NEVER ACCEPT NOTHING.",
        "We dont want another quarrel, and our negotiators will never accept nothing.",
        "We don't want another quarrel, and our negotiators will never accept nothing. (Applause.)",
    ],
)
def test_each_disturbance_is_drawn(expected):
    """A quote to which all apply meets each of them sooner or later."""
    assert expected in outcomes(TEXT)


@pytest.mark.parametrize("slip", ["quarrrel", "quarel", "disarmment", "disaramment", "disarmamnet", "disarm-ament"])
def test_slips_are_small(slip):
    """Letters are doubled, dropped or swapped, and a long word is broken as at a line's end."""
    assert any(slip in changed for changed in outcomes("quarrel disarmament", 3000))


def test_slips_spare_beginnings_endings_and_short_words():
    """Three letters at the start and the last one stay, so that no other word comes out; four letters are too few."""
    for changed in outcomes("unarmed friend like Omar", 1000):
        first, second, *others = re.sub(r"[^\w ]", "", changed.lower()).split()
        assert re.fullmatch(r"una\w+d", first), changed
        assert re.fullmatch(r"fri\w+d", second), changed
        assert others[:2] == ["like", "omar"], changed


def test_negations_keep_their_letters():
    """No slip and no broken line touches a word that turns a sentence around."""
    words = "never cannot nothing nobody neither nowhere without unless against refuses denied couldnt shouldnt"
    contractions = "couldn't shouldn't haven't"
    for changed in outcomes(f"{words} {contractions}", 600):
        for word in words.split():
            assert word in changed.lower().replace("[", "").replace("]", ""), changed
        bare = changed.lower().replace("'", "")
        assert all(word.replace("'", "") in bare for word in contractions.split())


def test_apostrophes_go_only_where_no_other_word_comes_out():
    """A missing apostrophe makes "dont", but never "were", "hell" or "shell"."""
    possible = outcomes("We're here, he'll see, don\u2019t I've it's won't?", 600)
    assert "We're here, he'll see, dont Ive its wont?" in possible
    assert not any(re.search(r"\b(?:were|hell)\b", changed, re.IGNORECASE) for changed in possible)


@pytest.mark.parametrize("text", ["I met Anna", "NATO is ready"])
def test_words_that_are_no_ordinary_beginning_keep_their_capital(text):
    """Neither "i" nor "nATO" is how a quote starts when it is joined to a sentence."""
    possible = outcomes(text)
    assert text[0].lower() + text[1:] not in possible
    assert f"[{text[0].lower()}]{text[1:]}" not in possible


def test_the_carrier_stays():
    """Only the quote is disturbed; where the carrier holds the quote, [Q] takes its place."""
    for seed in range(30):
        slotted = noisy(Quote("Peace now.", "He said: [Q] Twice.", "4"), random.Random(seed))
        assert (slotted.carrier, slotted.id) == ("He said: [Q] Twice.", "4")
        assert noisy(Quote("Peace now.", "He said: Peace now."), random.Random(seed)).carrier == "He said: [Q]"


def test_the_model_sees_the_noise():
    """Rendering doesn't mend what was disturbed."""
    quote = Quote("\u201cTalks\u2014at last\u201d, ")
    for seed in range(100):
        assert render(noisy(quote, random.Random(seed))) != render(quote)


def quotes():
    def made(text, carrier, *, held):
        try:
            return Quote(text, None if carrier is None else carrier + (text if held else "[Q]"))
        except QuoteError:
            return None

    texts = st.text(max_size=80) | st.text("aAbN't.,; -\"\u2019[]\ufdfa\u0130\u00df\u200b\u0301", max_size=20)
    return st.builds(made, texts, st.none() | texts, held=st.booleans()).filter(lambda quote: quote is not None)


@settings(max_examples=300, deadline=None)
@given(quotes(), st.integers(0, 50))
def test_any_quote_can_be_disturbed(quote, seed):
    """Whatever the quote holds, the outcome is a quote, and the same seed gives the same one."""
    disturbed = noisy(quote, random.Random(seed))
    assert render(disturbed).text
    assert disturbed == noisy(quote, random.Random(seed))


@pytest.mark.parametrize(
    "text",
    ["a" * MAX_CHARACTERS, "\u00df" * MAX_CHARACTERS, "\ufdfa" * (MAX_CHARACTERS // 18), ".", "\u201c\u200b\u201d"],
)
def test_quotes_at_the_border_of_the_valid_stay_valid(text):
    """A quote that would become too long or empty stays as it was."""
    for seed in range(12):
        changed = noisy(Quote(text), random.Random(seed)).text
        assert changed
        assert len(changed) <= MAX_CHARACTERS


def test_a_share_of_the_quotes_is_disturbed():
    """About the share that was asked for changes; order, labels and places stay."""
    some = [LabelledQuote(Quote(f"Item {i} is settled."), "neutral", source=str(i)) for i in range(1000)]
    changed = noisy_all(some, 0.3, random.Random(1))
    assert [(quote.label, quote.source) for quote in changed] == [(quote.label, quote.source) for quote in some]
    assert 230 < sum(new != old for new, old in zip(changed, some, strict=True)) < 370
    assert noisy_all(some, 0.0, random.Random(1)) == some
    assert all(new != old for new, old in zip(noisy_all(some, 1.0, random.Random(1)), some, strict=True))
    assert noisy_all(some, 0.3, random.Random(1)) == changed
