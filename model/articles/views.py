"""What an encoder reads of an article for a string in quotation marks: the string in its context, others cut short."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from tokenizers import Tokenizer

from model.articles.attribution import Pointed
from model.articles.marks import Marked
from model.articles.paragraphs import paragraphs
from model.articles.spans import Span
from model.encoding import Window

LONGEST = 144
"""Tokens of a view, at most."""

_BEFORE, _AFTER = 64, 40  # tokens of context
_TARGET = (12, 7)  # tokens kept of the string's beginning and end
_OTHER = (5, 4)  # and of other strings': they tell of a dialogue, not of who speaks
_TENTHS = 10

# Typography tells nothing of who speaks; one character for one, so that offsets stay.
_PLAIN = str.maketrans(
    {**dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u0060\u00b4", "'"), **dict.fromkeys("\u2010\u2011\u2012", "-")}
)


class Sign(Enum):
    """Tokens that stand for something other than words; the values are names in BERT's vocabulary."""

    START = "[CLS]"
    STOP = "[SEP]"
    MARK = '"'
    OPEN = "[unused1]"
    CLOSE = "[unused2]"
    GAP = "[unused3]"
    PARAGRAPH = "[unused4]"
    SOURCE = "[unused5]"
    SOURCE_END = "[unused6]"
    CUE = "[unused7]"
    CUE_END = "[unused8]"


class _Token(NamedTuple):
    """A token and its place in the article; a sign of ours has none (start is -1)."""

    id: int
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class View:
    """What is read for one string: the window, and for each of its tokens the place in the article.

    None for tokens that can't name a speaker: signs, and the words of strings.
    """

    window: Window
    places: Sequence[Span | None]


class Signs:
    """The ids of the signs in a vocabulary. Raises ValueError for one that lacks them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        names = [*(sign.value for sign in Sign), *(f"[unused{10 + tenth}]" for tenth in range(_TENTHS + 1))]
        found = {name: token for name in names if (token := tokenizer.token_to_id(name)) is not None}
        if len(found) < len(names):
            missing = next(name for name in names if name not in found)
            raise ValueError(f"its vocabulary has no {missing}: it must be BERT's")
        self._ids = {sign: found[sign.value] for sign in Sign}
        self._tenths = [found[name] for name in names[-_TENTHS - 1 :]]

    def of(self, sign: Sign) -> _Token:
        """Return the token of a sign."""
        return _Token(self._ids[sign])

    def likelihood(self, share: float) -> _Token:
        """Return the token that tells how likely something is, in tenths."""
        return _Token(self._tenths[round(share * _TENTHS)])


class Views:
    """An article in tokens, from which the view of each of its outermost strings is cut."""

    def __init__(self, text: str, strings: Sequence[Marked], tokenizer: Tokenizer, signs: Signs) -> None:
        self._signs = signs
        self._items: list[_Token] = []
        self._targets: dict[int, tuple[int, int, list[_Token]]] = {}
        self._read(_tokens(text, tokenizer), strings, [place.start for place in paragraphs(text)])

    def view(self, string: int, hint: Pointed | None) -> View:
        """Return what is read for a string, by its number; hint: what the rules say of it, which is shown, too."""
        begin, end, words = self._targets[string]
        sign = self._signs.of
        shown = [
            sign(Sign.START),
            *([self._signs.likelihood(hint.is_quote)] if hint else []),
            *self._items[max(0, begin - _BEFORE) : begin],
            sign(Sign.OPEN),
            *self._short(words, _TARGET),
            sign(Sign.CLOSE),
            *self._items[end : end + _AFTER],
            sign(Sign.STOP),
        ]
        if hint and hint.source:
            shown = _bracketed(shown, hint.source, sign(Sign.SOURCE), sign(Sign.SOURCE_END))
        if hint and hint.cue:
            shown = _bracketed(shown, hint.cue, sign(Sign.CUE), sign(Sign.CUE_END))
        return View(
            Window([token.id for token in shown], [0] * len(shown), len(shown)),
            [Span(token.start, token.end) if token.start >= 0 else None for token in shown],
        )

    def _read(self, tokens: Sequence[_Token], strings: Sequence[Marked], breaks: Sequence[int]) -> None:
        place, paragraph = 0, 0
        starts = [token.start for token in tokens]
        outermost = [(number, string) for number, string in enumerate(strings) if string.depth == 0]
        for number, string in outermost:
            upto = max(place, bisect_left(starts, string.outer.start))
            paragraph = self._add(tokens[place:upto], breaks, paragraph)
            beyond = max(upto, bisect_left(starts, string.outer.end))
            inside = [
                _Token(token.id)
                for token in tokens[upto:beyond]
                if string.span.start <= token.start and token.end <= string.span.end
            ]
            paragraph = self._break(string.outer.start, breaks, paragraph)
            begin = len(self._items)
            mark = self._signs.of(Sign.MARK)
            self._items += [mark, *self._short(inside, _OTHER), mark]
            self._targets[number] = begin, len(self._items), inside
            place = beyond
        self._add(tokens[place:], breaks, paragraph)

    def _add(self, tokens: Sequence[_Token], breaks: Sequence[int], paragraph: int) -> int:
        for token in tokens:
            paragraph = self._break(token.start, breaks, paragraph)
            self._items.append(token)
        return paragraph

    def _break(self, start: int, breaks: Sequence[int], paragraph: int) -> int:
        """Put a sign where a new paragraph begins and return the number of paragraphs that have begun."""
        begun = paragraph
        while begun < len(breaks) and breaks[begun] <= start:
            begun += 1
        if begun > paragraph and self._items:
            self._items.append(self._signs.of(Sign.PARAGRAPH))
        return begun

    def _short(self, words: Sequence[_Token], keep: tuple[int, int]) -> Iterator[_Token]:
        first, last = keep
        if len(words) <= first + last + 1:
            yield from words
        else:
            yield from (*words[:first], self._signs.of(Sign.GAP), *words[-last:])


def _tokens(text: str, tokenizer: Tokenizer) -> list[_Token]:
    encoding = tokenizer.encode(text.translate(_PLAIN), add_special_tokens=False)
    return [_Token(token, *place) for token, place in zip(encoding.ids, encoding.offsets, strict=True)]


def _bracketed(shown: list[_Token], span: Span, opening: _Token, closing: _Token) -> list[_Token]:
    """Put signs around the tokens of a span, if any of it is shown."""
    inside = [place for place, token in enumerate(shown) if span.start <= token.start and token.end <= span.end]
    if not inside:
        return shown
    first, last = inside[0], inside[-1] + 1
    return [*shown[:first], opening, *shown[first:last], closing, *shown[last:]]
