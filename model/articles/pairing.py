"""Pairs the quotation marks of one paragraph, with marks missing and marks too many."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import NamedTuple

from model.articles.glyphs import Family, Mark

DEEPEST = 8
"""Quotes within quotes are followed so far down; no text needs more, and without an end time would grow as a square."""

_FAMILIES = len(Family)


class Pair(NamedTuple):
    """A string from its opening mark to `end`, which is behind its closing mark if it has one."""

    opening: Mark
    end: int
    closing: Mark | None = None
    continues: bool = False

    @property
    def inner_end(self) -> int:
        """Where the string ends without its closing mark."""
        return self.closing.start if self.closing else self.end


def pairs_of(marks: Sequence[Mark], end: int, lead: Sequence[Mark], next_lead: Sequence[Mark]) -> list[Pair]:
    """Pair the marks of a paragraph that ends at `end`, in order.

    It begins with the marks `lead`, and the next paragraph with `next_lead`.
    """
    goes_on = {mark.family for mark in next_lead}
    runs_on = {mark for mark in lead if mark.family in goes_on}
    # A paragraph that begins with a mark and ends without one, before another that begins with one, is all quoted.
    within = {mark.family for mark in runs_on} if end - marks[-1].end > 1 else set()
    pairs, opened = _pairs([mark for mark in marks if mark.family is not Family.SINGLE], within)
    pairs += [Pair(mark, end, None, mark.family in goes_on) for mark in opened]
    pairs.sort()
    if single := [mark for mark in marks if mark.family is Family.SINGLE]:
        inner = [_single_pairs(inside, limit, runs_on) for limit, inside in _by_string(single, pairs, end)]
        return sorted(chain(pairs, *inner))
    return pairs


def _ahead(marks: Sequence[Mark], *, weak: bool) -> list[int]:
    """Count for each mark how many strings of its family the later marks could close, weak ones counted or not."""
    counts: list[int] = []
    sums = [0] * _FAMILIES
    for mark in reversed(marks):
        counts.append(sums[mark.family])
        sums[mark.family] = max(0, sums[mark.family] - (mark.lean if weak or not mark.weak else 0))
    return counts[::-1]


def _following(marks: Sequence[Mark]) -> list[int]:
    """Give for each mark how the next one of its family leans; 1 where there is none."""
    leans: list[int] = []
    nearest = [1] * _FAMILIES
    for mark in reversed(marks):
        leans.append(nearest[mark.family])
        nearest[mark.family] = mark.lean
    return leans[::-1]


class _Strings:
    """The strings that are open at one place of a paragraph, and the pairs found so far."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.depths = [0] * _FAMILIES
        self.opened: list[Mark] = []

    def open(self, mark: Mark) -> None:
        """Open a string, unless it would lie too deep."""
        if len(self.opened) < DEEPEST:
            self.opened.append(mark)
            self.depths[mark.family] += 1

    def close(self, family: Family, end: int, closing: Mark | None = None) -> None:
        """Close the innermost string of the family; what was opened within it and not closed ends there too."""
        while (opening := self.opened.pop()).family is not family:
            self.depths[opening.family] -= 1
            self.pairs.append(Pair(opening, closing.start if closing else end))
        self.depths[family] -= 1
        self.pairs.append(Pair(opening, end, closing))


def _pairs(marks: Sequence[Mark], within: AbstractSet[Family]) -> tuple[list[Pair], list[Mark]]:
    """Pair all but single marks, and give the marks whose strings are still open at the end.

    A string that lacks its closing mark ends where the next one opens. `within` names the families of which a string
    is open all through the paragraph, so that others lie inside it.
    """
    strings = _Strings()
    following = _following(marks)
    sure = _ahead(marks, weak=False)
    for place, (mark, ahead) in enumerate(zip(marks, _ahead(marks, weak=True), strict=True)):
        depth = strings.depths[mark.family]
        if depth == 0:
            if mark.lean > 0 or (mark.lean == 0 and following[place] <= 0):
                strings.open(mark)
        elif mark.lean > 0 and ahead:
            if ahead + (mark.family in within) <= depth:  # not enough to close both: the outer one lacks its mark
                strings.close(mark.family, mark.start)
            strings.open(mark)
        elif not (mark.weak and sure[place] >= depth):
            strings.close(mark.family, mark.end, mark)
    return strings.pairs, strings.opened


def _by_string(marks: Sequence[Mark], outer: Sequence[Pair], limit: int) -> list[tuple[int, list[Mark]]]:
    """Sort single marks by the innermost string that holds them, given with its end; one may not reach out of it."""
    groups: dict[int, list[Mark]] = {}
    stack: list[int] = []
    ahead = 0
    for mark in marks:
        while ahead < len(outer) and outer[ahead].opening.start < mark.start:
            while stack and outer[stack[-1]].end <= outer[ahead].opening.start:
                stack.pop()
            stack.append(ahead)
            ahead += 1
        while stack and outer[stack[-1]].end <= mark.start:
            stack.pop()
        groups.setdefault(stack[-1] if stack else -1, []).append(mark)
    return [(limit if place < 0 else outer[place].inner_end, group) for place, group in groups.items()]


def _single_pairs(marks: Sequence[Mark], limit: int, runs_on: AbstractSet[Mark]) -> list[Pair]:
    """Pair single marks; one that opens and finds no other is an apostrophe, unless the next paragraph takes it up."""
    pairs: list[Pair] = []
    stack: list[Mark] = []
    last = max((place for place, mark in enumerate(marks) if mark.lean < 0), default=-1)
    for place, (mark, ahead) in enumerate(zip(marks, _ahead(marks, weak=False), strict=True)):
        if mark.lean > 0:
            if not stack and (ahead or mark in runs_on or (place < last and not mark.weak)):
                stack.append(mark)
            elif stack and ahead and not mark.weak:
                if ahead <= len(stack):
                    stack.pop()
                if len(stack) < DEEPEST:
                    stack.append(mark)
        elif stack and not (mark.weak and (ahead >= len(stack) or stack[-1] in runs_on)):
            pairs.append(Pair(stack.pop(), mark.end, mark))
    return pairs + [Pair(mark, limit, None, continues=True) for mark in stack if mark in runs_on]
