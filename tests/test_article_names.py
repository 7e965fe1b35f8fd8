"""Names in articles: whose they are, and other names in their places."""

import random

from model.articles.genders import Gender
from training.article_names import Pool, name_words
from training.edits import Edited

ONE = (
    "Minister Clara Voss opened the session. Voss said that she was tired.\n"
    "“We are late,” Voss told David Okoro. Okoro nodded.\n"
)
OTHER = "President Frank Tessier and Greta Halloran spoke. Tessier said little, Halloran said a lot.\n"


def test_names_are_found_with_the_gender_they_tell():
    """First names and last names are told apart."""
    words = name_words(ONE)
    assert words.given == {"Clara": Gender.WOMAN, "David": Gender.MAN}
    assert words.last == words.sure == {"Voss", "Okoro"}


def test_one_name_stands_for_one_name_throughout():
    """A person keeps one new name in the whole article, and nobody keeps the old one."""
    pool = Pool([name_words(OTHER)])
    text = Edited(ONE, list(pool.edits(ONE, name_words(ONE), random.Random(3)))).text
    assert "Voss" not in text
    assert "Clara" not in text
    assert "Greta" in text
    assert "Frank" in text
    last = text.split()[2]
    assert text.count(last) >= ONE.count("Voss")


def test_an_article_without_people_stays():
    """There is nothing to exchange in a text without names."""
    text = "it rained all day, and nobody came.\n"
    assert list(Pool([name_words(OTHER)]).edits(text, name_words(text), random.Random(0))) == []
