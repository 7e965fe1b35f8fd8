"""The names that are known in real quotes: what each word stands for, and one pattern that finds them all."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cache
from itertools import groupby

from training.names import Names


class Kind(Enum):
    """What is exchanged only for its like."""

    COUNTRY = "country"
    CITY = "city"
    PERSON = "person"
    SURNAME = "surname"
    MEMBERS = "party, by its members"
    BARE = "party, without an article"
    INITIALS = "party, by its initials"


class Form(IntEnum):
    """How a thing is named; the place of the form in `Vocabulary.forms`."""

    NAME = 0
    PLURAL = 1
    ADJECTIVE = 2
    FIRST_NAME = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What a word stands for."""

    kind: Kind
    thing: str
    form: Form


@dataclass(frozen=True, slots=True)
class Person:
    """The parts of a full name; given is None where the surname comes first."""

    surname: str
    given: str | None
    woman: bool


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """All that is known.

    pattern has the groups article, title, known and surname (an unknown one, behind a title); forms gives the words
    for a thing in the order of Form.
    """

    pattern: re.Pattern[str]
    words: Mapping[str, Known]
    forms: Mapping[Kind, Mapping[str, Sequence[str]]]
    people: Mapping[str, Person]


@cache
def vocabulary_of(names: Names) -> Vocabulary:
    """Build the vocabulary of the names, once."""
    people = dict(_people(names))
    forms = _forms(names)
    words = {
        word: Known(kind, thing, Form(form))
        for kind, things in forms.items()
        for thing, named in things.items()
        # The adjective before the name: where both are one word, it is known as the name.
        for form, word in reversed(list(enumerate(named)))
    }
    # A surname that is drawn but stands for nobody known is found behind a title only.
    words = {word: known for word, known in words.items() if word not in names.surnames}
    words |= {full: Known(Kind.PERSON, full, Form.NAME) for full in people}
    words |= {first: Known(Kind.PERSON, full, Form.FIRST_NAME) for first, full in names.people.first_names.items()}
    words |= {word: Known(Kind.COUNTRY, "America", Form.NAME) for word in ("United States", "the United States")}
    for short, country in _ABBREVIATIONS.items():
        words |= {
            short: Known(Kind.COUNTRY, country, Form.ADJECTIVE),
            f"the {short}": Known(Kind.COUNTRY, country, Form.NAME),
        }
    return Vocabulary(_pattern(names, words), words, forms, people)


def _people(names: Names) -> Iterator[tuple[str, Person]]:
    for full, alone in (*names.people.women.items(), *names.people.men.items()):
        surname = alone or full.rsplit(" ", 1)[1]
        given = full.removesuffix(f" {surname}")
        yield full, Person(surname, given if given != full else None, full in names.people.women)


def _forms(names: Names) -> dict[Kind, dict[str, Sequence[str]]]:
    alone = [surname for surname in (*names.people.women.values(), *names.people.men.values()) if surname]
    parties = names.parties
    return {
        Kind.COUNTRY: {
            country: (country, _plural(adjective), adjective)
            for country, adjective in (*names.countries.items(), *names.further_countries.items())
        },
        Kind.CITY: {city: (city,) for city in names.cities},
        Kind.SURNAME: {surname: (surname,) for surname in (*names.surnames, *alone)},
        Kind.MEMBERS: {forms[0]: forms for forms in parties.members},
        Kind.BARE: {party: (party,) for party in parties.bare},
        Kind.INITIALS: {party: (party,) for party in parties.initials},
    }


def _plural(adjective: str) -> str:
    return f"{adjective} people" if re.search(r"(?:sh|ch|se|ss|ic)$", adjective) else f"{adjective}s"


_TITLES = (
    "Mr|Mrs|Ms|Dr|President|Prime Minister|Chancellor|Premier|Minister|Foreign Minister|Secretary|Senator|Sen|"
    "Representative|Rep|Congressman|Congresswoman|Governor|Gov|Ambassador|General|King|Queen|Chairman"
)
NO_NOUN = (
    "a|about|after|against|alone|also|an|and|are|as|at|be|because|been|before|but|by|can|could|did|do|does|for|from|had|"
    "has|have|he|here|his|I|if|in|is|it|like|may|might|must|nor|not|now|of|on|or|our|said|say|says|shall|she|should|"
    "than|that|the|their|then|there|they|this|to|want|wants|was|we|were|when|which|while|who|whom|whose|will|with|would|"
    "you"
)
"""Words that no adjective stands before."""
_NO_SURNAME = "Assembly|Attorney|Council|Court|Election|Electric|Motors|Order|Speaker|Staff"
# Nouns before which "US" describes; before others it may as well be the subject of a verb.
_STATE = (
    "administration|aid|ambassador|army|citizens|companies|diplomats|economy|embassy|envoy|forces|government|interests|"
    "lawmakers|leaders|military|officials|people|policy|president|sanctions|soldiers|troops|voters"
)
_ABBREVIATIONS = {"US": "America", "U.S.": "America", "UK": "Britain", "U.K.": "Britain"}
_LONGER = "Army|Day|Department|Forces|Guard|Ministry|Post|Republic|Times|Unionist|University"
_INITIAL = re.compile(r"\b[A-Z]\. (?=\w)")


def _pattern(names: Names, words: Iterable[str]) -> re.Pattern[str]:
    first, ordinary = set(names.people.first_names), set(names.ordinary_words)
    anywhere = {word for word in words if not word.startswith("the ")} - first - ordinary - _ABBREVIATIONS.keys()
    abbreviations = "|".join(map(re.escape, _ABBREVIATIONS))
    titles = _TITLES.replace(" ", r"\ ")
    return re.compile(
        rf"""
        \b(?:(?P<article>[Aa]n?)\ )?
        (?:(?P<title>{titles})\.?\ )?
        (?:
          (?P<known>
            (?<!South\ )(?<!North\ )(?<!Latin\ )(?<!Central\ )  # "Latin American", "South Sudan"
            (?:{_alternatives(anywhere)}
              |[Tt]he\ (?:United\ States|(?:{abbreviations})(?=\ (?:{NO_NOUN})\b|[,;:!?'\u2019]|\.(?:\ |$)|$))
              |(?:{abbreviations})(?=\ (?:{_STATE})\b)
              |(?:{_alternatives(first)})(?!\ [A-Z])
              |(?<=[\w,;:]\ )(?:{_alternatives(ordinary)})
              |(?:{_alternatives(ordinary)})(?=\ Party\b)
            )
            (?!\w)(?!\ (?:{_LONGER})\b)
          )
          |(?(title)(?!(?:{titles}|{_NO_SURNAME})\b)(?P<surname>[A-Z](?:[\w-]|['\u2019](?!s\b))*\w)|(?!))
        )
        """,
        re.VERBOSE,
    )


def _alternatives(words: Iterable[str]) -> str:
    """Write a pattern for words, longest first, that looks at the first letter once; initials may stand in a name."""
    return "|".join(
        re.escape(letter)
        + "(?:"
        + "|".join(re.escape(word[1:]).replace(r"\ ", r"\ (?:[A-Z]\.\ )?") for word in same)
        + ")"
        for letter, same in groupby(
            sorted(words, key=lambda word: (word[0], -len(word), word)), key=lambda word: word[0]
        )
    )


def looked_up(vocabulary: Vocabulary, found: str) -> Known:
    """Return what a match of the group `known` stands for."""
    return vocabulary.words[_INITIAL.sub("", found.replace("The ", "the ", 1))]
