"""Finds the mention of a person or thing that ends before a word of a sentence or begins at one, without a parser."""

from typing import NamedTuple

from model.articles.appositions import part_end, with_appositions
from model.articles.cues import CARRIERS, VERBS, Form
from model.articles.grammar import (
    DETERMINERS,
    JOINERS,
    OPENERS,
    PERSONS,
    POSSESSIVE,
    PRONOUNS,
    Tokens,
    is_adverb,
    is_finite,
    is_helper,
)
from model.articles.words import listed


class Phrase(NamedTuple):
    """A mention: tokens[start:end] of a sentence."""

    start: int
    end: int


_CLAUSE_BEGINS = listed("but and or so yet still now then later in on at for when as after however meanwhile")
_DASHES = frozenset(["—", "\u2013", "-"])
_HARD_JOINERS = frozenset(["by", "about", "against", "under"])
_SOON = frozenset(["last", "this", "next", "earlier", "later", "today", "early", "late"])
_LIGHT_JOINERS = frozenset(["for", "at", "from", "with", "in", "to", "on", "against"])
_PLACE_JOINERS = frozenset(["in", "at", "to", "on"])


def phrase_before(tokens: Tokens, low: int, end: int) -> Phrase | None:
    """Give the mention that ends before `end`, and begins at `low` at the earliest."""
    first = _over_brackets(tokens, low, end)
    if first <= low:
        return None
    if tokens[first - 1].low.split("'")[0] in PRONOUNS:
        return Phrase(first - 1, end)
    start = first
    while start > low and _belongs(tokens, low, start, first):
        start -= 1
    while start < first and not _may_begin(tokens, start):
        start += 1
    return Phrase(start, end) if start < first else None


def _over_brackets(tokens: Tokens, low: int, end: int) -> int:
    """Give the place before a bracket, or a pair of dashes, that ends there."""
    for closing, opening in (({")", "]"}, {"(", "["}), (_DASHES, _DASHES)):
        if end > low and tokens[end - 1].text in closing:
            start = end - 2
            while start > low and tokens[start].text not in opening:
                start -= 1
            if start > low:
                end = start
    return end


def _may_begin(tokens: Tokens, start: int) -> bool:
    token = tokens[start]
    return token.word and token.low not in JOINERS and token.low not in {"not", "then"} and not is_adverb(token)


def _belongs(tokens: Tokens, low: int, start: int, first: int) -> bool:
    """Whether the token before a mention that begins at `start` is a part of it."""
    token = tokens[start - 1]
    before = tokens[start - 2] if start - 1 > low else None
    begun = start < first
    if begun and _is_determiner(tokens, start):
        return _leads(tokens, low, start)
    if not token.word:
        owner = token.low in POSSESSIVE or (begun and token.text in {"&", "-", "/"})
        return owner and before is not None and before.word
    if token.low in OPENERS or is_helper(token) or token.low in PERSONS:
        return False
    if token.low in DETERMINERS:
        return True
    if token.low in JOINERS:
        return begun and before is not None and _joins(tokens, start - 1)
    return _is_nominal(tokens, low, start - 1, begun=begun)


def _is_determiner(tokens: Tokens, place: int) -> bool:
    """Whether a mention may begin with the word; the second in "CBS This Morning" is a part of a name."""
    token = tokens[place]
    return token.low in DETERMINERS and not (token.capital and place > 0 and tokens[place - 1].capital)


def _leads(tokens: Tokens, low: int, start: int) -> bool:
    """Whether a mention goes on to the left of its article: "a friend of the", "all the"."""
    token = tokens[start - 1]
    if token.low in POSSESSIVE or token.low in {"all", "both", "some", "many"}:
        return True
    if token.low not in JOINERS or token.low in {"and", *_HARD_JOINERS} or start - 1 <= low:
        return False
    before = tokens[start - 2]
    return before.word and not (before.low in OPENERS or is_adverb(before) or is_finite(tokens, start - 2))


