"""From a rendered quote to token ids: one window for most quotes, sentence windows for long ones."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tokenizers import Tokenizer

from model.quote import SLOT, Rendering

# Possessive and anchored, so that a hundred thousand full stops take linear time.
_SENTENCE_END = re.compile(r"(?<![.!?;:])[.!?;:]++[\"')\]]*+\s+")

_ODD = "No \U00013000! "  # a hieroglyph, which most vocabularies lack


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the model. ids and types have one entry per token; weight is the number of quote tokens."""

    ids: Sequence[int]
    types: Sequence[int]
    weight: int


@contextmanager
def _panics_as_errors() -> Iterator[None]:
    """Raise ValueError where the tokenizer's Rust gives up: its own exception is none that one would catch."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(f"its tokenizer breaks down: {error}") from error


@_panics_as_errors()
def open_tokenizer(data: bytes) -> Tokenizer:
    """Open a tokenizer.json for exact work: it neither cuts, pads nor draws lots, and "[SEP]" in a quote stays a word.

    Raises ValueError for what is no tokenizer.json.
    """
    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    if getattr(tokenizer.model, "dropout", None):
        tokenizer.model.dropout = None
    return tokenizer


def extreme_window(tokenizer: Tokenizer, max_tokens: int) -> Window:
    """Return a window as long as any, of the largest id and the largest type that a quote can bring.

    A graph that reads it has a row for whatever it will look up. Raises ValueError for a tokenizer that can't make the
    windows of `encode`, and whatever the tokenizer raises for characters that it does not know.
    """
    marks = [tokenizer.num_special_tokens_to_add(is_pair) for is_pair in (False, True)]
    if not all(0 < count <= max_tokens // 4 for count in marks):
        raise ValueError(f"its tokenizer adds {marks[0]} special tokens to a quote, {marks[1]} to one with its carrier")
    long = _ODD * max_tokens
    windows = (
        *encode(tokenizer, Rendering(_ODD, None), max_tokens),
        *encode(tokenizer, Rendering(long, long + SLOT), max_tokens),
    )
    if windows[0].weight != _count(tokenizer, _ODD) or any(len(window.ids) > max_tokens for window in windows):
        raise ValueError("its tokenizer leaves the quote out or says it twice")
    largest = max([*tokenizer.get_vocab().values(), *(token for window in windows for token in window.ids)])
    kind = max(kind for window in windows for kind in window.types)
    return Window([largest] * max_tokens, [kind] * max_tokens, max_tokens)


@_panics_as_errors()
def encode(tokenizer: Tokenizer, rendering: Rendering, max_tokens: int) -> tuple[Window, ...]:
    """Encode a rendered quote into windows of at most max_tokens tokens each.

    Every token of the quote is in exactly one window; a window ends with a sentence where one ends in its second
    half. Each window keeps the carrier, of which at most a third of the window around the slot is read.
    """
    window = _window(tokenizer, rendering.text, rendering.carrier)
    if len(window.ids) <= max_tokens:
        return (window,)
    carrier = _trimmed(tokenizer, rendering.carrier, max_tokens // 3) if rendering.carrier else None
    room = max_tokens - tokenizer.num_special_tokens_to_add(carrier is not None) - _count(tokenizer, carrier)
    pieces = tuple(_window(tokenizer, piece, carrier) for piece in _pieces(tokenizer, rendering.text, room))
    # A text of nothing but characters that the tokenizer drops is still one window.
    return pieces or (_window(tokenizer, "", carrier),)


def _window(tokenizer: Tokenizer, text: str, carrier: str | None) -> Window:
    encoding = tokenizer.encode(text, carrier)
    weight = sum(1 for sequence in encoding.sequence_ids if sequence == 0)
    return Window(encoding.ids, encoding.type_ids, weight)


def _count(tokenizer: Tokenizer, text: str | None) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids) if text else 0


def _trimmed(tokenizer: Tokenizer, carrier: str, most: int) -> str:
    """Return the part of the carrier around the slot that has at most `most` tokens."""
    offsets = tokenizer.encode(carrier, add_special_tokens=False).offsets
    if len(offsets) <= most:
        return carrier
    place = carrier.index(SLOT)
    slot = next(i for i, (_, end) in enumerate(offsets) if end > place)
    first = max(0, min(slot - most // 2, len(offsets) - most))
    return carrier[offsets[first][0] : offsets[first + most - 1][1]]


def _pieces(tokenizer: Tokenizer, text: str, room: int) -> Iterator[str]:
    """Cut text into pieces of at most `room` tokens, after a sentence where one ends in the piece's second half."""
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    starts = {match.end() for match in _SENTENCE_END.finditer(text)}
    first = 0
    while first < len(offsets):
        last = min(first + room, len(offsets))
        if last < len(offsets):
            last = next((i for i in range(last, first + room // 2, -1) if offsets[i][0] in starts), last)
            last = _word_start(offsets, first, last)
        yield text[offsets[first][0] : offsets[last - 1][1]]
        first = last


def _word_start(offsets: Sequence[tuple[int, int]], first: int, last: int) -> int:
    """Move a cut back to the start of a word, so that the pieces' tokens are the whole text's tokens."""
    cut = last
    while cut > first + 1 and offsets[cut][0] == offsets[cut - 1][1]:
        cut -= 1
    return cut if cut > first + 1 else last
