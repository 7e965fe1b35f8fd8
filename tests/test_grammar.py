"""Tests of what the words of a sentence are taken for."""

import pytest

from model.articles.clauses import read_paragraphs
from model.articles.cues import Form, Kind, Verb
from model.articles.grammar import is_adverb, is_boundary, is_finite, is_helper, is_tag, verb_at
from model.articles.marks import marked_strings


def tokens_of(text):
    """Give the tokens of a text of one sentence."""
    ((sentence,),) = read_paragraphs(text, marked_strings(text))
    return sentence


def at(tokens, word):
    """Give the place of a word."""
    return [token.text for token in tokens].index(word)


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ('He claims "x".', "claims", Kind.SAY),
        ('The claims "x" were made.', "claims", None),
        ('Her own reports say "x".', "reports", None),
        ('They went on, "x".', "went", Kind.SAY),
        ('They went to "x".', "went", None),
        ('They went on to say "x".', "went", None),
        ('They went on to say "x".', "say", Kind.SAY),
        ('The say of "x" is small.', "say", None),
        ('As she puts it, "x".', "puts", Kind.SAY),
        ('She puts the "x" away.', "puts", None),
        ('Critics say "x".', "say", Kind.SAY),
        ('Ada Called me "x".', "Called", None),
        ('The called "x" came.', "called", None),
    ],
)
def test_verbs_are_told_from_nouns(text, word, found):
    """A word is a verb only where its neighbours allow that."""
    tokens = tokens_of(text)
    verb = verb_at(tokens, at(tokens, word))
    assert (verb.kind if verb else None) is found


def test_a_form_is_told():
    """The form of a verb comes with it."""
    tokens = tokens_of('She left, saying "x".')
    assert verb_at(tokens, at(tokens, "saying")) == Verb(Kind.SAY, Form.GERUND)


@pytest.mark.parametrize(
    ("text", "word", "finite"),
    [
        ('She took "x".', "took", True),
        ('The embattled "x" fell.', "embattled", False),
        ('They walked "x".', "walked", True),
        ('She is taking "x".', "taking", False),
        ('Will Quill is "x".', "Will", False),
        ('It will be "x".', "will", True),
    ],
)
def test_finite_verbs(text, word, finite):
    """A verb that has a subject is told by its look."""
    tokens = tokens_of(text)
    assert is_finite(tokens, at(tokens, word)) is finite


def test_names_are_no_helpers_or_adverbs():
    """A name that looks like a helper or an adverb is a name."""
    tokens = tokens_of('Will and Kelly also will quickly say "x".')
    assert [token.text for token in tokens if is_helper(token)] == ["will"]
    assert [token.text for token in tokens if is_adverb(token)] == ["also", "quickly"]


def test_clauses_begin_behind_conjunctions():
    """A conjunction begins a clause where a subject follows it."""
    tokens = tokens_of('She rose, and he sat, and left; it was "x".')
    assert [place for place in range(len(tokens)) if is_boundary(tokens, place)] == [3, 9]


def test_tags_follow_strings():
    """Words that say who asked belong to the question before them, and a new sentence does not."""
    tokens = tokens_of('"Who?" Ada Quill asked.')
    assert is_tag(tokens, 1)
    assert not is_tag(tokens_of('"x": The sea is high.'), 2)
