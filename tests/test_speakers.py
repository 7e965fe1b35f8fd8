"""Speakers: from a quote's source mention to the person as the article knows them."""

import re

import pytest

from model.articles.spans import Span
from model.articles.speakers import Mentioned, Person, resolve


def read(marked):
    """Take [[sources]] out of a text: one to each “quote”, in order; [[]] is none."""
    text, sources, place = "", [], 0
    for match in re.finditer(r"\[\[(.*?)\]\]", marked):
        text += marked[place : match.start()]
        sources.append(Span(len(text), len(text) + len(match[1])) if match[1] else None)
        text, place = text + match[1], match.end()
    text += marked[place:]
    quotes = [Span(*match.span()) for match in re.finditer("“[^”]*(?:”|$)", text, re.MULTILINE)]
    return text, [Mentioned(quote, source) for quote, source in zip(quotes, sources, strict=True)]


def names(marked):
    return [[person.name for person in persons] for persons in resolve(*read(marked))]


def persons(marked):
    return [[(person.name, person.title) for person in persons] for persons in resolve(*read(marked))]


def test_last_name_means_the_full_one():
    """A last name, with or without a style, is the person whom the article names in full, with the title there."""
    marked = "Energy Minister Ilse Brandt arrived late. “No,” [[Brandt]] said. “Never,” [[Ms. Brandt]] added."
    assert persons(marked) == [[("Ilse Brandt", "Energy Minister")]] * 2


@pytest.mark.parametrize(
    ("mention", "title"),
    [
        ("Marta Oduya, who heads the port authority,", "heads the port authority"),
        ("Harbour ministry press secretary Marta Oduya", "Harbour ministry press secretary"),
        ("Marta Oduya, the union's leader,", "union's leader"),
        ("Marta Oduya (D-Ohio), 51, a nurse from Dayton,", "nurse from Dayton"),
        ("The union's lawyer, Marta Oduya,", "lawyer"),
        ("Sen. Marta Oduya", "Sen."),
        ("Marta Oduya", None),
    ],
)
def test_title_stands_beside_the_name(mention, title):
    """It is read before the name, between commas after it or before it, and given as it is written."""
    assert persons(f"“We will wait,” [[{mention}]] said.") == [[("Marta Oduya", title)]]


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("Pieter van den Berg", "van den Berg"),
        ("Omar al-Khatib", "al-Khatib"),
        ("Rosa O\u2019Dowd", "O\u2019Dowd"),
        ("Rosa Núñez", "Nunez"),
        ("Luis Ortega Ruiz", "Ortega Ruiz"),
        ("Luis Ortega Ruiz", "Ortega"),
        ("Rosa Marsh-Bell", "Marsh-Bell"),
        ("Harold T. Voss", "Harold Voss"),
        ("Harold Voss", "H. Voss"),
        ("Harold Voss", "HAROLD VOSS"),
        ("Michael Voss", "Mike Voss"),
        ("Harold Voss III", "Voss"),
        ("Queen Astrid", "Astrid"),
        ('Harold "Hal" Voss', "Voss"),
    ],
)
def test_forms_of_one_name(full, short):
    """Particles, hyphens, accents, initials, short first names, suffixes and capitals make no other person."""
    assert names(f"There came {full} of the club. “Well,” [[{short}]] said.") == [[full]]


def test_capitals_are_not_the_fullest_name():
    """A byline or headline in capitals does not decide how somebody is called."""
    assert names("ILSE BRANDT\n\nThen came Ilse Brandt, smiling. “Well,” [[Brandt]] said.") == [["Ilse Brandt"]]


def test_two_of_one_name_are_told_apart():
    """A style or title says who is meant; a bare last name is the one whom the article is about."""
    start = "Harold Voss opened the hall. He is proud. His wife, Ilse Voss, watched from above. "
    marked = start + "“A,” [[Voss]] said. “B,” [[Mrs. Voss]] said. “C,” [[Ilse Voss]] said. “D,” [[Mr. Voss]] said."
    assert names(marked) == [["Harold Voss"], ["Ilse Voss"], ["Ilse Voss"], ["Harold Voss"]]


