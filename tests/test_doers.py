"""Tests of who does what a verb says."""

import pytest

from model.articles.clauses import read_paragraphs
from model.articles.doers import Subjects
from model.articles.marks import marked_strings


def parts(text, word):
    """Give the subjects of a text of one sentence, the place of a word in it, and a way to read what they give."""
    ((tokens,),) = read_paragraphs(text, marked_strings(text))

    def read(phrase):
        return None if phrase is None else " ".join(token.text for token in tokens[phrase.start : phrase.end])

    return Subjects(tokens), [token.text for token in tokens].index(word), read


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ('Ada Quill said "x"', "Ada Quill"),
        ('Ada Quill has also often said "x"', "Ada Quill"),
        ('Ada Quill, a nurse from Reno, Nev., said "x"', "Ada Quill , a nurse from Reno , Nev. ,"),
        ('Ada Quill, during a visit to Ash, said "x"', "Ada Quill"),
        ('In Ash, the mayor, a nurse, said "x"', "the mayor , a nurse ,"),
        ('Ada Quill (of Ash) said "x"', "Ada Quill ( of Ash )"),
        ('Ada Quill went to Ash and said "x"', "Ada Quill"),
        ('After the vote, Ada Quill rose and said "x"', "Ada Quill"),
        ('Ada Quill, author of "Low Tide," said "x"', 'Ada Quill , author of "Low Tide,"'),
        ('said "x"', None),
    ],
)
def test_subjects_before_a_verb(text, subject):
    """The subject is found over helpers, appositions and the verbs that share it."""
    subjects, place, read = parts(text, "said")
    assert read(subjects.before(0, place)) == subject


def test_the_main_clause():
    """A clause with a subject of its own does not lend it to the one before."""
    subjects, place, read = parts('When they met, Ada Quill rose, but he stayed and left "x"', "left")
    assert read(subjects.main(0, place)) == "he"
    subjects, place, read = parts('When they met, Ada Quill rose, but he stayed and left "x"', "rose")
    assert read(subjects.main(0, place + 1)) == "Ada Quill"


def test_answers_are_kept():
    """The same question gets the same answer, and is worked out once."""
    subjects, place, _ = parts('Ada Quill went to Ash and said "x"', "said")
    assert subjects.before(0, place) is subjects.before(0, place)
