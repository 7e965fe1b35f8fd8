"""Roles: what people are called beside their names."""

from model.articles.roles import bare, is_group, is_human, is_plural, is_role, is_surname


def test_roles_and_their_forms():
    """Abbreviations, plurals and compounds are roles, and forms of one compare equal."""
    assert all(map(is_role, ("senator", "Sens.", "allies", "vice-chair", "Spokeswoman")))
    assert not any(map(is_role, ("table", "campaign", "harbour")))
    assert bare("Sens.") == bare("Senators") == "senator"
    assert bare("Congresswoman") == bare("Rep.")


def test_people_without_a_role():
    """A man and a 46-year-old are human; a board is a group."""
    assert is_human("woman")
    assert is_human("46-year-old")
    assert not is_human("statement")
    assert is_group("Committee")


def test_plurals_and_surnames():
    """Several senators are no title of one, and a King may be called so."""
    assert is_plural("experts")
    assert not is_plural("boss")
    assert is_surname("King")
