"""First names."""

from model.articles.firstnames import is_first_name, of_first_name, same_first_name
from model.articles.genders import Gender


def test_common_names_tell_a_gender():
    """Women's and men's do, names of both and unknown ones do not; accents and capitals do not matter."""
    assert of_first_name("Ingrid") is of_first_name("ANA") is of_first_name("Anna-Maria") is Gender.WOMAN
    assert of_first_name("José") is of_first_name("Jean-Claude") is of_first_name("Karl-Heinz") is Gender.MAN
    assert of_first_name("Robin") is of_first_name("Xyzzy") is None
    assert is_first_name("Robin")
    assert not is_first_name("Xyzzy")


def test_short_names():
    """Initials, usual short forms and beginnings can be one person's name, unless the genders differ."""
    assert all(
        same_first_name(*pair) for pair in (("michael", "mike"), ("bill", "will"), ("jane", "j"), ("tim", "timothy"))
    )
    assert not any(
        same_first_name(*pair) for pair in (("don", "donna"), ("anna", "karl"), ("jo", "john"), ("k", "jane"))
    )
