"""Tests of the words of saying."""

import pytest

from model.articles.cues import ALSO_NOUNS, PARTICLES, VERBS, Form, Kind, Verb


@pytest.mark.parametrize(
    ("word", "verb"),
    [
        ("said", Verb(Kind.SAY, Form.PAST)),
        ("writes", Verb(Kind.SAY, Form.PRESENT)),
        ("replying", Verb(Kind.SAY, Form.GERUND)),
        ("tell", Verb(Kind.SAY, Form.BASE)),
        ("admitted", Verb(Kind.SAY, Form.PAST)),
        ("denies", Verb(Kind.SAY, Form.PRESENT)),
        ("preaching", None),
        ("called", Verb(Kind.CALL, Form.PAST)),
        ("dismisses", Verb(Kind.CALL, Form.PRESENT)),
        ("thought", Verb(Kind.DEEM, Form.PAST)),
        ("put", Verb(Kind.SAY, Form.PAST)),
    ],
)
def test_verbs_are_known_in_all_forms(word, verb):
    """Each form of a verb is known with its kind; other words are none."""
    assert VERBS.get(word) == verb


def test_lists_speak_of_known_verbs():
    """What is said of a verb is said of one in the list."""
    assert set(PARTICLES) <= set(VERBS)
    assert set(VERBS) >= ALSO_NOUNS
