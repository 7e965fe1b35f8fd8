"""Tells how likely a string is a quote, and how sure its source and cue are, by the rule that fits and by its look.

Every number is a share that `python -m training.rule_classes` counted on PolNeAR's training articles; likelihoods are
drawn toward what the look alone says, as four more strings would.
"""

from enum import Enum

from model.articles.attribution import LIKELY, Pointed
from model.articles.findings import Finding, Rule
from model.articles.looks import Length, Look, look_of
from model.articles.marks import Marked


class Family(Enum):
    """Rules that bear equal witness to a quote."""

    BEHIND = "behind"
    SAY = "say"
    CALL = "call"
    DEEM = "deem"
    TAIL = "tail"
    ALONE = "alone"
    NONE = "none"


# The rule's family, and how often its source and its cue are right.
_RULES = {
    Rule.AFTER: (Family.BEHIND, 0.98, 0.98),
    Rule.INVERTED: (Family.BEHIND, 0.96, 0.98),
    Rule.AFTER_LOOSE: (Family.BEHIND, 0.60, 0.67),
    Rule.ACCORDING: (Family.BEHIND, 0.89, 0.95),
    Rule.TRANSCRIPT: (Family.BEHIND, 0.90, 0.90),
    Rule.COLON: (Family.BEHIND, 0.60, 0.69),
    Rule.GOES_ON: (Family.BEHIND, 0.98, 0.97),
    Rule.CONTINUES: (Family.BEHIND, 0.56, 0.56),
    Rule.SIGNED: (Family.BEHIND, 0.80, 0.80),
    Rule.SAY_NEAR: (Family.SAY, 0.92, 0.94),
    Rule.SAY: (Family.SAY, 0.90, 0.88),
    Rule.SAYING: (Family.SAY, 0.86, 0.90),
    Rule.ASKED: (Family.SAY, 0.0, 0.75),
    Rule.CALL: (Family.CALL, 0.75, 0.82),
    Rule.CALLING: (Family.CALL, 0.71, 0.78),
    Rule.BY: (Family.CALL, 0.50, 0.50),
    Rule.DEEM: (Family.DEEM, 0.66, 0.60),
    Rule.NOUN: (Family.DEEM, 0.52, 0.52),
    Rule.TAIL: (Family.TAIL, 0.83, 0.86),
    Rule.GOES_ON_BELOW: (Family.ALONE, 0.77, 0.54),
    Rule.SENTENCE_SAYS: (Family.ALONE, 0.75, 0.75),
    Rule.ABOVE_SAYS: (Family.ALONE, 0.92, 0.85),
    Rule.ABOVE: (Family.ALONE, 0.71, 0.0),
    Rule.NONE: (Family.NONE, 0.0, 0.0),
}

# How often a string of one word, of two or three, and of four to seven is a quote.
_LIKELIHOODS = {
    (Family.BEHIND, Look.PLAIN): (0.84, 0.98, 0.99),
    (Family.BEHIND, Look.MODIFIER): (0.52, 0.63, 0.63),
    (Family.BEHIND, Look.TITLE): (0.76, 0.76, 0.69),
    (Family.BEHIND, Look.WORK): (0.29, 0.08, 0.29),
    (Family.SAY, Look.PLAIN): (0.93, 0.98, 0.99),
    (Family.SAY, Look.MODIFIER): (0.85, 0.88, 0.88),
    (Family.SAY, Look.TITLE): (0.59, 0.59, 0.65),
    (Family.SAY, Look.WORK): (0.35, 0.14, 0.31),
    (Family.CALL, Look.PLAIN): (0.95, 0.98, 0.97),
    (Family.CALL, Look.MODIFIER): (0.85, 0.90, 0.90),
    (Family.CALL, Look.TITLE): (0.68, 0.68, 0.63),
    (Family.CALL, Look.WORK): (0.56, 0.53, 0.35),
    (Family.DEEM, Look.PLAIN): (0.84, 0.93, 0.97),
    (Family.DEEM, Look.MODIFIER): (0.81, 0.69, 0.69),
    (Family.DEEM, Look.TITLE): (0.83, 0.83, 0.70),
    (Family.DEEM, Look.WORK): (0.37, 0.28, 0.57),
    (Family.TAIL, Look.PLAIN): (0.94, 0.95, 0.99),
    (Family.TAIL, Look.MODIFIER): (0.77, 0.83, 0.83),
    (Family.TAIL, Look.TITLE): (0.33, 0.33, 0.45),
    (Family.TAIL, Look.WORK): (0.41, 0.07, 0.16),
    (Family.ALONE, Look.PLAIN): (0.35, 0.77, 0.84),
    (Family.ALONE, Look.MODIFIER): (0.67, 0.70, 0.70),
    (Family.ALONE, Look.TITLE): (0.38, 0.38, 0.57),
    (Family.ALONE, Look.WORK): (0.37, 0.20, 0.36),
    (Family.NONE, Look.PLAIN): (0.42, 0.54, 0.68),
    (Family.NONE, Look.MODIFIER): (0.19, 0.45, 0.45),
    (Family.NONE, Look.TITLE): (0.34, 0.34, 0.41),
    (Family.NONE, Look.WORK): (0.21, 0.22, 0.40),
}
_LONG = 0.99  # eight words or more: no reader took one for anything but a quote
_NICKNAME = 0.40
_INNER = 0.05  # by judgement: such strings, and those of headlines, were not marked by hand
_HEADLINE = 0.30
_LENGTHS = (Length.ONE, Length.FEW, Length.SOME)
_REASONS = {
    Look.PLAIN: "scare",
    Look.MODIFIER: "scare",
    Look.TITLE: "title",
    Look.WORK: "title",
    Look.NICKNAME: "nickname",
}


def family_of(rule: Rule) -> Family:
    """Give the family of a rule."""
    return _RULES[rule][0]


def judged(text: str, string: Marked, found: Finding, *, headline: bool) -> Pointed:
    """Say how sure it is what a rule found; headline: the string's marks are those of headlines and captions."""
    if string.depth > 0:
        return Pointed(_INNER, None, 0.0, None, 0.0, "inner")
    family, source_right, cue_right = _RULES[found.rule]
    look, length = look_of(text, string)
    if headline:
        likely = _HEADLINE
    elif length is Length.MANY:
        likely = _LONG
    elif look is Look.NICKNAME:
        likely = _NICKNAME
    else:
        likely = _LIKELIHOODS[family, look][_LENGTHS.index(length)]
    return Pointed(
        is_quote=likely,
        source=found.source,
        source_confidence=source_right if found.source else 0.0,
        cue=found.cue,
        cue_confidence=cue_right if found.cue else 0.0,
        reason="" if likely >= LIKELY else "headline" if headline else _REASONS[look],
    )