def test_father_and_son_stay_two():
    """Jr. makes another person."""
    marked = (
        "There are Harold Voss and Harold Voss Jr. in town. “A,” [[Harold Voss Jr.]] said. “B,” [[Harold Voss]] said."
    )
    assert names(marked) == [["Harold Voss Jr."], ["Harold Voss"]]


def test_shared_name_that_nothing_tells_apart_is_nobody():
    """Of two with the same right to a last name neither is guessed, nor is another man "he" after it."""
    marked = "Karl Moser knew Harold Voss. Peter Voss came. “A,” [[Voss]] said. Voss sat down. “B,” [[he]] said."
    assert names(marked) == [[], []]


def test_pronoun_agrees_in_gender():
    """By first name, by style, by a title that tells it, or by a pronoun beside the name."""
    start = "Ilse Brandt met Harold Voss in Geneva. "
    assert names(start + "“A,” [[she]] said. “B,” [[he]] said.") == [["Ilse Brandt"], ["Harold Voss"]]
    start = "Mr. Quellan met Ms. Ardry in Geneva. "
    assert names(start + "“A,” [[she]] said. “B,” [[he]] said.") == [["Ardry"], ["Quellan"]]
    start = "Congresswoman Zuvi Quellan told Congressman Ori Ardry in Geneva. "
    assert names(start + "“A,” [[she]] said.") == [["Zuvi Quellan"]]
    start = "Zuvi Quellan said she was late. The mayor, Harold Voss, waited. "
    assert names(start + "“A,” [[she]] said.") == [["Zuvi Quellan"]]


def test_pronoun_prefers_the_subject_and_who_spoke_last():
    """Neither an object, nor somebody of whom something is, nor one named inside a quote takes it."""
    assert names("Harold Voss spoke with Peter Adler on Monday. “A,” [[he]] said.") == [["Harold Voss"]]
    assert names("Harold Voss praised Peter Adler's plan for the port. “A,” [[he]] said.") == [["Harold Voss"]]
    marked = "“Ask Peter Adler,” [[Harold Voss]] said.\n\n“Or do not ask him,” [[he]] added."
    assert names(marked) == [["Harold Voss"]] * 2


def test_pronoun_follows_the_narrative():
    """Pronouns between carry the subject on."""
    marked = (
        "Harold Voss left the hall at noon, before Peter Adler came.\n\nHe crossed the square and did not look back."
        "\n\n“It is over,” [[he]] said."
    )
    assert names(marked) == [["Harold Voss"]]


def test_pronoun_for_somebody_without_a_name_is_nobody():
    """A spokesman whom the article does not name is not taken for whom it names."""
    marked = "Harold Voss runs the port. On Monday, in the evening, a spokesman for the union came. “A,” [[he]] said."
    assert names(marked) == [[]]


def test_description_means_the_holder_of_the_title():
    """Articles and places aside, the noun and what qualifies it decide; without any holder it is nobody."""
    start = "Utah Sen. Ilse Brandt met Gov. Harold Voss. "
    assert names(start + "“A,” [[the senator]] said. “B,” [[The governor]] said.") == [["Ilse Brandt"], ["Harold Voss"]]
    start = "Utah Sen. Ilse Brandt and Ohio Sen. Rosa Marsh met in the hall. "
    assert names(start + "“A,” [[the Ohio senator]] said.") == [["Rosa Marsh"]]
    assert names(start + "“A,” [[the official]] said. “B,” [[a senator]] said.") == [[], []]


def test_description_of_another_party_is_nobody():
    """The Republican nominee is not the Democratic one."""
    start = "Democratic nominee Ilse Brandt arrived first. "
    assert names(start + "“A,” [[the Republican nominee]] said. “B,” [[the nominee]] said.") == [[], ["Ilse Brandt"]]


