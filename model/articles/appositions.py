"""Tells what stands between commas behind a mention: who somebody is, or how, where and when something happens."""

from model.articles.cues import VERBS, Form
from model.articles.grammar import OPENERS, PERSONS, Tokens, is_adverb, is_helper
from model.articles.words import listed

_OPEN_NOTHING = listed(
    "in on at speaking when after during while as with by since before because if to for from though although despite "
    "amid among citing adding saying calling referring noting according not and but or nor like unlike without through"
)
_PARTS = frozenset(["who", "whose", "which", "himself", "herself", "of"])
_CLAUSE_WORDS = frozenset(["who", "whose", "which", "that", "where", "when"])


def is_apposition(tokens: Tokens, start: int, end: int) -> bool:
    """Whether the words between two commas say who somebody is, and not how, where or when."""
    if start >= end:
        return False
    token = tokens[start]
    if token.string >= 0:
        return True
    if token.low in _PARTS:
        return True
    if token.low in _OPEN_NOTHING or token.low in OPENERS or token.low in PERSONS:
        return False
    verb = VERBS.get(token.low)
    if token.capital:
        return True
    return not (token.low.endswith("ing") or is_helper(token) or is_adverb(token) or (verb and verb.form is Form.PAST))


def part_end(tokens: Tokens, at: int, end: int) -> int:
    """Give the end of the part between commas that stands at `at`."""
    while at < end and tokens[at].text not in {",", ";", "—", "\u2013"} and tokens[at].string < 0:
        at += 1
    return at


def with_appositions(tokens: Tokens, at: int, end: int) -> int:
    """Give the end of a mention with the appositions that follow it."""
    while at < end - 1 and tokens[at].text == ",":
        following = tokens[at + 1]
        if not is_apposition(tokens, at + 1, end) or following.low == "which":
            break
        if following.low in VERBS and not following.capital:
            break
        stop = part_end(tokens, at + 1, end)
        if _is_clause(tokens[at + 1 : stop]) or (stop < end and tokens[stop].string >= 0):
            break
        at = stop
    while not tokens[at - 1].word and tokens[at - 1].text not in {")", "]"}:
        at -= 1
    return at


def _is_clause(tokens: Tokens) -> bool:
    """Whether the words after a comma are the main clause, as in "according to her, the port is lost"."""
    return any(is_helper(token) for token in tokens) and not any(token.low in _CLAUSE_WORDS for token in tokens)
