"""Splits: nothing leaks, and the same seed gives the same division."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.quote import LabelledQuote, Quote
from training.dataset import read_dataset
from training.recipe import Recipe
from training.splits import near_duplicates, split_quotes

RECIPE = Recipe(name="x")


def quotes(count=120):
    labels = RECIPE.label_set
    return [
        LabelledQuote(Quote(f"word{i} other{i} third{i} last{i}"), labels[i % 3], group=f"g{i // 3}")
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def corpus_splits():
    return split_quotes(read_dataset(RECIPE).quotes, RECIPE)


def parts_of(splits):
    return {"train": splits.train, "dev": splits.dev, "test": splits.test}


def test_corpus_splits_share_nothing(corpus_splits):
    """No story, contrast pair or near-duplicate of the corpus is in two splits; shares are as asked for."""
    owner = {quote.quote.id: name for name, part in parts_of(corpus_splits).items() for quote in part}
    corpus = read_dataset(RECIPE).quotes
    assert len(owner) == len(corpus)
    for kind in ("group", "pair"):
        where: dict[str, set[str]] = {}
        for quote in corpus:
            if getattr(quote, kind):
                where.setdefault(getattr(quote, kind), set()).add(owner[quote.quote.id])
        assert all(len(names) == 1 for names in where.values())
    texts = [quote.quote.text for quote in corpus]
    for i, j in near_duplicates(texts, 0.7):
        assert owner[corpus[i].quote.id] == owner[corpus[j].quote.id]
    for part in (corpus_splits.dev, corpus_splits.test):
        assert 0.08 < len(part) / len(corpus) < 0.12


def test_division_is_reproducible():
    """The same seed gives the same division, another seed of the data another one."""
    first, again = split_quotes(quotes(), RECIPE), split_quotes(quotes(), RECIPE)
    assert first == again
    other = RECIPE.model_copy(update={"data": RECIPE.data.model_copy(update={"seed": 99})})
    assert first != split_quotes(quotes(), other)


@pytest.mark.parametrize("split", ["dev", "test", None])
def test_too_little_data_is_an_error(split):
    """A handful of quotes, or data that is all one part, is told in a sentence."""
    few = [replace(quote, split=split, group=str(i)) for i, quote in enumerate(quotes(6))]
    with pytest.raises(DataError, match="more labelled quotes"):
        split_quotes(few, RECIPE)


def test_pairs_stay_together():
    """Contrast pairs bind their groups."""
    bound = [replace(quote, pair="p" if i in {0, 60} else None) for i, quote in enumerate(quotes())]
    for part in parts_of(split_quotes(bound, RECIPE)).values():
        texts = {quote.quote.text for quote in part}
        assert (bound[0].quote.text in texts) == (bound[60].quote.text in texts)


def test_given_splits_are_kept():
    """Data that comes divided stays so, and a group across the border is reported."""
    given_parts = [replace(quote, split=("train", "dev", "test")[i // 3 % 3]) for i, quote in enumerate(quotes())]
    assert [len(part) for part in parts_of(split_quotes(given_parts, RECIPE)).values()] == [42, 39, 39]
    no_dev = [replace(quote, split="test" if quote.split == "test" else "train") for quote in given_parts]
    parts = parts_of(split_quotes(no_dev, RECIPE))
    assert [quote.quote for quote in parts["test"]] == [quote.quote for quote in no_dev if quote.split == "test"]
    assert 3 <= len(parts["dev"]) < len(parts["train"])
    leaking = [replace(given_parts[0], split="test"), *given_parts[1:]]
    assert "1 groups (3 quotes) cross the borders" in split_quotes(leaking, RECIPE).warnings[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda quote, _: replace(quote, label="neutral") if quote.label == "hostile" else quote, "no quote bears it"),
        (
            lambda quote, i: replace(quote, label="neutral") if quote.label == "hostile" and i > 3 else quote,
            "all its quotes are in one group",
        ),
    ],
)
def test_labels_with_too_few_groups_are_errors(change, message):
    """A label that can't be in train and test is an error that names it."""
    with pytest.raises(DataError, match=f"label hostile: {message}"):
        split_quotes([change(quote, i) for i, quote in enumerate(quotes())], RECIPE)


WORDS = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=25)


@given(TEXTS, st.sampled_from([0.5, 0.7, 0.9, 1.0]))
@settings(max_examples=300)
def test_near_duplicates_are_exact(texts, threshold):
    """Prefix filtering finds the same connected texts as comparing every pair."""
    sets = [frozenset(text.split()) for text in texts]
    brute = {
        (i, j)
        for i in range(len(sets))
        for j in range(i)
        if sets[i] and sets[j] and len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j])
    }
    assert components(len(texts), near_duplicates(texts, threshold)) == components(len(texts), brute)


def components(count, edges):
    owner = list(range(count))
    for i, j in edges:
        old, new = owner[i], owner[j]
        owner = [new if each == old else each for each in owner]
    return {frozenset(i for i in range(count) if owner[i] == each) for each in owner}


def test_given_and_undivided_quotes_mix():
    """A quote's own split stays, its group follows it where it has none, and only the rest is divided."""
    divided = [
        replace(quote, quote=Quote(f"real{i} true{i} said{i}"), group=f"real-{quote.group}", split="test")
        for i, quote in enumerate(quotes(30))
    ]
    follower = replace(quotes(1)[0], quote=Quote("quite another text"), group="real-g0")
    parts = parts_of(split_quotes([*quotes(), *divided, follower], RECIPE))
    texts = {name: {quote.quote.text for quote in part} for name, part in parts.items()}
    assert {quote.quote.text for quote in [*divided, follower]} <= texts["test"]
    assert 0.05 < len(texts["test"] - {quote.quote.text for quote in [*divided, follower]}) / 120 < 0.15
    assert 0.05 < len(texts["dev"]) / 120 < 0.15
