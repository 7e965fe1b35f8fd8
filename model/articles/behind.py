"""Finds the cue and the speaker behind a string: "…," she said; "…," said Jane Roe; "…," according to her."""

from model.articles.cues import PARTICLES, VERBS, Form, Kind
from model.articles.findings import Finding, Place, Rule, covered
from model.articles.grammar import (
    DETERMINERS,
    JOINERS,
    OPENERS,
    RELATIVES,
    Tokens,
    is_adverb,
    is_finite,
    is_helper,
    verb_at,
)
from model.articles.phrases import Phrase, phrase_after
from model.articles.spans import Span
from model.articles.words import listed

_SIGNS = frozenset([",", "—", "\u2013", "-"])
_OPEN_ENDS = (",", "?", "!", "-", "—", "\u2013", "…", "...")
_NEW_CLAUSE = listed("and but which although though while because since or so who when where")
_AFTER_TAG = listed("reporters last earlier here")
_LONGEST_TAG = 60
_QUOTED_END = "\"'”\u2019» "


def find_behind(place: Place) -> Finding | None:
    """Give what follows the string at once, if that tells who said it."""
    tokens = place.tokens
    start = place.at + 1
    if start >= len(tokens):
        return None
    words = tokens[place.at].text.rstrip(_QUOTED_END)
    open_end = words.endswith(_OPEN_ENDS) or tokens[start].text in {",", "—"}
    while start < len(tokens) and tokens[start].text in _SIGNS:
        start += 1
    if start >= len(tokens):
        return None
    if is_according(tokens, start):
        return according(tokens, start)
    if not open_end or tokens[start].low in _NEW_CLAUSE:
        return None
    return _inverted(place, start) or _straight(place, start)


def is_according(tokens: Tokens, at: int) -> bool:
    """Whether "according to" stands there."""
    return tokens[at].low == "according" and at + 1 < len(tokens) and tokens[at + 1].low == "to"


def according(tokens: Tokens, at: int) -> Finding:
    """Read what "according to" says."""
    source = phrase_after(tokens, at + 2, len(tokens))
    return Finding(Rule.ACCORDING, covered(tokens, source), covered(tokens, Phrase(at, at + 2)))


def cue_of(tokens: Tokens, low: int, verb: int) -> Span:
    """Give the verb with its helpers, adverbs and what belongs to it."""
    start = verb
    while start > low and (is_adverb(tokens[start - 1]) or (is_helper(tokens[start - 1]))):
        start -= 1
    if [token.low for token in tokens[max(low, start - 2) : start]] == ["on", "to"] and start - 3 >= low:
        start -= 3
    end = verb + 1
    following = [token.low for token in tokens[end : end + 3]]
    if following == ["in", "a", "statement"]:
        end += 3
    elif following and (
        following[0] in PARTICLES.get(tokens[verb].low, {"about"}) or _pairs(tokens[verb].low, following[0])
    ):
        end += 1
    if end < len(tokens) and tokens[end].text == ":":
        end += 1
    return Span(tokens[start].start, tokens[end - 1].end)


def _pairs(verb: str, after: str) -> bool:
    """Whether a verb is one of naming only with the word after it."""
    return (verb.startswith("refer") and after == "to") or (verb.startswith("call") and after == "for")


def _inverted(place: Place, start: int) -> Finding | None:
    """Read a verb with its subject behind it."""
    tokens = place.tokens
    at = start
    while at < len(tokens) and is_adverb(tokens[at]):
        at += 1
    if at + 1 >= len(tokens) or tokens[at].capital or tokens[at].string >= 0:
        return None
    verb = VERBS.get(tokens[at].low)
    says = verb and verb.kind is Kind.SAY and verb.form in {Form.PAST, Form.PRESENT}
    named = tokens[at + 1].capital or tokens[at + 1].low in DETERMINERS
    if not says and not (place.opens and tokens[at].low.endswith("ed") and named):
        return None
    source = phrase_after(tokens, at + 1, len(tokens))
    if source is None:
        return None
    return Finding(Rule.INVERTED, covered(tokens, source), covered(tokens, Phrase(at, at + 1)))


def _straight(place: Place, start: int) -> Finding | None:
    """Read a subject with its verb behind it."""
    tokens = place.tokens
    stop = next((at for at in range(start, len(tokens)) if tokens[at].string >= 0), len(tokens))
    late = None
    for at in range(start + 1, min(stop, start + _LONGEST_TAG)):
        verb = verb_at(tokens, at, start)
        loose = verb is None and place.opens and is_finite(tokens, at) and not is_helper(tokens[at])
        if not loose and (verb is None or verb.form is Form.GERUND):
            continue
        source = place.subjects.before(start, at)
        if source is None:
            continue
        if source.start == start:
            if not (loose and _goes_on_to(tokens, at)) and (place.opens or _tag_ends(tokens, at, stop)):
                rule = Rule.AFTER_LOOSE if loose else Rule.AFTER
                return Finding(rule, covered(tokens, source), cue_of(tokens, start, at))
        elif late is None and place.opens and verb and verb.kind is Kind.SAY and tokens[source.start - 1].text == ",":
            late = Finding(Rule.AFTER_LOOSE, covered(tokens, source), cue_of(tokens, start, at))
    return late


def _goes_on_to(tokens: Tokens, at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].low == "to"


def _tag_ends(tokens: Tokens, at: int, stop: int) -> bool:
    """Whether nothing that is said follows the verb: "she said on Monday", but not "she said he left"."""
    if at + 1 >= stop or tokens[at].low in {"told", "tells"}:
        return True
    token = tokens[at + 1]
    return token.text in {",", ".", ";", ":"} or token.low in JOINERS | OPENERS | _AFTER_TAG


def find_tail(place: Place) -> Finding | None:
    """Give the cue at the end of the string's sentence, however far that is."""
    tokens = place.tokens
    for at in range(len(tokens) - 1, place.at, -1):
        if is_according(tokens, at):
            return according(tokens, at)
        verb = verb_at(tokens, at, place.at + 1)
        if verb is None or verb.kind is not Kind.SAY or verb.form not in {Form.PAST, Form.PRESENT}:
            continue
        found = _tail_subject(place, at)
        if found:
            return Finding(Rule.TAIL, covered(tokens, found), cue_of(tokens, place.at + 1, at))
    return None


def _tail_subject(place: Place, at: int) -> Phrase | None:
    tokens = place.tokens
    source = place.subjects.before(place.at + 1, at)
    if source and tokens[source.start].low not in RELATIVES:
        before = tokens[source.start - 1]
        if before.text == "," or before.string >= 0:
            return source
    if tokens[at - 1].text == "," or tokens[at - 1].string >= 0:
        return phrase_after(tokens, at + 1, len(tokens))
    return None
