"""Reads which names "and" joins: Jane Roe and John Doe; Roe, Doe and Smith."""

from collections.abc import Sequence

from model.articles.cases import Case
from model.articles.mentions import Name
from model.articles.roles import is_human, is_modifier, is_role
from model.articles.words import Word


def coordinated(
    words: Sequence[Word], names: Sequence[Name], following: Sequence[int], name: Name, end: int
) -> tuple[int, ...]:
    """Names that a comma or "and" joins to the first; a lone comma joins only what "and" joins in the end."""
    chain: list[int] = []
    closed = 0
    last = name.last
    for place in following:
        other = names[place]
        joined = joins(words, last, other.first)
        if joined is None:
            if _in_between(words, last, other, end):
                continue
            break
        if other.case is Case.MODIFIER or other.group:
            break
        chain.append(place)
        last = other.last
        if joined:
            closed = len(chain)
    return tuple(chain[:closed])


def _in_between(words: Sequence[Word], last: int, other: Name, end: int) -> bool:
    """Whether a name only says where the one before is from: of Texas, (R-Ohio), or whose title the next one has."""
    before = words[other.first - 1].text
    after = words[other.last + 1].text if other.last + 1 < end else ""
    return (before in {"of", "("} and other.first - last <= 3) or is_role(after)  # noqa: PLR2004


def joins(words: Sequence[Word], last: int, first: int) -> bool | None:
    """Tell how two names are joined: True if "and" joins two names, False if a comma does, None if neither."""
    between = [word.text for word in words[last + 1 : first]]
    for opening, closing in (("(", ")"), ("of", None)):
        if between[:1] == [opening]:
            stop = between.index(closing) + 1 if closing in between else 2
            between = between[stop:]
    if between[:1] == [","]:
        between = between[1:]
        if not between:
            return False
    if not between or between[0] not in {"and", "&"}:
        return None
    fits = all(word[0].isupper() or is_role(word) or is_modifier(word) or is_human(word) for word in between[1:])
    return True if fits else None
