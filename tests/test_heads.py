"""Heads: what a source mention turns on."""

import pytest

from model.articles.heads import Kind, read_head
from model.articles.mentions import find_names
from model.articles.spans import Span
from model.articles.words import read_words


def head_of(mention):
    """Read a mention in its sentence; give its kind and the names or the word that it turns on."""
    text = f"“A,” {mention} said."
    words = read_words(text, [Span(0, 4)])
    names = find_names(text, words)
    head = read_head(words, names, Span(5, 5 + len(mention)))
    return head.kind, [text[names[i].start : names[i].end] for i in head.names] or words[head.place].text


@pytest.mark.parametrize(
    ("mention", "names"),
    [
        ("Ilse Brandt", ["Ilse Brandt"]),
        ("the union's Ilse Brandt", ["Ilse Brandt"]),
        ("Geneva Times columnist Ilse Brandt", ["Ilse Brandt"]),
        ("Harbour Board lawyer Ilse Brandt of Geneva", ["Ilse Brandt"]),
        ("Ilse Brandt, a friend of Harold Voss,", ["Ilse Brandt"]),
        ("Ilse Brandt, who met Harold Voss and Rosa Marsh,", ["Ilse Brandt"]),
        ("Voss aide Ilse Brandt", ["Ilse Brandt"]),
        ("A top strategist, Ilse Brandt,", ["Ilse Brandt"]),
        ("His friend at school, Ilse Brandt,", ["Ilse Brandt"]),
        ("Ilse Brandt, a nurse and Voss supporter,", ["Ilse Brandt"]),
        ("Ilse Brandt of Geneva and Harold Voss (D-Ohio)", ["Ilse Brandt", "Harold Voss"]),
        ("Brandt, Voss and Marsh", ["Brandt", "Voss", "Marsh"]),
        ("Mayor Ilse Brandt and former union leader Harold Voss", ["Ilse Brandt", "Harold Voss"]),
        ("Ilse Brandt's", ["Ilse Brandt"]),
    ],
)
def test_names(mention, names):
    """The first name that nothing subordinates, and those that "and" joins to it."""
    assert head_of(mention) == (Kind.NAME, names)


@pytest.mark.parametrize(
    ("mention", "kind", "word"),
    [
        ("he", Kind.PERSON, "he"),
        ("She, too,", Kind.PERSON, "She"),
        ("he himself", Kind.PERSON, "he"),
        ("they", Kind.PEOPLE, "they"),
        ("it", Kind.THING, "it"),
        ("who", Kind.RELATIVE, "who"),
        ("I", Kind.SELF, "I"),
        ("the pair", Kind.PAIR, "pair"),
        ("both women", Kind.PAIR, "women"),
        ("the two leaders", Kind.PAIR, "leaders"),
        ("the Brandt campaign", Kind.CAMPAIGN, "campaign"),
        ("the senator from Ohio", Kind.NOUN, "senator"),
        ("an aide to Harold Voss", Kind.NOUN, "aide"),
        ("Voss supporters", Kind.NOUN, "supporters"),
        ("Brandt's lawyers", Kind.NOUN, "lawyers"),
        ("a woman in Springfield, Ohio,", Kind.NOUN, "woman"),
        ("his statement", Kind.NOUN, "statement"),
    ],
)
def test_other_heads(mention, kind, word):
    """Pronouns alone, pairs, bodies that have their name from somebody, and nouns: not the names inside them."""
    assert head_of(mention) == (kind, word)


def test_only_the_is_definite():
    """What somebody owns, or one of many, points at nobody known."""
    for mention, definite in (("the mayor", True), ("her lawyer", False), ("a mayor", False), ("one mayor", False)):
        text = f"“A,” {mention} said."
        words = read_words(text, [Span(0, 4)])
        assert read_head(words, [], Span(5, 5 + len(mention))).definite is definite


@pytest.mark.parametrize("span", [Span(0, 0), Span(99, 120), Span(-5, -1), Span(9, 3)])
def test_no_words(span):
    """A span that holds no word turns on nothing."""
    words = read_words("“A,” he said.", [Span(0, 4)])
    assert read_head(words, [], span).kind is Kind.OTHER
