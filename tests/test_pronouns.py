"""Antecedents of pronouns."""

from dataclasses import replace

from model.articles.cases import Case
from model.articles.genders import Gender
from model.articles.people import Entity
from model.articles.pronouns import Mention, antecedent

PLAIN = Mention(0, 0, 0, None, Gender.MAN, Case.OBJECT, named=True, spoke=False, opens=False)


def chosen(*changes, gender=Gender.MAN, sentence=1, paragraph=0):
    """Ask for the antecedent among mentions of different people; give its number and how sure it is."""
    mentions = [
        replace(PLAIN, **{"place": number, "entity": Entity((f"n{number}",), "", group=False), **change})
        for number, change in enumerate(changes)
    ]
    found, sure = antecedent(mentions, gender, sentence, paragraph)
    return None if found is None else found.place, sure


def test_what_speaks_for_somebody():
    """The subject, who opened the sentence, who spoke, who is near, who is surely a man: each against a plain other."""
    for change in ({"case": Case.SUBJECT}, {"opens": True}, {"spoke": True}, {"sentence": 1}):
        assert chosen(change, {})[0] == 0, change
    assert chosen({}, {"gender": None})[0] == 0
    assert chosen({}, {"case": Case.POSSESSIVE})[0] == 0
    assert chosen({}, {"named": False})[0] == 0
    assert chosen({}, {"entity": None})[0] == 0
    assert chosen({}, {"paragraph": -1})[0] == 0


def test_gender_decides():
    """A woman is never he; where nobody fits there is no answer; a description may mean either."""
    assert chosen({"gender": Gender.WOMAN, "case": Case.SUBJECT}, {})[0] == 1
    assert chosen({"gender": Gender.WOMAN}) == (None, 0.0)
    assert chosen({"gender": Gender.WOMAN}, gender=None)[0] == 0
    assert chosen() == (None, 0.0)


def test_sureness_is_shared():
    """Alone somebody is certain, with a twin half as much, and the later twin is taken."""
    assert chosen({}) == (0, 1.0)
    place, sure = chosen({}, {})
    assert place == 1
    assert sure == 0.5


def test_perhaps_no_person_is_less_likely():
    """What only acts like one stands back."""
    doubtful = Entity(("springfield",), "", group=False, doubtful=True)
    assert chosen({}, {"entity": doubtful})[0] == 0
