"""Token windows: nothing of a quote is lost, nothing is read twice."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from model.bundle import DEFAULT_BUNDLE, TOKENIZER
from model.encoding import encode, open_tokenizer
from model.quote import Rendering

TOKENS = open_tokenizer((DEFAULT_BUNDLE / TOKENIZER).read_bytes())
WORDS = st.sampled_from(
    ["peace", "war", "talks", "unacceptable", "naïve", "14.5", "re-election", "don't", "(sic)", "…", "reconsideration"]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=30).map(lambda words: " ".join(words) + ". ")
TEXTS = st.lists(SENTENCES, min_size=1, max_size=12).map(lambda sentences: "".join(sentences).strip())


def quote_tokens(window):
    """The ids between the first [CLS] and the first [SEP]."""
    return list(window.ids[1 : 1 + window.weight])


@given(TEXTS, st.booleans(), st.sampled_from([16, 32, 64]))
@settings(max_examples=150, deadline=None)
def test_windows_hold_every_token_once(text, carried, most):
    """The windows' quote tokens, in order, are the tokens of the whole quote, and no window is too long."""
    carrier = "The minister of trade, who had been asked about it twice, said [Q] before he left." if carried else None
    windows = encode(TOKENS, Rendering(text, carrier), most)
    assert [token for window in windows for token in quote_tokens(window)] == TOKENS.encode(
        text, add_special_tokens=False
    ).ids
    assert all(len(window.ids) <= most for window in windows)


def test_short_quote_is_one_window_with_its_carrier():
    """A quote that fits is read in one piece, the carrier as second segment."""
    (window,) = encode(TOKENS, Rendering("no deal", "he said [Q]"), 64)
    assert window.weight == 2
    assert window.types == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_windows_end_with_sentences():
    """A long quote is cut after a sentence where one ends in the window's second half."""
    text = "We have talked to them for nine long days. They were fair. Now we shall see what they sign tomorrow."
    first, *_ = encode(TOKENS, Rendering(text, None), 20)
    assert TOKENS.decode(quote_tokens(first)).endswith("fair.")


def test_special_tokens_in_a_quote_are_words():
    """A quote can't smuggle in the model's own separators."""
    (window,) = encode(TOKENS, Rendering("[SEP] [CLS]", None), 32)
    assert [i for i in window.ids if i == TOKENS.token_to_id("[SEP]")] == [window.ids[-1]]


def test_long_carrier_keeps_the_slot():
    """Of a carrier too long for the window, the part around the slot is read."""
    carrier = "word " * 200 + "said [Q] and left " + "word " * 200
    (window,) = encode(TOKENS, Rendering("no deal", carrier), 64)
    text = TOKENS.decode([i for i, kind in zip(window.ids, window.types, strict=True) if kind == 1])
    assert "[ q ]" in text
    assert len(window.ids) <= 64


def test_endless_punctuation_takes_no_time():
    """A hundred thousand full stops are no way to stop the server."""
    started = time.process_time()
    windows = encode(TOKENS, Rendering("." * 100_000, None), 128)
    assert sum(window.weight for window in windows) == 100_000
    assert time.process_time() - started < 20  # quadratic, it would be minutes


def test_text_without_tokens_is_one_window():
    """Characters that the tokenizer drops leave an empty window, also beside a carrier that must be cut."""
    for carrier in (None, "word " * 100 + "[Q]" + " word" * 100):
        (window,) = encode(TOKENS, Rendering("\ufffd", carrier), 64)
        assert window.weight == 0
        assert len(window.ids) <= 64


def test_endless_word_is_cut():
    """A text without any space still ends up in windows."""
    windows = encode(TOKENS, Rendering("!?" * 500, None), 32)
    assert sum(window.weight for window in windows) == 1000
