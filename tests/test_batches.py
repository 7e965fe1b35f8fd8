"""Batches by tokens and length."""

import random

from hypothesis import given
from hypothesis import strategies as st

from model.encoding import Window
from model.quote import LabelledQuote, Quote
from training.batches import Example, batch_by_tokens, collate, drop_carriers, with_twins


def example(length, *, twin=False):
    window = Window([1] * length, [0] * length, length)
    return Example(window, 0, window if twin else None)


@given(st.lists(st.integers(1, 200), max_size=60), st.integers(1, 400), st.booleans())
def test_batches_hold_everything_within_the_budget(lengths, budget, shuffled):
    """Every place is in one batch, and no batch of several is over the budget with its padding."""
    examples = [example(length, twin=i % 3 == 0) for i, length in enumerate(lengths)]
    batches = batch_by_tokens(examples, budget, random.Random(0) if shuffled else None)
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or sum(examples[i].rows for i in batch) * max(lengths[i] for i in batch) <= budget


def test_batches_hardly_pad():
    """Sorted by length, under 5 % of the tokens are padding."""
    rng = random.Random(1)
    lengths = [rng.randint(5, 80) for _ in range(3000)]
    batches = batch_by_tokens([example(length) for length in lengths], 1536, rng)
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert sum(lengths) > 0.95 * padded


def test_collate_pads_and_masks():
    """Short rows are padded with the pad id, of type 0, and masked."""
    batch = collate([Example(Window([5, 6, 7], [0, 0, 1], 1), 2), Example(Window([8], [0], 1), 0)], pad=9)
    assert batch.inputs["input_ids"].tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch.inputs["token_type_ids"].tolist() == [[0, 0, 1], [0, 0, 0]]
    assert batch.inputs["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.labels.tolist() == [2, 0]


def test_twins_come_last_with_their_label():
    """A quote with other names is one more row, behind all quotes, and pairs says whose it is."""
    first, second = Example(Window([1, 2], [0, 0], 2), 0), Example(Window([3], [0], 1), 2)
    other = Example(Window([4, 5, 6], [0, 0, 0], 3), 2)
    batch = collate(with_twins([first, second], [first, other]), pad=0)
    assert batch.inputs["input_ids"].tolist() == [[1, 2, 0], [3, 0, 0], [4, 5, 6]]
    assert batch.labels.tolist() == [0, 2, 2]
    assert batch.pairs.tolist() == [1]


def test_carriers_are_dropped_at_random():
    """About the share asked for goes, and 0 and 1 mean none and all."""
    quotes = [LabelledQuote(Quote("no", "[Q], he said"), "neutral")] * 1000
    for share in (0.0, 0.5, 1.0):
        left = sum(q.quote.carrier is not None for q in drop_carriers(quotes, share, random.Random(0)))
        assert abs(left / 1000 - (1 - share)) < 0.05
