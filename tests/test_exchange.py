"""Exchanged names: every kind is found, what belongs together moves together, and the grammar holds."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import QuoteError
from model.quote import MAX_CHARACTERS, LabelledQuote, Quote
from training.exchange import Exchange, renamed_all
from training.names import fill_all, read_names
from training.vocabulary import Kind, vocabulary_of

NAMES = read_names()
SEEDS = range(60)


def exchanged(text, carrier=None):
    """The same quote with other names, once a seed."""
    return [Exchange(NAMES, random.Random(seed)).of(Quote(text, carrier)) for seed in SEEDS]


def found(pattern, text):
    match = re.fullmatch(pattern, text)
    assert match, text
    return match.groups()


@pytest.mark.parametrize(
    "text",
    [
        "We will meet Iran halfway.",
        "An Iranian ship is welcome here.",
        "Americans deserve better.",
        "The United States will pay.",
        "The U.S. will pay.",
        "Call off the UK troops.",
        "They marched on Damascus.",
        "Trump lied.",
        "Donald J. Trump lied.",
        "Thank you, Hillary.",
        "I spoke to Mr. Zabrinski.",
        "Prime Minister May was wrong.",
        "I stood by Bush then.",
        "Republicans voted against it.",
        "It was the GOP again.",
        "We trust Labour.",
        "Labour Party members cheered.",
        "Hamas refused.",
    ],
)
def test_names_are_found_and_exchanged(text):
    """Each of these holds a name, and no exchange leaves it in."""
    assert Exchange(NAMES, random.Random(0)).finds_in(Quote(text))
    assert all(quote.text != text for quote in exchanged(text))


@pytest.mark.parametrize(
    "text",
    [
        "Nobody is named in here.",
        "Bush fires will not stop us.",
        "Labour costs rise and rise.",
        "In May we will rice and gore.",
        "The Major and a Brown dog.",
        "Liberal values, conservative costs, a democratic vote.",
        "Latin American poets of South Sudan.",
        "The Washington Post had it first.",
        "The General Assembly thanks Mr. Speaker and the General Secretary.",
        "US attacked is no headline.",
        "Give us the trumpet.",
    ],
)
def test_ordinary_words_are_no_names(text):
    """Words that only look like names, and names inside longer ones, stay."""
    assert not Exchange(NAMES, random.Random(0)).finds_in(Quote(text))
    assert exchanged(text)[0].text == text


def test_a_person_stays_one_person():
    """Full name, surname, title and first name move together, in quote and carrier; relatives stay relatives."""
    text = "Hillary Clinton came, Clinton's bag did, Hillary left, Bill Clinton stayed."
    for quote in exchanged(text, "[Q], Secretary Clinton said."):
        pattern = r"(.+) came, (.+)'s bag did, (.+) left, (.+) stayed\."
        wife, surname, first, husband = found(pattern, quote.text)
        assert wife.replace(surname, "").strip() == first
        assert surname in husband
        assert husband != wife
        assert quote.carrier == f"[Q], Secretary {surname} said."
        assert "Clinton" not in surname


def test_a_country_keeps_its_adjective_and_people():
    """One country takes the place of another in all its forms."""
    for quote in exchanged("Syria is a Syrian matter, and Syrians know it.", "[Q], Syria's envoy said."):
        country, adjective, people = found(r"(.+) is an? (.+) matter, and (.+) know it\.", quote.text)
        assert {**NAMES.countries, **NAMES.further_countries}[country] == adjective
        assert people in {f"{adjective}s", f"{adjective} people"}
        assert quote.carrier == f"[Q], {country}'s envoy said."


def test_two_names_stay_two():
    """No exchange lets two countries, or two people, become one."""
    for quote in exchanged("France, Spain, Italy, Trump, Merkel, Macron"):
        assert len(set(quote.text.split(", "))) == 6


def test_nouns_and_adjectives_of_parties_keep_their_places():
    """The noun, the plural and the adjective of one party, even where noun and adjective look the same."""
    text = "A Republican said Republicans and Republican voters left the Republican Party."
    forms = {tuple(forms) for forms in NAMES.parties.members}
    for quote in exchanged(text):
        one, several, adjective, party = found(r"An? (.+) said (.+) and (.+) voters left the (.+) Party\.", quote.text)
        assert (one, several, adjective) in forms - {("Republican", "Republicans", "Republican")}
        assert party == adjective
    for quote in exchanged("Republican and Democratic leaders met a Republican and a Democrat."):
        adjectives = found(r"(.+) and (.+) leaders met an? (.+) and an? (.+)\.", quote.text)
        assert {(adjectives[2], adjectives[0]), (adjectives[3], adjectives[1])} <= {(a, c) for a, _, c in forms}


def test_articles_fit():
    """An article changes with the sound that follows it, and keeps its capital."""
    for quote in exchanged("An Iranian met a German, a GOP man and a Ukrainian."):
        articles = re.findall(r"\b([Aa]n?) (\w+)", quote.text)
        assert len(articles) == 4
        for article, word in articles:
            vowel = word[0] in "AEIO" or word.startswith("Uzb") or re.match(r"[FHLMNRSX][A-Z]", word)
            assert article.lower() == ("an" if vowel else "a"), quote.text
        assert quote.text.startswith("A")


def test_a_carrier_that_holds_the_quote_keeps_it():
    """The quote in its carrier becomes [Q], so that the two can't come apart."""
    for quote in exchanged("Trump must go", "“Trump must go,” said Merkel of Trump."):
        name = quote.text.removesuffix(" must go")
        assert quote.carrier is not None
        assert quote.carrier.startswith("“[Q],” said ")
        assert quote.carrier.endswith(f" of {name}.")


