"""Tells by the look of a string, and of the words beside it, what it would be if it were no quote."""

import re
from enum import Enum

from model.articles.marks import Marked
from model.articles.words import listed


class Look(Enum):
    """What a string looks like where it stands."""

    PLAIN = "plain"
    MODIFIER = "modifier"  # the "easy" way
    TITLE = "title"  # a capital at every word
    WORK = "work"  # a host of "Some Show": words that begin with a capital where works are named
    NICKNAME = "nickname"  # Jane "Jay" Roe


class Length(Enum):
    """How many words a string has; the value is the most of them."""

    ONE = 1
    FEW = 3
    SOME = 7
    MANY = None


_SMALL = listed("a an the of and or in on for to with at by from is are be")
_WORKS = listed(
    "album anchor author ballad book called co-host column comedy documentary drama entitled episode film game "
    "headline headlined host magazine memoir movie musical named novel play podcast program series show single sitcom "
    "song star titled tv"
)
_BEHIND_WORKS = listed("anchor co-host creator host hosts movie pageant podcast show star starring tv")
_BEFORE_MODIFIER = listed("the a an this his her its their")
_NOT_MODIFIED = listed(
    "about after against and are as at because but by during for from had has if in is of on or since so than that "
    "the to until was were when where which while who will with would"
)
_SINGLE = frozenset(["'", "\u2018", "\u2019", "\u201a", "\u201b", "`"])
_WORD = re.compile(r"[^\W_][\w'\u2019.-]*")
_NEXT = re.compile(r"\s?([^\W_][\w'\u2019-]*)")
_WINDOW = 60  # characters
_LONGEST_NAME = 2  # words


def is_single(text: str, string: Marked) -> bool:
    """Whether a string stands in single marks; two of them are a double one."""
    start = string.outer.start
    return text[start : start + 1] in _SINGLE and text[start : start + 2] not in {"''", "``"}


def look_of(text: str, string: Marked) -> tuple[Look, Length]:
    """Give how an outermost string looks and how long it is; long ones are always plain."""
    inside = string.span.of(text)
    words = _WORD.findall(inside)
    length = next(length for length in Length if length.value is None or len(words) <= length.value)
    if length is Length.MANY:
        return Look.PLAIN, length
    start, end = string.outer.start, string.outer.end
    before = text[max(0, start - _WINDOW) : start].rsplit("\n", 1)[-1].split()
    following = _NEXT.match(text, end, end + _WINDOW)
    return _look(inside, words, before[-2:], following[1] if following else ""), length


def _look(inside: str, words: list[str], before: list[str], after: str) -> Look:
    last = before[-1] if before else ""
    titled = _is_titled(words)
    open_end = inside.rstrip()[-1:] not in {",", ".", "!", "?"}
    if titled and open_end and len(words) <= _LONGEST_NAME and _is_name(last) and after[:1].isupper():
        return Look.NICKNAME
    if (inside[:1].isupper() or inside[:1].isdigit()) and _names_work(before, after, titled=titled):
        return Look.WORK
    if titled and len(words) > 1:
        return Look.TITLE
    modified = after[:1].islower() and after.lower() not in _NOT_MODIFIED
    if open_end and modified and last.lower() in _BEFORE_MODIFIER and len(words) <= Length.FEW.value:
        return Look.MODIFIER
    return Look.PLAIN


def _is_titled(words: list[str]) -> bool:
    large = [word for word in words if word.lower() not in _SMALL]
    return bool(large) and all(word[0].isupper() or word[0].isdigit() for word in large)


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word[-1:].isalpha()


def _names_work(before: list[str], after: str, *, titled: bool) -> bool:
    """Whether the words at the sides name a work: the novel "…", host of "…", CNN's "…", "…" star Jane Roe."""
    lows = ["", "", *(word.lower().replace("\u2019", "'") for word in before)]
    if lows[-1] in _WORKS or after.lower() in _BEHIND_WORKS:
        return True
    if lows[-1] in {"of", "on", "in"} and lows[-2] in _WORKS:
        return True
    return titled and (lows[-1] == "on" or (lows[-1].endswith("'s") and before[-1][0].isupper()))
