"""Disturbs quotes the way print and typing do, without ever changing a stance."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from model.errors import QuoteError
from model.quote import LabelledQuote, Quote, carrier_with_slot, render

_ASIDES = ("(Applause.)", "(Laughter.)", "(applause)", "(laughter)", "[Applause]")
_DOTS = ("...", ". . .")
_SLIPS = 2  # most typing slips in a quote
_KEPT = 3  # letters at the start of a word that no slip touches: "un" and "dis" stay, "friend" becomes no "fiend"
_BREAKABLE = 8  # letters of a word that a line's end may have broken

# Words with an apostrophe are left alone: "couldn't" is a negation.
_WORD = re.compile(r"(?<![\w'])[^\W\d_]{5,}(?![\w'])")
_UNTOUCHED = re.compile(
    r"never|cannot|nothing|nobody|neither|nowhere|without|unless|against|hardly|barely|scarcely"
    r"|(?:are|could|did|does|had|has|have|is|might|must|need|should|was|were|would)nt"
    r"|(?:refus|reject|den[iy]|oppos|complain)\w*",
    re.IGNORECASE,
)
"""Negations, with and without their apostrophe, and "complaint", which a slip makes "compliant"."""
_APOSTROPHE = re.compile(r"(?<=\w)'(?=(?:t|s|ve|m)\b)", re.IGNORECASE)
_CLAUSE_BORDER = re.compile(r"[,;] (?=\w)")
_FIRST_LETTER = re.compile(r"[^\W\d_]")
_BRACKETABLE = re.compile(r"\b(?:the|this|that|these|those|our|their|his|her)\b")


def noisy_all(quotes: Sequence[LabelledQuote], share: float, rng: random.Random) -> list[LabelledQuote]:
    """Disturb a share of the quotes, each drawn for itself; the others pass unchanged, the order stays."""
    return [replace(quote, quote=sometimes_noisy(quote.quote, share, rng)) for quote in quotes]


def sometimes_noisy(quote: Quote, share: float, rng: random.Random) -> Quote:
    """Disturb a quote in a share of the cases."""
    return noisy(quote, rng) if rng.random() < share else quote


def noisy(quote: Quote, rng: random.Random) -> Quote:
    """Return the quote with one disturbance, drawn from those that change it; its slots must be filled.

    It starts from the rendered text, so that nothing is disturbed that rendering would mend (kinds of quotation
    marks, dashes and spaces, a last comma). A carrier that holds the quote itself gets `[Q]`. The quote stays as it
    was where nothing applies or the outcome would be no valid quote.
    """
    text = render(quote).text
    changed = (disturb(text, rng) for disturb in rng.sample(_DISTURBANCES, len(_DISTURBANCES)))
    try:
        disturbed = next((each for each in changed if each != text), None)
        return quote if disturbed is None else replace(quote, text=disturbed, carrier=carrier_with_slot(quote))
    except QuoteError:
        return quote


def _lower_start(text: str, _: random.Random) -> str:
    at = _start(text)
    return text if at is None else text[:at] + text[at].lower() + text[at + 1 :]


def _no_full_stop(text: str, _: random.Random) -> str:
    return text if text.endswith("..") else text.removesuffix(".")


def _ellipsis(text: str, rng: random.Random) -> str:
    dots = rng.choice(_DOTS)
    cut = text.removesuffix(".")
    outcomes = [f"{dots} {text}", f"{cut} {dots}"]
    borders = list(_CLAUSE_BORDER.finditer(text))
    if borders:
        border = rng.choice(borders)
        outcomes.append(_instead(border, f" {dots} "))
    return rng.choice(outcomes)


def _brackets(text: str, rng: random.Random) -> str:
    first, *others = text.split(" ", 1)
    outcomes = [" ".join((f"[{first}]", *others))]
    at = _start(text)
    if at is not None:
        outcomes.append(f"{text[:at]}[{text[at].swapcase()}]{text[at + 1 :]}")
    words = list(_BRACKETABLE.finditer(text))
    if words:
        word = rng.choice(words)
        outcomes.append(_instead(word, f"[{word[0]}]"))
    return rng.choice(outcomes)


def _capitals(text: str, _: random.Random) -> str:
    return text.upper()


def _no_capitals(text: str, _: random.Random) -> str:
    return text.lower()


def _slips(text: str, rng: random.Random) -> str:
    words = _touchable(text)
    chosen = rng.sample(words, min(len(words), rng.randint(1, _SLIPS)))
    # From the end, so that the places before stay right.
    for word in sorted(chosen, key=lambda word: word.start(), reverse=True):
        text = text[: word.start()] + _slipped(word[0], rng) + text[word.end() :]
    return text


def _slipped(word: str, rng: random.Random) -> str:
    at = rng.randrange(_KEPT, len(word) - 1)
    start, letter, after, rest = word[:at], word[at], word[at + 1], word[at + 2 :]
    outcomes = [start + after + rest, start + letter * 2 + after + rest]
    if rest and letter != after:
        outcomes.append(start + after + letter + rest)
    return rng.choice(outcomes)


def _no_apostrophes(text: str, _: random.Random) -> str:
    # Only where no other word comes out: "we're" and "he'll" keep theirs.
    return _APOSTROPHE.sub("", text)


def _aside(text: str, rng: random.Random) -> str:
    return f"{text} {rng.choice(_ASIDES)}"


def _hyphen(text: str, rng: random.Random) -> str:
    words = [word for word in _touchable(text) if len(word[0]) >= _BREAKABLE]
    if not words:
        return text
    word = rng.choice(words)
    at = rng.randrange(word.start() + _KEPT, word.end() - _KEPT + 1)
    return f"{text[:at]}-{text[at:]}"


def _start(text: str) -> int | None:
    """Return the place of the first letter, None where it is "I" or begins an abbreviation."""
    first = _FIRST_LETTER.search(text)
    return first.start() if first and text[first.end() : first.end() + 1].islower() else None


def _instead(match: re.Match[str], new: str) -> str:
    """Return the text in which something was found with something else in its place."""
    return match.string[: match.start()] + new + match.string[match.end() :]


def _touchable(text: str) -> list[re.Match[str]]:
    return [word for word in _WORD.finditer(text) if not _UNTOUCHED.fullmatch(word[0])]


_DISTURBANCES: Sequence[Callable[[str, random.Random], str]] = (
    _lower_start,
    _no_full_stop,
    _ellipsis,
    _brackets,
    _capitals,
    _no_capitals,
    _slips,
    _no_apostrophes,
    _aside,
    _hyphen,
)
