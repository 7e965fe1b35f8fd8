"""Whether somebody is a woman or a man, as far as pronouns and titles tell."""

from collections.abc import Mapping
from enum import Enum

from model.articles.words import folded, listed


class Gender(Enum):
    """What a pronoun must agree with."""

    WOMAN = "she"
    MAN = "he"


FORMS: Mapping[str, Gender] = {
    **dict.fromkeys(("he", "him", "his", "himself"), Gender.MAN),
    **dict.fromkeys(("she", "her", "hers", "herself"), Gender.WOMAN),
}
"""The pronouns that tell a gender."""

_OF_WOMEN = listed(
    """
mrs ms miss mme madame lady dame queen princess duchess baroness sister mother wife daughter grandmother aunt niece
widow actress hostess heiress waitress chairwoman congresswoman spokeswoman businesswoman councilwoman assemblywoman
policewoman saleswoman woman girl
"""
)
_OF_MEN = listed(
    """
mr sir lord king prince duke baron emperor pope rabbi imam brother father husband son grandfather uncle nephew
widower chairman congressman spokesman businessman councilman assemblyman policeman salesman man boy
"""
)
_WORDS: dict[str, Gender] = {**dict.fromkeys(_OF_WOMEN, Gender.WOMAN), **dict.fromkeys(_OF_MEN, Gender.MAN)}

_STYLES = listed("mrs ms miss mme madame lady dame queen princess sister mr sir lord king prince pope father brother")


def of_style(title: str) -> Gender | None:
    """Tell the gender of a title that is only worn by one: Mrs., Sir, Queen; a spokesman may be a woman."""
    last = folded(title.rsplit(None, 1)[-1])
    return _WORDS[last] if last in _STYLES else None


def of_title(title: str) -> Gender | None:
    """Tell the gender of a title or description by its first telling word: "Mrs.", "a spokesman for the union"."""
    for word in title.casefold().replace("-", " ").split():
        found = _WORDS.get(word.strip(".,"))
        if found is not None:
            return found
    return None
