"""Token windows: nothing of a quote is lost, nothing is read twice."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.bundle import DEFAULT_BUNDLE, TOKENIZER
from model.encoding import encode, extreme_window, open_tokenizer
from model.quote import Rendering

BYTES = (DEFAULT_BUNDLE / TOKENIZER).read_bytes()
TOKENS = open_tokenizer(BYTES)
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


def other_tokenizer(**changes):
    """The bundled tokenizer with other parts."""
    return open_tokenizer(json.dumps(json.loads(BYTES) | changes).encode())


def template(single, pair, known=("[CLS]", "[SEP]")):
    """A post-processor that puts a quote (A) and its carrier (B) between special tokens."""

    def pieces(names):
        return [
            {"Sequence": {"id": name, "type_id": 0}} if name in "AB" else {"SpecialToken": {"id": name, "type_id": 0}}
            for name in names.split()
        ]

    tokens = {name: {"id": name, "ids": [101], "tokens": [name]} for name in known}
    return {"type": "TemplateProcessing", "single": pieces(single), "pair": pieces(pair), "special_tokens": tokens}


@pytest.mark.parametrize(
    "changes",
    [
        {"truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}},
        {"padding": {"strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": 8, "pad_id": 0,
                     "pad_type_id": 0, "pad_token": "[PAD]"}},
    ],
)  # fmt: skip
def test_a_tokenizer_that_cuts_or_pads_says_the_same(changes):
    """What other programs wrote into tokenizer.json for their own use changes no window."""
    for rendering in (Rendering("no deal", "he said [Q]"), Rendering("We met. They lied. " * 40, None)):
        assert encode(other_tokenizer(**changes), rendering, 64) == encode(TOKENS, rendering, 64)


def test_a_tokenizer_that_draws_lots_draws_none():
    """A byte-pair tokenizer with dropout, made for training, would say something else each time."""
    pairs = {"type": "BPE", "vocab": {"n": 0, "o": 1, "no": 2}, "merges": [["n", "o"]], "dropout": 0.5}
    tokenizer = other_tokenizer(model=pairs, added_tokens=[])
    assert {tuple(encode(tokenizer, Rendering("no no no", None), 64)[0].ids[1:-1]) for _ in range(50)} == {(2, 2, 2)}


def test_no_window_goes_beyond_the_extreme():
    """It is as long as any, and no id or type lies above its own."""
    extreme = extreme_window(TOKENS, 64)
    assert (len(extreme.ids), set(extreme.ids), set(extreme.types)) == (64, {30_521}, {1})
    assert max(TOKENS.get_vocab().values()) == 30_521


def test_special_tokens_beyond_the_vocabulary_are_extreme():
    """An id that only a post-processor knows counts, too."""
    marks = {"type": "BertProcessing", "sep": ["[SEP]", 4_000_000_000], "cls": ["[CLS]", 101]}
    assert extreme_window(other_tokenizer(post_processor=marks), 32).ids == [4_000_000_000] * 32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"post_processor": None}, "adds 0 special tokens to a quote, 0 to one with its carrier"),
        ({"post_processor": template("[CLS] A [SEP]", "A B")}, "adds 2 .* to a quote, 0 to one"),
        ({"post_processor": template("[CLS] " * 20 + "A", "[CLS] A B")}, "adds 20 special tokens"),
        ({"post_processor": template("[CLS] [SEP]", "[CLS] [SEP]")}, "leaves the quote out or says it twice"),
        ({"post_processor": template("[CLS] A A A", "[CLS] A A A B")}, "leaves the quote out or says it twice"),
        ({"post_processor": template("[CLS] A [SEP]", "[CLS] A A B [SEP]")}, "leaves the quote out or says it twice"),
        ({"post_processor": template("[CLS] A", "[CLS] A B", known=())}, "adds 0 special tokens"),
        ({"post_processor": template("[CLS] A [SEP]", "[CLS] A B [SEP]", known=("[CLS]",))}, "breaks down"),
        ({"model": {"type": "WordLevel", "vocab": {"no": 0}, "unk_token": "?"}}, "Missing"),
        ({"pre_tokenizer": {"type": "FixedLength", "length": 0}}, "breaks down"),
    ],
)
def test_tokenizers_that_make_no_windows_are_refused(changes, message):
    """Without special tokens, without room, with half a template or without a word for the unknown."""
    with pytest.raises(Exception, match=message):
        extreme_window(other_tokenizer(**changes), 32)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)
                    | st.dictionaries(st.text() | st.sampled_from(sorted(json.loads(BYTES))), inner))  # fmt: skip


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_tokenizer_is_an_error(data):
    """Random bytes, random JSON, and JSON that looks a little like one."""
    with pytest.raises(ValueError, match=r"."):
        open_tokenizer(data)


@pytest.mark.parametrize("part", ["normalizers", "pretokenizers"])
def test_nesting_without_end_is_an_error(part):
    """Fifty thousand sequences in each other do not overflow the stack."""
    key = part.removesuffix("s").replace("pret", "pre_t")
    nested = f'{{"type": "Sequence", "{part}": [' * 50_000 + "]}" * 50_000
    with pytest.raises(ValueError, match="recursion limit"):
        open_tokenizer(json.dumps(json.loads(BYTES) | {key: "here"}).replace('"here"', nested).encode())