def _joins(tokens: Tokens, place: int) -> bool:
    """Whether a preposition or "and" holds the words at its sides together."""
    token, before, after = tokens[place], tokens[place - 1], tokens[place + 1]
    if not before.word and before.low not in POSSESSIVE:
        return False
    if before.low in OPENERS or is_adverb(before) or is_finite(tokens, place - 1):
        return False
    if token.low in {"and", "&"}:
        alike = before.capital == after.capital or place == 1 or after.low in DETERMINERS
        return alike and after.low not in PERSONS
    return token.low not in _HARD_JOINERS


def _is_nominal(tokens: Tokens, low: int, place: int, *, begun: bool) -> bool:
    """Whether a word may stand in a mention, and is no verb, adverb or conjunction."""
    token = tokens[place]
    if token.capital:
        return token.low not in _CLAUSE_BEGINS
    owned = place > low and tokens[place - 1].low in DETERMINERS
    if (is_adverb(token) and not owned) or is_finite(tokens, place):
        return False
    verb = VERBS.get(token.low)
    return not (verb and verb.form is Form.GERUND and begun and not owned)


def phrase_after(tokens: Tokens, start: int, end: int, *, appositions: bool = True) -> Phrase | None:
    """Give the mention from `start` to `end` at the latest, with what is said of it between commas."""
    if start >= end or not tokens[start].word:
        return None
    if tokens[start].low in PERSONS or tokens[start].low == "who":
        return Phrase(start, start + 1)
    at = start
    while at < end:
        step = _step(tokens, start, at, end)
        if not step:
            break
        at += step
    if at == start:
        return None
    if not appositions:
        return Phrase(start, at)
    if at < end and tokens[at].low == "who":
        at = part_end(tokens, at, end)
    return Phrase(start, with_appositions(tokens, at, end))


def _step(tokens: Tokens, start: int, at: int, end: int) -> int:
    """How many tokens at `at` go on with a mention that began at `start`; 0 if it ends there."""
    token = tokens[at]
    if not token.word:
        return _signs(tokens, start, at, end)
    if token.low in OPENERS or token.low == "who" or is_helper(token):
        return 0
    if token.low in JOINERS:
        return int(at > start and at + 1 < end and _joins_on(tokens, at, end))
    return int(at == start or token.capital or _is_nominal_after(tokens, at))


def _signs(tokens: Tokens, start: int, at: int, end: int) -> int:
    """How many tokens a possessive ending, a hyphen or a bracket takes within a mention."""
    token = tokens[at]
    if at == start:
        return 0
    if token.string >= 0:
        return int(tokens[at - 1].low in {"of", "the"})
    if token.low in POSSESSIVE or token.text in {"&", "/", "-"}:
        return int(at + 1 < end and tokens[at + 1].word)
    if token.text in {"(", "["}:
        return next((place + 1 - at for place in range(at, end) if tokens[place].text in {")", "]"}), 0)
    return 0


def _joins_on(tokens: Tokens, at: int, end: int) -> bool:
    token, before, after = tokens[at], tokens[at - 1], tokens[at + 1]
    if not after.word or after.low in OPENERS:
        return False
    common = before.word and not before.capital
    if token.low == "of":
        return after.low not in {"him", "her", "them", "it", "mr.", "mrs."}
    if token.low in {"and", "&"}:
        plain = not after.capital and after.low not in VERBS and after.low not in PERSONS
        return (after.capital and before.capital) or (common and plain and not is_finite(tokens, at + 1))
    if token.low not in _LIGHT_JOINERS or not common or after.text[0].isdigit():
        return False
    if any(tokens[place].low in CARRIERS for place in range(at + 1, min(at + 4, end))):
        return False
    return token.low not in _PLACE_JOINERS or after.capital or after.low == "the"


def _is_nominal_after(tokens: Tokens, at: int) -> bool:
    token, before = tokens[at], tokens[at - 1]
    owned = before.low in DETERMINERS
    if is_finite(tokens, at) or token.low in PERSONS or (is_adverb(token) and not owned):
        return False
    verb = VERBS.get(token.low)
    if (verb and verb.form is Form.GERUND) or (token.low.endswith("ing") and before.capital):
        return False
    if token.low in DETERMINERS:
        return before.low in JOINERS or before.low in {"all", "both"}
    return token.low not in _SOON or owned
