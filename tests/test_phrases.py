"""Tests of where mentions begin and end."""

import pytest

from model.articles.clauses import read_paragraphs
from model.articles.marks import marked_strings
from model.articles.phrases import phrase_after, phrase_before


def tokens_of(text):
    """Give the tokens of a text of one sentence."""
    ((sentence,),) = read_paragraphs(text, marked_strings(text))
    return sentence


def words(tokens, phrase):
    """Give the words of a phrase."""
    return None if phrase is None else " ".join(token.text for token in tokens[phrase.start : phrase.end])


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ('Ada Quill said "x"', "Ada Quill"),
        ('But Mr. Quill said "x"', "Mr. Quill"),
        ('The mayor of Port Ash said "x"', "The mayor of Port Ash"),
        ('On Monday Quill said "x"', "Quill"),
        ('When they met the mayor said "x"', "the mayor"),
        ('Quill \'s campaign said "x"', "Quill 's campaign"),
        ('Quill (of Ash) said "x"', "Quill ( of Ash )"),
        ('The CBS This Week host said "x"', "The CBS This Week host"),
        ('Critics and friends said "x"', "Critics and friends"),
        ('He won and she said "x"', "she"),
        ('All of the voters said "x"', "All of the voters"),
    ],
)
def test_mentions_before_a_verb(text, mention):
    """A mention reaches back over what belongs to it, and no further."""
    tokens = tokens_of(text)
    place = [token.text for token in tokens].index("said")
    assert words(tokens, phrase_before(tokens, 0, place)) == mention


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ('said Ada Quill "x"', "Ada Quill"),
        ('said Ada Quill on Monday "x"', "Ada Quill"),
        ('said a spokesman for the port in a statement "x"', "a spokesman for the port"),
        ('said Ada Quill, 40, a nurse from Ash; "x"', "Ada Quill , 40 , a nurse from Ash"),
        ('said Ada Quill, who left, "x"', "Ada Quill , who left"),
        ('said Ada Quill, adding that "x"', "Ada Quill"),
        ('said a nurse who left early, "x"', "a nurse who left early"),
        ('said she in Ash "x"', "she"),
        ('said the mayor, the port was lost "x"', "the mayor"),
        ('said Ada Quill, author of "x"', "Ada Quill"),
        ('said , "x"', None),
    ],
)
def test_mentions_after_a_verb(text, mention):
    """A mention takes along what says who somebody is, and not how or when."""
    tokens = tokens_of(text)
    assert words(tokens, phrase_after(tokens, 1, len(tokens))) == mention
