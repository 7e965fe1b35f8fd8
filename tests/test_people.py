"""People: which names of an article are one person's."""

from model.articles.mentions import find_names
from model.articles.people import find_people
from model.articles.words import read_words


def read(text):
    words = read_words(text, [])
    return find_people(words, find_names(text, words))


def people(text):
    """Give for each name the full folded one of its person, or None."""
    found = read(text)
    return [None if entity is None else " ".join(entity.parts) for entity in found.of]


def test_short_names_find_the_full_one_wherever_it_stands():
    """Also before it, and by the first name where nobody has it as the last one."""
    text = "Then Brandt came, and so did Ilse. Ilse Brandt was late."
    assert people(text) == ["ilse brandt"] * 3


def test_last_name_goes_before_first_name():
    """Harold is whoever is called so last."""
    assert people("Ilse Harold met Harold Voss, and Harold left.") == ["ilse harold", "harold voss", "ilse harold"]


def test_word_before_a_known_surname_is_no_first_name():
    """At the start of a sentence, or from a place."""
    text = "We met Ilse Brandt. Understated Brandt smiled. They saw Utah Brandt supporters."
    assert people(text)[:2] == ["ilse brandt", "ilse brandt"]
    found = read(text)
    assert found.names[1].parts == ("brandt",)


def test_groups_and_people_do_not_mix():
    """A board named after somebody is not that person; its last words and its initials mean the board."""
    text = "We saw the Brandt Safety Board and Ilse Brandt. The Safety Board waited. So did the BSB and Brandt."
    assert people(text) == [
        "brandt safety board",
        "ilse brandt",
        "brandt safety board",
        "brandt safety board",
        "ilse brandt",
    ]


def test_place_that_is_a_known_surname_is_the_person():
    """But only as what acts."""
    text = "We met Cornelia West in town. West smiled. They went to the West."
    assert people(text)[:2] == ["cornelia west"] * 2
    assert people(text)[2] != "cornelia west"


def test_kin_are_not_the_main_person():
    """Who is introduced as somebody's wife does not take over the last name; nor does who goes by the first one."""
    text = "We met Harold Voss. His wife, Ilse Voss, waved. Then Voss waved too."
    assert people(text)[-1] == "harold voss"
    text = "We met Harold Voss. Peter Voss came. Peter waved. Peter sat. Then Voss waved too."
    assert people(text)[-1] == "harold voss"


def test_shared_names_are_less_sure():
    """Where several could be meant the answer says so."""
    found = read("We met Harold Voss. His wife, Ilse Voss, waved. Then Voss waved too.")
    assert found.sure[0] == 1
    assert 0 < found.sure[-1] < 1


def test_the_article_turns_to_another():
    """A last name right after somebody was named in full as the subject, by the same title, means that one."""
    text = "We met Mayor Harold Voss and Senator Peter Voss. Then Senator Voss waved."
    assert people(text)[-1] == "peter voss"
