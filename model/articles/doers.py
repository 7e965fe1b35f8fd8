"""Finds who does what a verb of a sentence says: the subject beside it, or that of the clause it belongs to."""

from model.articles.appositions import is_apposition
from model.articles.grammar import (
    DETERMINERS,
    JOINERS,
    OPENERS,
    PERSONS,
    PRONOUNS,
    RELATIVES,
    Tokens,
    is_adverb,
    is_boundary,
    is_finite,
    is_helper,
)
from model.articles.phrases import Phrase, phrase_after, phrase_before

_BEFORE_SUBJECT = frozenset(["but", "and", "so", "yet", "still", "then", "also", ",", "—", "-", "*", "•"])
_INNER_MARKS = "\"'”\u2019» "
_HEADS = frozenset(["a", "an", "the", "who", "whose", "of"])


class Subjects:
    """The subjects of one sentence; each is looked for once, so that no text takes time that grows with its powers."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._before: dict[tuple[int, int], Phrase | None] = {}
        self._main: dict[tuple[int, int], Phrase | None] = {}

    def before(self, low: int, verb: int) -> Phrase | None:
        """Give the subject of the verb at `verb`, looking no further than `low`, with the appositions behind it."""
        key = (low, verb)
        if key not in self._before:
            self._before[key] = self._find_before(low, verb)
        return self._before[key]

    def main(self, low: int, end: int) -> Phrase | None:
        """Give the subject of the main clause that `end` belongs to."""
        key = (low, end)
        if key not in self._main:
            self._main[key] = self._find_main(low, end)
        return self._main[key]

    def _find_before(self, low: int, verb: int) -> Phrase | None:
        tokens = self._tokens
        end = verb
        while end > low and (is_helper(tokens[end - 1]) or is_adverb(tokens[end - 1])):
            end -= 1
        if end <= low:
            return None
        token = tokens[end - 1]
        if token.low == "to":
            return self._nearest(low, end - 1)
        if token.low in {"and", "but", "or"}:
            return self.main(low, end - 1)
        if token.text == "," or (token.string >= 0 and token.text.rstrip(_INNER_MARKS).endswith(",")):
            return self._over_commas(low, end)
        return phrase_before(tokens, low, end)

    def _nearest(self, low: int, end: int) -> Phrase | None:
        """Give the subject of the last verb before `end` that has one."""
        for verb in range(end - 1, low, -1):
            if is_finite(self._tokens, verb):
                found = self.before(low, verb)
                if found:
                    return found
        return self.main(low, end)

    def _find_main(self, low: int, end: int) -> Phrase | None:
        tokens = self._tokens
        clause = next((place + 1 for place in range(end - 1, low, -1) if is_boundary(tokens, place)), low)
        start = _after_intro(tokens, clause, end)
        while start < end and (tokens[start].low in _BEFORE_SUBJECT or is_adverb(tokens[start])):
            start += 1
        for verb in range(start + 1, end):
            if is_finite(tokens, verb):
                found = self.before(start, verb)
                if found and tokens[found.start].low not in RELATIVES:
                    return found
        if clause != low:
            return self.main(low, clause - 1)
        return phrase_after(tokens, start, end, appositions=False)

    def _over_commas(self, low: int, end: int) -> Phrase | None:
        """Give the mention before one or more parts between commas, the last of which ends at `end`."""
        tokens = self._tokens
        comma = _comma_before(tokens, low, end - 1)
        if comma < low:
            return self.main(low, end - 1)
        if not is_apposition(tokens, comma + 1, end - 1):
            end = comma
        while (earlier := _comma_before(tokens, low, comma)) >= low:
            head = tokens[earlier + 1]
            if _is_intro(tokens, low, _comma_before(tokens, low, earlier) + 1) or not tokens[earlier - 1].word:
                break
            if _is_adverbial(tokens, earlier + 1):
                end = earlier
            elif not tokens[earlier - 1].capital or not _is_part(tokens, earlier + 1, comma):
                break
            if head.string >= 0:
                break
            comma = earlier
        found = phrase_before(tokens, low, comma)
        return Phrase(found.start, end) if found else None


def _is_part(tokens: Tokens, start: int, end: int) -> bool:
    """Whether the words say more of what stands before them, as in "Jane Roe, a lawyer in Reno, Nev.,"."""
    head = tokens[start]
    if head.low in _HEADS or head.text[0].isdigit():
        return True
    common = head.word and not head.capital and head.low not in PRONOUNS and head.low not in DETERMINERS
    return common and is_apposition(tokens, start, end)


def _is_adverbial(tokens: Tokens, start: int) -> bool:
    return tokens[start].string < 0 and not tokens[start].capital and not is_apposition(tokens, start, start + 1)


def _is_intro(tokens: Tokens, low: int, start: int) -> bool:
    """Whether the sentence begins with the words at `start`, and they are no mention: "In Reno, the mayor, …"."""
    head = tokens[start]
    opens = head.low in OPENERS or head.low in JOINERS or is_adverb(head) or head.low.endswith("ing")
    return start <= low and opens


def _comma_before(tokens: Tokens, low: int, end: int) -> int:
    """Give the place of the last comma before `end` that is in no bracket, or one before `low`."""
    depth = 0
    for place in range(end - 1, low - 1, -1):
        text = tokens[place].text
        depth += (text == ")") - (text == "(")
        if text == "," and depth == 0:
            return place
    return low - 1


def _after_intro(tokens: Tokens, start: int, end: int) -> int:
    """Give the place where the main clause begins, behind "After the vote,"."""
    if start >= end:
        return start
    head = tokens[start]
    if not (head.low in OPENERS or head.low in JOINERS or head.low.endswith("ing") or head.low in {"asked", "told"}):
        return start
    for comma in range(start, end - 1):
        if tokens[comma].text != ",":
            continue
        following = tokens[comma + 1]
        place_name = following.text.endswith(".") and comma + 2 < end and tokens[comma + 2].text == ","
        subject = following.capital or following.low in PERSONS or following.low in DETERMINERS
        plain = following.word and following.low not in JOINERS and following.low not in OPENERS
        if (subject or plain) and not place_name:
            return comma + 1
    return start + 1
