"""Points at speakers and cues by rules over the sentences around a string: no model, no data, no names."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from model.articles.ahead import find_ahead
from model.articles.attribution import LIKELY, Step
from model.articles.behind import cue_of, find_behind, find_tail
from model.articles.certainty import judged
from model.articles.clauses import read_paragraphs
from model.articles.cues import Form, Kind
from model.articles.doers import Subjects
from model.articles.findings import NOTHING, Finding, Place, Rule, covered
from model.articles.grammar import Tokens, verb_at
from model.articles.looks import is_single
from model.articles.marks import Marked
from model.articles.phrases import Phrase, phrase_before
from model.articles.spans import Span

_SIGNS = frozenset([",", ":", ";", "—", "\u2013", "-", "."])
_OPENERS = frozenset(["then", "but", "and", "now", "so", "or", "specifically"])
_DASHES = frozenset(["-", "—", "\u2013"])
_SIGNATURE = 12  # tokens
_NEAREST = 20  # strings before one in its paragraph that may tell its speaker
_BEHIND = frozenset([Rule.AFTER, Rule.INVERTED, Rule.AFTER_LOOSE, Rule.ACCORDING, Rule.GOES_ON])


class Rules:
    """A pointer that needs nothing but the text."""

    threshold = LIKELY
    digest = None

    def steps(self, text: str, strings: Sequence[Marked]) -> list[Step]:
        """Give the step to the answer for each string, in order; all that takes time has been done before the first."""
        single = [is_single(text, string) for string in strings]
        # Headlines and captions have single marks where the text has double ones.
        double = any(not one and string.depth == 0 for one, string in zip(single, strings, strict=True))
        return [
            partial(judged, text, string, finding, headline=double and one)
            for string, finding, one in zip(strings, find(text, strings), single, strict=True)
        ]


def find(text: str, strings: Sequence[Marked]) -> list[Finding]:
    """Give for each string the rule that fits first and what it finds; strings inside others have none."""
    found = [NOTHING] * len(strings)
    paragraphs = read_paragraphs(text, strings)
    last: list[int] = []
    for number, paragraph in enumerate(paragraphs):
        above = paragraphs[number - 1] if number else []
        below = paragraphs[number + 1] if number + 1 < len(paragraphs) else []
        mine: list[int] = []
        for place in _places(paragraph):
            string = place.tokens[place.at].string
            found[string] = _in_sentence(place) or _around(place, _Known(found, mine, last, above, below))
            mine.append(string)
        last = mine
    _continue(strings, found)
    return found


def _places(paragraph: Sequence[Tokens]) -> list[Place]:
    places = []
    for number, tokens in enumerate(paragraph):
        subjects = Subjects(tokens)
        for at, token in enumerate(tokens):
            if token.string < 0:
                continue
            before = tokens[:at]
            opens = all(part.string < 0 and (not part.word or part.low in _OPENERS) for part in before)
            lead = at
            while lead > 0 and (tokens[lead - 1].text in _SIGNS or tokens[lead - 1].low == "that"):
                lead -= 1
            places.append(Place(paragraph, number, at, opens, lead, subjects))
    return places


def _in_sentence(place: Place) -> Finding | None:
    """Look behind the string first, unless a verb of saying introduces it."""
    if place.opens:
        return find_behind(place) or find_tail(place)
    verb = verb_at(place.tokens, place.lead - 1) if place.lead > 1 else None
    introduced = verb is not None and verb.kind is Kind.SAY
    found = None if introduced else find_behind(place)
    found = found or find_ahead(place)
    if found is None or found.rule is Rule.DEEM:
        found = find_tail(place) or found
    return found or _after_colon(place)


def _after_colon(place: Place) -> Finding | None:
    """Read "Jane Roe: "…"" and "She had one answer: "…""."""
    tokens = place.tokens
    colon = next((at for at in range(place.at - 1, place.lead - 1, -1) if tokens[at].text == ":"), 0)
    if colon == 0:
        return None
    cue = Span(tokens[colon].start, tokens[colon].end)
    named = phrase_before(tokens, 0, colon)
    if named and (tokens[colon - 1].capital or tokens[colon - 1].text == ")"):
        before = tokens[named.start - 1] if named.start else None
        if before is None or not before.word or before.low == "from":
            return Finding(Rule.TRANSCRIPT, covered(tokens, named), cue)
    return Finding(Rule.COLON, covered(tokens, place.subjects.main(0, colon)), cue)


class _Known(NamedTuple):
    """What is known so far: all findings, and which strings stand before in this paragraph and in the last one."""

    found: Sequence[Finding]
    mine: Sequence[int]
    last: Sequence[int]
    above: Sequence[Tokens]
    below: Sequence[Tokens]


def _around(place: Place, known: _Known) -> Finding:
    """Look at the sentences before and behind a string that stands alone in its own."""
    if not place.opens:
        return NOTHING
    if known.mine:
        return _going_on(known.found, known.mine)
    if place.sentence > 0:
        return _of_says(place.paragraph[place.sentence - 1], Rule.SENTENCE_SAYS) or NOTHING
    found = _signature(known.below) if len(place.paragraph) == 1 else None
    spoken = next((known.found[string] for string in reversed(known.last) if known.found[string].source), None)
    if found is None and spoken:
        found = Finding(Rule.GOES_ON_BELOW, spoken.source, spoken.cue)
    if found is None and known.above and known.above[-1][-1].text == ":":
        tokens = known.above[-1]
        found = _of_says(tokens, Rule.ABOVE_SAYS)
        found = found or Finding(Rule.ABOVE, covered(tokens, Subjects(tokens).main(0, len(tokens))))
    return found or NOTHING


def _going_on(found: Sequence[Finding], mine: Sequence[int]) -> Finding:
    """Take the speaker of the last utterance in the paragraph, not of words that were cited within its sentence."""
    cited = {Rule.SAY, Rule.SAY_NEAR, Rule.NOUN, Rule.DEEM}
    utterances = (
        string
        for string in reversed(mine[-_NEAREST:])
        if found[string].rule in _BEHIND or found[string].rule not in cited
    )
    last = found[next(utterances, mine[-1])]
    return Finding(Rule.GOES_ON, last.source, last.cue) if last.source else NOTHING


def _of_says(tokens: Tokens, rule: Rule) -> Finding | None:
    """Give the last speaker of a sentence."""
    subjects = Subjects(tokens)
    for at in range(len(tokens) - 1, 0, -1):
        verb = verb_at(tokens, at)
        if verb and verb.kind is Kind.SAY and verb.form in {Form.PAST, Form.PRESENT}:
            source = subjects.before(0, at)
            if source:
                return Finding(rule, covered(tokens, source), cue_of(tokens, 0, at))
    return None


def _signature(below: Sequence[Tokens]) -> Finding | None:
    """Read "- Jane Roe" under a string."""
    tokens = below[0] if len(below) == 1 else []
    if not 1 < len(tokens) <= _SIGNATURE or tokens[0].text not in _DASHES or not tokens[1].capital:
        return None
    end = len(tokens) - (not tokens[-1].word)
    return Finding(Rule.SIGNED, covered(tokens, Phrase(1, end)), Span(tokens[0].start, tokens[0].end))


def _continue(strings: Sequence[Marked], found: list[Finding]) -> None:
    """Give the parts of a string that runs on over paragraphs the speaker of the first part that has its own."""
    chain: list[int] = []
    for number, string in enumerate(strings):
        if string.depth > 0:
            continue
        chain.append(number)
        if string.continues:
            continue
        own = next((found[part] for part in chain if found[part].rule not in _INHERITED and found[part].source), None)
        if own is not None:
            for part in (part for part in chain if found[part].rule in _INHERITED):
                found[part] = Finding(Rule.CONTINUES, own.source, own.cue)
        chain = []


_INHERITED = frozenset([Rule.GOES_ON_BELOW, Rule.ABOVE, Rule.ABOVE_SAYS, Rule.NONE])
