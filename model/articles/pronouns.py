"""Finds whom a pronoun means: weighs those who were named before it by nearness, part in the sentence and speech."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from model.articles.cases import Case
from model.articles.genders import Gender
from model.articles.people import Entity

_WINDOW = 24  # the last mentions among which an antecedent is looked for


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody's mention in the narrative; entity: None for somebody without a name, as in "a spokesman".

    named: by name and not by a pronoun or a noun; spoke: as a quote's source; opens: the first in its sentence.
    """

    place: int
    sentence: int
    paragraph: int
    entity: Entity | None
    gender: Gender | None
    case: Case
    named: bool
    spoke: bool
    opens: bool


# What speaks for a candidate, as logarithms of odds; fitted to a thousand pronouns of news articles.
_DISTANCE = (1.5, 0.0, -1.3, -1.4, -1.6, -1.7, -1.8)  # in sentences
_PARAGRAPH = -1.0  # for each paragraph between
_CASE = {Case.SUBJECT: 0.8, Case.POSSESSIVE: -0.5, Case.MODIFIER: -1.2, Case.OBJECT: 0.0}
_OBJECT_HERE = -0.5  # an object in the pronoun's own sentence
_SPOKE = 0.55
_JUST_SPOKE = 0.8  # in this sentence or the last
_OPENS = 1.0
_NAMED = 0.65
_UNKNOWN = -1.0  # nothing tells the gender
_DOUBTFUL = -0.8  # perhaps no person
_NAMELESS = -0.75
_REPEATED = 0.14  # times the logarithm of how often


def antecedent(
    mentions: Sequence[Mention], gender: Gender | None, sentence: int, paragraph: int
) -> tuple[Mention | None, float]:
    """Find the mention of whom a pronoun means, and how sure that is; None where nobody fits.

    gender: None for a description that does not tell one.
    """
    best: dict[int, tuple[float, Mention]] = {}
    counts: Counter[int] = Counter()
    for mention in mentions[-_WINDOW:]:
        if gender is not None and mention.gender not in {None, gender}:
            continue
        key = id(mention.entity) if mention.entity is not None else -mention.place - 1
        score = _score(mention, sentence, paragraph)
        score += _UNKNOWN * (gender is not None and mention.gender is None)
        counts[key] += 1
        if key not in best or score >= best[key][0]:
            best[key] = score, mention
    if not best:
        return None, 0.0
    totals = {key: score + _REPEATED * math.log(counts[key]) for key, (score, _) in best.items()}
    winner = max(totals, key=lambda key: (totals[key], best[key][1].place))
    odds = sum(math.exp(total - totals[winner]) for total in totals.values())
    return best[winner][1], 1 / odds


def _score(mention: Mention, sentence: int, paragraph: int) -> float:
    away = max(sentence - mention.sentence, 0)
    score = _DISTANCE[min(away, len(_DISTANCE) - 1)] + _PARAGRAPH * min(paragraph - mention.paragraph, 4)
    score += _CASE[mention.case] + _OPENS * mention.opens + _NAMED * mention.named
    score += _OBJECT_HERE * (away == 0 and mention.case is Case.OBJECT)
    score += mention.spoke * (_SPOKE + _JUST_SPOKE * (away <= 1))
    score += _DOUBTFUL * (mention.entity is not None and mention.entity.doubtful)
    return score + _NAMELESS * (mention.entity is None)
