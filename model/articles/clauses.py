"""Reads an article as sentences in which each string in quotation marks is a single token."""

from collections import deque
from collections.abc import Sequence
from itertools import groupby

from model.articles.grammar import NO_STRING, Token, Tokens, is_tag
from model.articles.marks import Marked
from model.articles.spans import Span
from model.articles.words import Word, read_words

_ENDS = frozenset(".!?")
_OPENING = frozenset(["(", "[", "—", "\u2013"])
_INNER_MARKS = "\"'”\u2019» "
_LONGEST = 100  # tokens; a longer sentence is cut, as the rules take time that grows with its square
_BRACKETED = 12  # tokens; a bracket that is open longer was never closed


def read_paragraphs(text: str, strings: Sequence[Marked]) -> list[list[Tokens]]:
    """Give the sentences of each paragraph that has a string or stands beside one, and none of the others.

    Strings inside others are part of those.
    """
    outermost = [number for number, string in enumerate(strings) if string.depth == 0]
    words = read_words(text, [strings[number].outer for number in outermost])
    paragraphs = [list(group) for _, group in groupby(words, key=lambda word: word.paragraph)]
    quoted = [any(word.quoted for word in paragraph) for paragraph in paragraphs]
    waiting = deque((strings[number].outer, number) for number in outermost)
    read: list[list[Tokens]] = []
    for number, paragraph in enumerate(paragraphs):
        near = any(quoted[max(0, number - 1) : number + 2])
        read.append(_split(_tokens(text, paragraph, waiting)) if near else [])
    return read


def _tokens(text: str, words: Sequence[Word], waiting: deque[tuple[Span, int]]) -> list[Token]:
    tokens: list[Token] = []
    for word in words:
        if not word.quoted:
            tokens.append(_of_word(word))
        while waiting and waiting[0][0].start <= word.start:
            outer, number = waiting.popleft()
            tokens.append(Token(outer.of(text), "", outer.start, outer.end, number, word=False, capital=False))
    return tokens


def _of_word(word: Word) -> Token:
    first = word.text[0]
    low = word.text.lower().replace("\u2019", "'")
    return Token(word.text, low, word.start, word.end, NO_STRING, first.isalnum() or first in "%$€£", first.isupper())


def _split(tokens: Tokens) -> list[Tokens]:
    sentences: list[Tokens] = []
    start = 0
    opened = -_BRACKETED
    for place, token in enumerate(tokens):
        if token.text in {"(", "["}:
            opened = place
        elif token.text in {")", "]"}:
            opened = -_BRACKETED
        ended = place - opened >= _BRACKETED and _ends(tokens, place)
        if ended or place - start >= _LONGEST:
            sentences.append(tokens[start : place + 1])
            start = place + 1
    if start < len(tokens):
        sentences.append(tokens[start:])
    return sentences


def _ends(tokens: Tokens, place: int) -> bool:
    """Whether a sentence ends with this token: at a full stop, or at one in the end of a string."""
    if place + 1 == len(tokens):
        return True
    token, following = tokens[place], tokens[place + 1]
    begins = following.string >= 0 or following.capital or following.text[0].isdigit() or following.text in _OPENING
    if token.string < 0:
        return token.text in _ENDS and begins
    words = token.text.rstrip(_INNER_MARKS)
    if not begins or words[-1:] not in {*_ENDS, "…"}:
        return False
    stopped = words[-1] == "." and not words.endswith("..")
    return stopped or following.string >= 0 or not is_tag(tokens, place + 1)
