"""Exchanges the names in quotes for others of their kind: countries, cities, people and parties."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from model.errors import QuoteError
from model.quote import LabelledQuote, Quote, carrier_with_slot
from training.names import Names, fill_all, read_names, slots_of
from training.vocabulary import NO_NOUN, Form, Kind, Vocabulary, looked_up, vocabulary_of

# "Republican senators", "Republican and Democratic senators", "Republican-led", but not "a Republican and a friend".
_DESCRIBES = re.compile(rf"(?: (?:and|or) [A-Z]\w+)?[ -](?!(?:{NO_NOUN})\b)\w")
# "an Iranian", "an Uzbek", "an SPD senator", but "a Ugandan", "a British".
_TAKES_AN = re.compile(r"[AEIO]|Uzb|[FHLMNRSX][A-Z]")


class Exchange:
    """Replaces known names by others of their kind, one name for one name throughout a quote and its carrier.

    What belongs together moves together: a country with its adjective and its people, a full name with the surname
    and a first name that stands alone, a party's members with its adjective. Grammar holds: a noun takes the place of
    a noun, a plural that of a plural, and "a" becomes "an" before a vowel.
    """

    def __init__(self, names: Names, rng: random.Random) -> None:
        self._vocabulary, self._rng = vocabulary_of(names), rng

    def finds_in(self, quote: Quote) -> bool:
        """Tell whether the quote or its carrier holds a name that can be exchanged."""
        return any(self._vocabulary.pattern.search(part) for part in (quote.text, quote.carrier or ""))

    def of(self, quote: Quote) -> Quote:
        """Return the quote with new names; it stays as it was where longer names would make it too long."""
        renaming = _Renaming(self._vocabulary, self._rng)
        carrier = carrier_with_slot(quote)
        renamed = None if carrier is None else renaming.of(carrier)
        try:
            return replace(quote, text=renaming.of(quote.text), carrier=renamed)
        except QuoteError:
            return quote


class _Renaming:
    """The new names of one quote."""

    def __init__(self, vocabulary: Vocabulary, rng: random.Random) -> None:
        self._vocabulary, self._rng = vocabulary, rng
        self._chosen: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}

    def of(self, text: str) -> str:
        return self._vocabulary.pattern.sub(self._replaced, text)

    def _replaced(self, match: re.Match[str]) -> str:
        if match["surname"]:
            return _before(match, "surname") + self._surname(match["surname"])
        known = looked_up(self._vocabulary, match["known"])
        if known.kind is Kind.PERSON:
            new = self._person(known.thing, known.form)
        else:
            forms = self._vocabulary.forms[known.kind]
            new = forms[self._new(known.kind, known.thing, forms)][_form(forms[known.thing], known.form, match)]
        if match["article"] and not match["title"]:
            return f"{match['article'][0]}{'n' if _TAKES_AN.match(new) else ''} {new}"
        return _before(match, "known") + new

    def _surname(self, surname: str) -> str:
        return self._new(Kind.SURNAME, surname, self._vocabulary.forms[Kind.SURNAME])

    def _person(self, full: str, form: Form) -> str:
        people = self._vocabulary.people
        surname, woman = self._surname(people[full].surname), people[full].woman
        alike = {name: person for name, person in people.items() if person.woman == woman}
        # The new surname may be that of somebody known; all others get a first name that stands for nobody alone.
        bearers = [name for name, person in alike.items() if person.surname == surname and name != full]
        given = sorted({person.given for person in alike.values() if person.given} - self._vocabulary.words.keys())
        new = self._new(Kind.PERSON, full, bearers or [f"{name} {surname}" for name in given])
        return new if form is Form.NAME else new.removesuffix(surname).removeprefix(surname).strip()

    def _new(self, kind: Kind, name: str, names: Iterable[str]) -> str:
        chosen = self._chosen[kind]
        if name not in chosen:
            others = [other for other in names if other != name]
            taken = set(chosen.values())
            # Two names stay two names, as long as there are enough.
            chosen[name] = self._rng.choice([other for other in others if other not in taken] or others)
        return chosen[name]


def _before(match: re.Match[str], group: str) -> str:
    return match.string[match.start() : match.start(group)]


def _form(forms: Sequence[str], form: Form, match: re.Match[str]) -> Form:
    """Tell a noun from an adjective that looks the same by what comes after it."""
    same = form is Form.NAME and len(forms) > Form.ADJECTIVE and forms[Form.NAME] == forms[Form.ADJECTIVE]
    return Form.ADJECTIVE if same and _DESCRIBES.match(match.string, match.end()) else form


def renamed_all(quotes: Sequence[LabelledQuote], rng: random.Random) -> Iterator[LabelledQuote]:
    """Fill the slots of all quotes as fill_all does, and exchange the names in quotes without slots.

    Yields one quote for each; those that hold neither slots nor known names pass unchanged.
    """
    exchange = Exchange(read_names(), rng)
    for quote, filled in zip(quotes, fill_all(quotes, rng), strict=True):
        if slots_of(quote.quote) or not exchange.finds_in(quote.quote):
            yield filled
        else:
            yield replace(quote, quote=exchange.of(quote.quote))