def test_quotes_at_the_limit_stay_valid():
    """Where longer names would make a quote too long it stays as it was."""
    quote = Quote("Xi " * (MAX_CHARACTERS // 3))
    for seed in range(10):
        assert len(Exchange(NAMES, random.Random(seed)).of(quote).text) <= MAX_CHARACTERS
    assert any(Exchange(NAMES, random.Random(seed)).of(quote) == quote for seed in range(10))


WORDS = st.sampled_from(
    sorted([*vocabulary_of(NAMES).words, "a", "an", "An", "Mr.", "The", "[Q]", "and", "U.S.", "J."])
)
TEXTS = st.one_of(st.text(), st.lists(WORDS, min_size=1).map(" ".join))


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.none() | TEXTS, st.integers(0, 9))
def test_any_quote_can_be_exchanged(text, carrier, seed):
    """No quote raises, whatever it holds; where nothing is found nothing but the slot in the carrier changes."""
    try:
        quote = Quote(text, None if carrier is None else f"{carrier} [Q]", "7")
    except QuoteError:
        return
    exchange = Exchange(NAMES, random.Random(seed))
    new = exchange.of(quote)
    assert new.id == "7"
    assert new == Exchange(NAMES, random.Random(seed)).of(quote)
    if not exchange.finds_in(quote):
        assert new == quote


def test_every_known_word_is_found():
    """Each word of the lists, further on in a sentence."""
    exchange = Exchange(NAMES, random.Random(0))
    for word, known in vocabulary_of(NAMES).words.items():
        # An abbreviation is known before a noun.
        text = f"It is {word} officials, again" if known.kind is Kind.COUNTRY else f"It is {word}, again"
        assert exchange.finds_in(Quote(text)), word


def test_no_word_stands_for_two_things():
    """A city that is a politician's surname too would be exchanged for the wrong kind of thing."""
    kinds = [{w for forms in things.values() for w in forms} for things in vocabulary_of(NAMES).forms.values()]
    assert sum(map(len, kinds)) == len(set[str]().union(*kinds))


def test_renaming_fills_slots_or_exchanges_names():
    """Slots are dealt as fill_all deals them, known names exchanged, anything else passes unchanged."""
    quotes = [
        LabelledQuote(Quote("{other} is late again."), "hostile", source="a"),
        LabelledQuote(Quote("Poland is late again."), "hostile", source="b"),
        LabelledQuote(Quote("They are late again."), "neutral", source="c"),
        LabelledQuote(Quote("{city} is lovely, Trump said."), "neutral", source="d"),
    ]
    renamed = list(renamed_all(quotes, random.Random(1)))
    assert [(quote.label, quote.source) for quote in renamed] == [(quote.label, quote.source) for quote in quotes]
    assert "{" not in renamed[0].quote.text + renamed[3].quote.text
    assert renamed[1].quote.text.endswith(" is late again.")
    assert "Poland" not in renamed[1].quote.text
    assert renamed[2] == quotes[2]
    assert renamed[3].quote.text.endswith(" is lovely, Trump said.")
    assert renamed == list(renamed_all(quotes, random.Random(1)))
    assert renamed != list(renamed_all(quotes, random.Random(2)))
    slotted = quotes[::3]
    assert list(renamed_all(slotted, random.Random(3))) == list(fill_all(slotted, random.Random(3)))
