"""Changes in a text that know where everything has gone."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from model.articles.spans import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Puts `new` in the place of text[start:end]."""

    start: int
    end: int
    new: str


class Edited:
    """A text after edits, none of which overlap; an insertion before another edit at the same place comes first."""

    def __init__(self, text: str, edits: Sequence[Edit]) -> None:
        self._edits = sorted(edits)
        parts, place = [], 0
        for edit in self._edits:
            if edit.start < place:
                raise ValueError(f"edits overlap at {edit.start}")
            parts += [text[place : edit.start], edit.new]
            place = edit.end
        self.text = "".join([*parts, text[place:]])
        grown = (len(edit.new) - (edit.end - edit.start) for edit in self._edits)
        self._shifts = [0, *accumulate(grown)]
        self._starts = [edit.start for edit in self._edits]

    def moved(self, span: Span) -> Span:
        """Return where a span of the old text stands now; an edit that it cuts belongs to it as a whole."""
        return Span(self._place(span.start, ends=False), self._place(span.end, ends=True))

    def _place(self, place: int, *, ends: bool) -> int:
        # What is inserted at a span's edge stays outside of it.
        before = bisect_right(self._starts, place) if not ends else bisect_right(self._starts, place - 1)
        if before == 0:
            return place
        last = self._edits[before - 1]
        if place < last.end:
            return last.start + self._shifts[before - 1] + (len(last.new) if ends else 0)
        return place + self._shifts[before]
