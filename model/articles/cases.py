"""What a name does in its clause, as far as the words beside it tell."""

from collections.abc import Sequence
from enum import Enum

from model.articles.smallwords import (
    CONJUNCTIONS,
    DETERMINERS,
    FUNCTION_WORDS,
    POSSESSIVES,
    PREPOSITIONS,
    QUALIFIED,
    is_verb,
)
from model.articles.words import Word, adjacent


class Case(Enum):
    """What a name does in its clause, as far as its neighbours tell."""

    SUBJECT = "subject"
    OBJECT = "object"
    POSSESSIVE = "possessive"
    MODIFIER = "modifier"


def case_of(text: str, words: Sequence[Word], first: int, last: int) -> Case:
    """Tell what a name does, with its title from words[first] to words[last]."""
    after = words[last + 1] if last + 1 < len(words) else None
    if after is not None and after.start == words[last].end:
        plural = after.text in {"'", "\u2019"} and words[last].text[-1] in "sS"
        if plural or after.text in POSSESSIVES:
            return Case.POSSESSIVE
    if after is not None and adjacent(text, words[last], after):
        if after.text in QUALIFIED:
            return Case.MODIFIER
        if is_verb(after.text):
            return Case.SUBJECT
    while first > 0 and words[first - 1].text in DETERMINERS and words[first - 1].sentence == words[first].sentence:
        first -= 1
    return _by_the_word_before(words, first, last)


def _by_the_word_before(words: Sequence[Word], first: int, last: int) -> Case:
    if not first or words[first - 1].sentence != words[first].sentence:
        return Case.SUBJECT
    low = words[first - 1].text.lower()
    if low == "and" and first > 1 and words[first - 2].text[0].isupper():
        return Case.OBJECT  # of a pair
    opener = words[first - 1].text[0].isupper() and low in FUNCTION_WORDS  # Then Roe; Still Roe
    if (low in CONJUNCTIONS or opener) and low not in PREPOSITIONS:
        return Case.SUBJECT
    if not low[0].isalnum():
        return Case.SUBJECT
    return Case.SUBJECT if low in CONJUNCTIONS and _verb_after_comma(words, last) else Case.OBJECT


_APPOSITION = 25  # words between commas after a name that are looked over for its verb


def _verb_after_comma(words: Sequence[Word], last: int) -> bool:
    """Whether a name's verb follows an insertion: after Roe, who leads the polls, spoke."""
    if last + 1 >= len(words) or words[last + 1].text != ",":
        return False
    for place in range(last + 2, min(last + _APPOSITION, len(words) - 1)):
        if words[place].sentence != words[last].sentence:
            return False
        if words[place].text == ",":
            return is_verb(words[place + 1].text)
    return False
