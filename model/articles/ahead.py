"""Finds the cue and the speaker that stand before a string in its sentence: she said that "…"; her claim that "…"."""

from typing import NamedTuple

from model.articles.behind import according, cue_of, is_according
from model.articles.cues import CARRIERS, NOUNS, Form, Kind, Verb
from model.articles.doers import Subjects
from model.articles.findings import Finding, Place, Rule, covered
from model.articles.grammar import (
    DETERMINERS,
    JOINERS,
    OPENERS,
    OWNERS,
    POSSESSIVE,
    RELATIVES,
    TIMES,
    Tokens,
    is_adverb,
    is_boundary,
    is_finite,
    is_helper,
    verb_at,
)
from model.articles.phrases import Phrase, phrase_after, phrase_before
from model.articles.spans import Span

_NEAR = 6  # tokens between cue and string
_BE = frozenset(["was", "were", "is", "are", "been", "be", "being"])
_TOLD = frozenset(["asked", "told", "quoted", "pressed"])
_BY_WITHIN = 30  # tokens
_OWNED_WITHIN = 4  # tokens between "Jane Roe's" and "claim"


class _Candidate(NamedTuple):
    """A cue before a string; joined: it shares its subject with the verb before, as in "he rose and said"."""

    at: int
    finding: Finding
    kind: Kind | None
    finite: bool
    joined: bool = False


def find_ahead(place: Place) -> Finding | None:
    """Give the nearest cue before the string, or the verb of saying it hangs on: she said that he called it "…"."""
    tokens = place.tokens
    best: _Candidate | None = None
    for at in range(place.at - 1, -1, -1):
        if best and (tokens[at].text == "," or is_boundary(tokens, at)):
            break
        candidate = _candidate(place, at)
        if candidate and (best is None or _outweighs(candidate, best)):
            best = candidate
    return best.finding if best else None


def _outweighs(outer: _Candidate, inner: _Candidate) -> bool:
    """Whether an outer cue is the string's rather than the nearest one."""
    if inner.joined:
        return False
    if outer.kind is Kind.SAY and outer.finite:
        return True
    return inner.finding.rule is Rule.NOUN and outer.kind in {Kind.SAY, Kind.CALL}


def _candidate(place: Place, at: int) -> _Candidate | None:
    tokens, end = place.tokens, place.at
    if is_according(tokens, at) and at + 1 < end:
        found = according(tokens[:end], at)
        return _Candidate(at, found, None, finite=False)
    verb = verb_at(tokens, at)
    if verb is None:
        return _of_noun(tokens, at)
    if verb.form is Form.PAST and _is_passive(tokens, at):
        return _of_passive(tokens, at, verb)
    inverted = _inverted(tokens, at, end) if verb.kind is Kind.SAY and verb.form is not Form.GERUND else None
    source = inverted or _subject(tokens, place.subjects, at, verb)
    if source is None and at > 0 and tokens[at - 1].string >= 0:
        source = phrase_after(tokens, at + 1, end)
    if source is None:
        return None
    finite = verb.form is not Form.GERUND
    rule = _rule(verb.kind, finite=finite, near=end - at <= _NEAR)
    joined = verb.kind is not Kind.DEEM and at > 0 and tokens[at - 1].low in {"and", "but"}
    return _Candidate(at, Finding(rule, covered(tokens, source), cue_of(tokens, 0, at)), verb.kind, finite, joined)


def _rule(kind: Kind, *, finite: bool, near: bool) -> Rule:
    if kind is Kind.DEEM:
        return Rule.DEEM
    if kind is Kind.CALL:
        return Rule.CALL if finite else Rule.CALLING
    if not finite:
        return Rule.SAYING
    return Rule.SAY_NEAR if near else Rule.SAY


def _subject(tokens: Tokens, subjects: Subjects, at: int, verb: Verb) -> Phrase | None:
    if at == 0:
        return None
    if verb.form is Form.GERUND:
        return _of_gerund(tokens, subjects, at)
    if verb.form is Form.BASE and tokens[at - 1].low == "to":
        return subjects.main(0, at - 1)
    if verb.kind is Kind.DEEM:
        return subjects.main(0, at)
    source = subjects.before(0, at)
    if source and source.start > 0 and tokens[source.start].low in {"that", "which"} and source.end == source.start + 1:
        return subjects.main(0, source.start) or source
    return source


