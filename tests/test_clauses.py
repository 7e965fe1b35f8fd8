"""Tests of how an article is read for the rules."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from model.articles.clauses import read_paragraphs
from model.articles.marks import marked_strings


def sentences(text):
    """Give the sentences of each paragraph, a string as its place."""
    return [
        [
            " ".join(str(token.string) if token.string >= 0 else token.text for token in sentence)
            for sentence in paragraph
        ]
        for paragraph in read_paragraphs(text, marked_strings(text))
    ]


def test_a_string_is_one_token():
    """Whatever stands in marks is one token, and its full stop ends the sentence around it."""
    assert sentences('"We stay. We fight." He left.') == [["0", "He left ."]]


def test_a_question_goes_on_with_its_tag():
    """A question mark ends a sentence, unless the words behind it say who asked."""
    assert sentences('"Why?" Ada Quill asked.') == [["0 Ada Quill asked ."]]
    assert sentences('"Why?" The sea rose.') == [["0", "The sea rose ."]]


def test_brackets_hold_a_sentence_together():
    """A full stop within a short bracket ends nothing."""
    assert sentences('Quill (R-N. Ash) said "x".') == [["Quill ( R-N . Ash ) said 0 ."]]


def test_paragraphs_without_strings_are_left_out():
    """Only what stands beside a string is read."""
    assert sentences('One.\n\nTwo.\n\n"x"\n\nThree.\n\nFour.') == [[], ["Two ."], ["0"], ["Three ."], []]


def test_endless_sentences_are_cut():
    """No sentence is longer than the rules can bear."""
    ((*found,),) = read_paragraphs('"x" ' + "and " * 1000, marked_strings('"x" ' + "and " * 1000))
    assert max(map(len, found)) < 200
    assert sum(map(len, found)) == 1001


@given(st.text(st.sampled_from("ab .?!,:\n\"'“”()A1")))
def test_nothing_is_lost(text):
    """Every outermost string is one token, in order, and tokens never overlap."""
    strings = marked_strings(text)
    tokens = [token for paragraph in read_paragraphs(text, strings) for sentence in paragraph for token in sentence]
    assert [token.string for token in tokens if token.string >= 0] == [
        number for number, string in enumerate(strings) if string.depth == 0
    ]
    assert all(first.end <= second.start for first, second in pairwise(tokens))