def test_several_speakers():
    """Names that "and" joins speak together; so does a pair named together before, and who "they" are."""
    both = ["Ilse Brandt", "Harold Voss"]
    start = "Ilse Brandt and Harold Voss met on Monday. "
    assert names(start + "“A,” [[Brandt and Voss]] wrote.") == [both]
    assert names(start + "“A,” [[the two]] wrote. “B,” [[they]] added. “C,” [[Both men]] said.") == [both] * 3
    marked = "A visit by Ilse Brandt ended over Harold Voss's wall. [[The pair]] spoke by phone and called it “useful.”"
    assert names(marked) == [both]
    marked = "“A,” [[Sen. Ilse Brandt of Utah, Harold Voss (D-Ohio) and Rosa Marsh]] said."
    assert names(marked) == [[*both, "Rosa Marsh"]]


def test_they_who_are_not_two_named_people_are_nobody():
    """Groups have no name here."""
    assert names("Farmers blocked the road. “A,” [[they]] said. “B,” [[Critics]] said.") == [[], []]
    assert names("John and Ilse Brandt came. “A,” [[John and Ilse Brandt]] said.") == [[]]


def test_who_continues_the_name_before_it():
    """Beside the name, or over what stands between commas."""
    assert names("That is for Harold Voss, [[who]] called it “odd.”") == [["Harold Voss"]]
    assert names("It was said by Harold Voss, a lawyer from Ohio [[who]] called it “odd.”") == [["Harold Voss"]]
    assert names("There was a man [[who]] called it “odd.”") == [[]]


def test_organisations_are_themselves():
    """By their fullest name; a campaign is no person, nor is an aide."""
    start = "The Harbour Safety Board met. Ilse Brandt came. "
    marked = start + "“A,” [[the Safety Board]] wrote. “B,” [[the Brandt campaign]] said. “C,” [[a Brandt aide]] said."
    assert names(marked) == [["Harbour Safety Board"], ["Brandt campaign"], []]
    assert names(start + "“A,” [[the HSB]] wrote.") == [["Harbour Safety Board"]]
    assert names("The Harbour Board said so on Monday. “A,” [[it]] added.") == [["Harbour Board"]]


def test_mention_may_be_cut_anywhere():
    """A span that holds only a piece of a name stands for the whole one."""
    text = "“A,” Energy Minister Ilse Brandt said."
    for start in range(5, 27):
        [found] = resolve(text, [Mentioned(Span(0, 4), Span(start, 31))])
        assert [person.name for person in found] == ["Ilse Brandt"], text[start:31]


def test_quote_without_a_source_goes_on():
    """It has the speaker of the quote before it where it plainly goes on with it, with less confidence."""
    marked = "“A,” [[Ilse Brandt]] said. “But B.” [[]]It rained. Then “C” was heard[[]]."
    first, second, third = resolve(*read(marked))
    assert [person.name for person in second] == ["Ilse Brandt"]
    assert second[0].confidence < first[0].confidence
    assert third == ()


def test_confidence_follows_the_evidence():
    """A full name is surer than a pronoun, and a near pronoun surer than one among rivals."""
    [[full]] = resolve(*read("“A,” [[Ilse Brandt]] said."))
    [[near]] = resolve(*read("Harold Voss spoke on Monday. “A,” [[he]] said."))
    marked = "Harold Voss spoke on Monday and Peter Adler spoke on Tuesday. Karl Moser listened. “A,” [[he]] said."
    among = resolve(*read(marked))[0]
    assert isinstance(full, Person)
    assert full.confidence > near.confidence > max((person.confidence for person in among), default=0)


def test_nothing_to_resolve():
    """No quotes, no text, no source: no speaker."""
    assert resolve("Ilse Brandt left.", []) == []
    assert resolve("", [Mentioned(Span(0, 0), Span(0, 5))]) == [()]
    assert resolve("“A.”", [Mentioned(Span(0, 4), None)]) == [()]