def _inverted(tokens: Tokens, at: int, end: int) -> Phrase | None:
    """Read "…, says Jane Roe, …" and "Said Jane Roe, …"."""
    if at == 0:
        return phrase_after(tokens, at + 1, end) if tokens[0].capital and tokens[0].low not in _TOLD else None
    if tokens[at - 1].text != "," or at + 1 >= end or not (tokens[at + 1].capital or tokens[at + 1].low == "the"):
        return None
    source = phrase_after(tokens, at + 1, end)
    return source if source and source.end < len(tokens) and tokens[source.end].text == "," else None


def _of_gerund(tokens: Tokens, subjects: Subjects, at: int) -> Phrase | None:
    """Give who is doing it: the mention right before, or the speaker or the subject of the sentence."""
    end = at
    while end > 0 and is_adverb(tokens[end - 1]):
        end -= 1
    if end == 0:
        return None
    before = tokens[end - 1]
    if is_helper(before):
        return subjects.before(0, at)
    if before.word and before.low not in JOINERS and before.low not in OPENERS:
        start = phrase_before(tokens, 0, end)
        carried = before.low in CARRIERS and start and any(is_finite(tokens, verb) for verb in range(1, start.start))
        if start and not carried and not before.text[0].isdigit() and before.low not in TIMES:
            return start
    return _speaker(tokens, subjects, end) or subjects.main(0, end)


def _speaker(tokens: Tokens, subjects: Subjects, end: int) -> Phrase | None:
    """Give the subject of the last verb of saying before `end` in its clause."""
    for at in range(end - 1, 0, -1):
        if is_boundary(tokens, at):
            return None
        verb = verb_at(tokens, at)
        if verb is None or verb.kind is not Kind.SAY or verb.form not in {Form.PAST, Form.PRESENT}:
            continue
        source = subjects.before(0, at)
        if source and tokens[source.start].low not in RELATIVES:
            return source
        if source is None and (tokens[at - 1].string >= 0 or tokens[at - 1].text == ","):
            return phrase_after(tokens, at + 1, end)
    return None


def _is_passive(tokens: Tokens, at: int) -> bool:
    for before in range(at - 1, max(-1, at - 4), -1):
        if tokens[before].low in _BE:
            return True
        if not (is_helper(tokens[before]) or is_adverb(tokens[before])):
            return False
    return False


def _of_passive(tokens: Tokens, at: int, verb: Verb) -> _Candidate | None:
    """Read "was called "…" by Jane Roe"; whoever asks "was asked" is seldom named."""
    cue = cue_of(tokens, 0, at)
    for by in range(at + 1, min(len(tokens), at + _BY_WITHIN)):
        if tokens[by].low == "by":
            source = phrase_after(tokens, by + 1, len(tokens))
            if source:
                return _Candidate(at, Finding(Rule.BY, covered(tokens, source), cue), verb.kind, finite=False)
    if verb.kind is Kind.SAY and tokens[at].low in _TOLD:
        return _Candidate(at, Finding(Rule.ASKED, None, cue), verb.kind, finite=False)
    return None


def _of_noun(tokens: Tokens, at: int) -> _Candidate | None:
    """Read a noun of saying and who it belongs to."""
    if tokens[at].low not in NOUNS:
        return None
    for owner in range(at - 1, max(0, at - _OWNED_WITHIN) - 1, -1):
        token = tokens[owner]
        found: Phrase | None = None
        if token.low in OWNERS:
            found = Phrase(owner, owner + 1)
        elif token.low in POSSESSIVE:
            named = phrase_before(tokens, 0, owner)
            found = Phrase(named.start, owner + 1) if named else None
        elif token.word and token.low not in DETERMINERS and token.low not in JOINERS:
            continue
        if found is None:
            return None
        cue = Span(tokens[at].start, tokens[at].end)
        return _Candidate(at, Finding(Rule.NOUN, covered(tokens, found), cue), None, finite=False)
    return None
