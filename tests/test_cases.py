"""Cases: what a name does in its clause."""

import pytest

from model.articles.cases import Case
from model.articles.mentions import find_names
from model.articles.words import read_words


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("Voss left the hall.", Case.SUBJECT),
        ("They waited until Voss, the last guest, left.", Case.SUBJECT),
        ("Then Mayor Voss, smiling, left.", Case.SUBJECT),
        ("They spoke with Voss.", Case.OBJECT),
        ("They spoke with Marsh and Voss.", Case.OBJECT),
        ("They read Moss' plan.", Case.POSSESSIVE),
        ("They read Voss's plan.", Case.POSSESSIVE),
        ("They saw the Voss campaign.", Case.MODIFIER),
    ],
)
def test_case(text, case):
    """A name's neighbours tell what it does in its clause."""
    assert [name.case for name in find_names(text, read_words(text, []))][-1] is case
