"""A quote, with or without the sentence that carries it, and the one way in which the model gets to read it."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from model.errors import QuoteError

MAX_CHARACTERS = 100_000
"""The longest quote or carrier; an article is an order of magnitude shorter."""

_MOST_MARKS = 30
"""Combining marks on one letter: what Unicode's stream-safe format allows, and more than any script has."""

SLOT = "[Q]"
"""Stands in the carrier where the quote was."""

_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u0060\u00b4", "'"),
        **dict.fromkeys("\u2010\u2011\u2012", "-"),
        **dict.fromkeys("\u2013\u2014\u2015", " - "),
    }
)
_SPACES = re.compile(r"\s+")
_DOUBLED_APOSTROPHES = re.compile(r"''|``")


@dataclass(frozen=True, slots=True)
class Quote:
    """One direct quotation as published; `carrier` is the sentence around it, with `[Q]` where the quote stands.

    A carrier that holds the quote itself instead of `[Q]` is accepted too. Raises QuoteError for a text that is
    empty, too long or not valid Unicode, and for a carrier without the quote.
    """

    text: str
    carrier: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        _check("text", self.text)
        if not _bare(self.text):
            raise QuoteError("text_empty", "text holds nothing but quotation marks or a comma")
        if self.carrier is not None:
            _check("carrier", self.carrier)
            if SLOT not in self.carrier and self.text not in self.carrier:
                message = f"carrier holds neither {SLOT} nor the quote: put {SLOT} where the quote stands"
                raise QuoteError("carrier_without_quote", message)


@dataclass(frozen=True, slots=True)
class LabelledQuote:
    """A quote with its label and what splitting needs: quotes of one group never part.

    group: story, document or speaker; pair: a set of near-twins with other labels; split: train, dev or test where
    the data came divided; source: the file and line it was read from; corpus: the collection it belongs to.
    """

    quote: Quote
    label: str
    group: str | None = None
    pair: str | None = None
    split: str | None = None
    source: str = ""
    corpus: str = ""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the tokenizer reads: the quote and, as second segment, its carrier."""

    text: str
    carrier: str | None


def render(quote: Quote) -> Rendering:
    """Render a quote into model input: the only place that decides how a quote looks to the model.

    Typography carries no stance, so it is taken out here rather than learned: quotation marks, dashes and spaces
    get one form (NFKC first), marks around the whole quote and a comma before the closing mark go.
    """
    slotted = carrier_with_slot(quote)
    carrier = None if slotted is None else _plain(slotted)
    return Rendering(_bare(quote.text), carrier)


def _bare(text: str) -> str:
    plain = _plain(text)
    if len(plain) > 1 and plain[0] == plain[-1] == '"' and '"' not in plain[1:-1]:
        plain = plain[1:-1].strip()
    return plain.removesuffix(",").rstrip()


def carrier_with_slot(quote: Quote) -> str | None:
    """Return the carrier with `[Q]` where it holds the quote itself, so that a changed quote still stands in it."""
    if quote.carrier is None or SLOT in quote.carrier:
        return quote.carrier
    return quote.carrier.replace(quote.text, SLOT, 1)


def without_carrier(quote: LabelledQuote) -> LabelledQuote:
    """Return the quote as somebody sees it who has no article."""
    return replace(quote, quote=replace(quote.quote, carrier=None))


def _plain(text: str) -> str:
    # Both before and after: NFKC takes a spacing accent apart, and makes dashes out of their small forms.
    plain = unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY)).translate(_TYPOGRAPHY)
    return _SPACES.sub(" ", _DOUBLED_APOSTROPHES.sub('"', plain)).strip()


def _check(field: str, text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message = f"{field} has {len(text):,} characters, at most {MAX_CHARACTERS:,} are read: split it"
        raise QuoteError(f"{field}_too_long", message)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"{field} is not valid Unicode: lone surrogate at character {error.start}"
        raise QuoteError(f"{field}_not_unicode", message) from error
    if not text.isascii():
        _check_normal_form(field, text)
    if not any(unicodedata.category(character)[0] not in "CZ" for character in text):
        raise QuoteError(f"{field}_empty", f"{field} is empty or holds only spaces")


def _check_normal_form(field: str, text: str) -> None:
    """Refuse what NFKC makes a book of, or takes long to bring into order: marks, in the square of their number."""
    counts = Counter(text)
    length = sum(count * len(unicodedata.normalize("NFKC", character)) for character, count in counts.items())
    if length > MAX_CHARACTERS:
        message = (
            f"{field} has {length:,} characters with its ligatures written out, at most {MAX_CHARACTERS:,} are read"
        )
        raise QuoteError(f"{field}_too_long", f"{message}: split it")
    marks = "".join(character for character in counts if _is_mark(character))
    if marks and (found := re.search(f"[{re.escape(marks)}]{{{_MOST_MARKS + 1}}}", text)):
        message = (
            f"{field} has more than {_MOST_MARKS} combining marks in a row at character {found.start()}: leave them out"
        )
        raise QuoteError(f"{field}_too_many_marks", message)


def _is_mark(character: str) -> bool:
    return all(unicodedata.combining(part) for part in unicodedata.normalize("NFKD", character))
