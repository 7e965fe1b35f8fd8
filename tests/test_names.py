"""Names in the corpus's slots: no name may carry a label."""

import random
import re
from collections import Counter

import pytest

from model.quote import LabelledQuote, Quote, carrier_with_slot
from training.dataset import read_dataset
from training.names import Dealer, fill, fill_all, read_names, slots_of
from training.recipe import Recipe


@pytest.fixture(scope="module")
def corpus():
    return read_dataset(Recipe(name="x")).quotes


def test_every_slot_is_filled(corpus):
    """No brace is left in any text or carrier."""
    for quote in fill_all(corpus, random.Random(1)):
        assert not re.search(r"[{}]", f"{quote.quote.text} {quote.quote.carrier}"), quote


def test_names_are_balanced_over_labels():
    """Under each label no country stands more than once oftener than another; the same holds for cities."""
    templates = [
        LabelledQuote(Quote(f"{i}: {{other}} spoke to {{city}}."), label)
        for label, count in (("hostile", 970), ("neutral", 333))
        for i in range(count)
    ]
    for label in ("hostile", "neutral"):
        filled = [q.quote.text for q in fill_all(templates, random.Random(5)) if q.label == label]
        for pattern in (r": (.+) spoke", r"to (.+)\."):
            counts = Counter(name for text in filled for name in re.findall(pattern, text))
            assert max(counts.values()) - min(counts.values()) <= 1


def test_countries_of_a_quote_differ_and_keep_their_adjective():
    """Self, other and third are three countries; {other_adj} belongs to {other}."""
    names = read_names()
    dealer = Dealer(names, random.Random(2))
    for _ in range(500):
        dealt = dealer.deal({"self", "other", "other_adj", "third"})
        assert len({dealt["self"], dealt["other"], dealt["third"]}) == 3
        assert names.countries[dealt["other"]] == dealt["other_adj"]


def test_sentence_starts_are_capitalised():
    """A name that begins with "the" gets a capital where it starts a sentence, and only there."""
    quote = Quote("{org} said no. “{org}” said {org} is late.", "[Q], {org} wrote.")
    filled = fill(quote, {"org": "the Arab League"})
    assert filled.text == "The Arab League said no. “The Arab League” said the Arab League is late."
    assert filled.carrier == "[Q], the Arab League wrote."


def test_filling_is_reproducible(corpus):
    """The same seed deals the same names, another one others."""
    some = [quote for quote in corpus if slots_of(quote.quote)][:50]
    one, again, other = (list(fill_all(some, random.Random(seed))) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_texts_without_slots_pass_unchanged():
    """Braces that are no slots are somebody's text."""
    quote = LabelledQuote(Quote("a {strange} text"), "neutral")
    assert list(fill_all([quote], random.Random(0))) == [quote]


def test_only_the_lists_for_slots_are_dealt(corpus):
    """What is known for real quotes alone, such as politicians, never fills a slot."""
    names = read_names()
    known = re.compile(rf"\b(?:{'|'.join([*names.people.women, *names.people.men, *names.further_countries])})\b")
    for template, filled in zip(corpus, fill_all(corpus, random.Random(3)), strict=True):
        texts = [f"{quote.quote.text} {quote.quote.carrier}" for quote in (template, filled)]
        assert known.findall(texts[0]) == known.findall(texts[1]), filled


def test_what_stands_alone_is_part_of_the_full_name():
    """The lists agree: a short name stands in its full name, and a first name belongs to somebody listed."""
    people = read_names().people
    listed = {**people.women, **people.men}
    assert len(listed) == len(people.women) + len(people.men)
    assert [full for full, alone in listed.items() if alone is not None and alone not in full] == []
    # "Bibi" is the one first name that is no part of the full one.
    assert [first for first, full in people.first_names.items() if first not in full] == ["Bibi"]
    assert set(people.first_names.values()) <= set(listed)


def test_the_slot_takes_the_place_of_the_quote_in_its_carrier():
    """[Q] stands where the quote stood first; a carrier that has it, or none at all, stays."""
    assert carrier_with_slot(Quote("No", "\u201cNo\u201d, she said. No?")) == "\u201c[Q]\u201d, she said. No?"
    assert carrier_with_slot(Quote("No", "[Q], she said. No.")) == "[Q], she said. No."
    assert carrier_with_slot(Quote("No")) is None
