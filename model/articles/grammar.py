"""Tells what the words of a sentence are, as far as their look and their neighbours show: verbs, helpers, adverbs."""

from collections.abc import Sequence
from typing import NamedTuple

from model.articles.cues import ALSO_NOUNS, PARTICLES, VERBS, Form, Kind, Verb
from model.articles.words import listed


class Token(NamedTuple):
    """A word, a sign, or a whole string in quotation marks, at text[start:end].

    low: the word in lower case with straight apostrophes, empty for a string. string: which one, or NO_STRING.
    word: it is a word or a number. capital: a word with a capital.
    """

    text: str
    low: str
    start: int
    end: int
    string: int
    word: bool
    capital: bool


NO_STRING = -1
Tokens = Sequence[Token]

POSSESSIVE = frozenset(["'s", "'"])


PERSONS = listed("he she they it we i you")
RELATIVES = listed("who which that")
PRONOUNS = (
    PERSONS | RELATIVES | listed("these those many others everyone someone nobody everybody both several some this")
)
OWNERS = listed("his her their its my our your")
DETERMINERS = OWNERS | listed(
    "the a an this that these those some many several one two three four five six another both no every each all most "
    "few any"
)
ARTICLES = listed("the a an")
JOINERS = listed("of for at from in to with on by about and & against under near between")
DAYS = listed("monday tuesday wednesday thursday friday saturday sunday yesterday today tonight")
TIMES = DAYS | listed(
    "week weeks month months year years day days night morning afternoon evening ago january february march april may "
    "june july august september october november december"
)
OPENERS = DAYS | listed(
    "that as when because while if but where whose whom than how what why although though since before after until "
    "unless whether so yet or nor then via during including like despite amid among within without through into over"
)
"""Words that begin a new part of the sentence; no mention goes on over them."""

_HELPERS = listed(
    "has had have is was are were be been being am did does do would will could can may might must should shall having "
    "get gets got keeps kept"
)
_ADVERBS = listed(
    "also later then once again still even just never always often already now further soon first only both twice too "
    "instead not ever long since sometimes today yesterday thus therefore however meanwhile earlier perhaps"
)
_NO_ADVERBS = listed(
    "family ally assembly bully reply italy july daily weekly monthly emily kelly sally billy willy connolly donnelly "
    "reilly beverly kimberly holly molly lily polly carly supply rally likely early elderly friendly costly lonely "
    "ugly holy deadly fly homily monopoly anomaly"
)
_PASTS = listed(
    "ate became began bent blew bore bought bound broke brought built came caught chose clung crept dealt drew drove "
    "dug fell fled flew forgot fought froze gave got grew had held hid hung hurt kept knelt laid lay led left lent "
    "let lost made meant met overcame paid proved quit ran rang rode rose sank sat sent set shook shut slept slid "
    "sold spent spoke sprang spread spun stood stole strode strove struck stuck swept swung taught threw took tore "
    "turned undertook used went wept withdrew woke won wore"
)
_PRESENTS = listed(
    "appears becomes begins brings comes continues gets gives goes holds keeps knows lays leads leaves loses makes "
    "meets needs pays runs seeks seems sends sets sits speaks spends stands takes tends tries turns uses wants wins"
)
_SHORTEST_PAST = 5  # "shed" and "seed" are no past tenses that tell anything
_BEFORE_BASE = listed("to they we i you not would will could can should may might must who did do does people critics")
_NO_PLURAL = listed("'s his this was is as has")
_AFTER_NOUN = listed("of in on from by and")
_OBJECTS = listed("that it the his her him for")
_NOT_BEFORE_PAST = listed("of for with the in by")


def is_helper(token: Token) -> bool:
    """Whether it is an auxiliary verb; "Will" and "May" are names."""
    return token.low.endswith("n't") or (token.low in _HELPERS and token.text not in {"Will", "May"})


def is_adverb(token: Token) -> bool:
    """Whether it may stand between a subject and its verb."""
    low = token.low
    return low in _ADVERBS or (low.endswith("ly") and low not in _NO_ADVERBS and not token.capital)


def _is_noun(tokens: Tokens, place: int) -> bool:
    """Whether a form in -s stands as a noun: "his claims", but "he claims"."""
    if place == 0:
        return True
    before = tokens[place - 1]
    if before.low in POSSESSIVE or before.low == "own" or before.low in JOINERS:
        return True
    if before.low in DETERMINERS and before.low not in {"this", "that", "another"}:
        return True
    if tokens[place].low not in ALSO_NOUNS or before.low in PERSONS | RELATIVES or before.text == ",":
        return False
    if place + 1 == len(tokens):
        return True
    after = tokens[place + 1]
    object_follows = after.string >= 0 or after.low in _OBJECTS
    return not (after.capital and not before.capital) and not (object_follows and before.capital)


def is_finite(tokens: Tokens, place: int) -> bool:
    """Whether the word is likely a verb with a subject of its own."""
    token = tokens[place]
    if token.string >= 0 or token.capital:
        return False
    if is_helper(token) or token.low in _PASTS or token.low in _PRESENTS:
        return True
    before = tokens[place - 1].low if place else ""
    verb = VERBS.get(token.low)
    if verb is None:
        return len(token.low) >= _SHORTEST_PAST and token.low.endswith("ed") and before not in DETERMINERS
    if verb.form is Form.PRESENT:
        return not _is_noun(tokens, place)
    return verb.form is Form.PAST and before not in DETERMINERS and before not in POSSESSIVE


def verb_at(tokens: Tokens, place: int, low: int = 0) -> Verb | None:
    """Give the verb of saying, naming or thinking that stands there, or None; `low` is where the sentence begins."""
    token = tokens[place]
    verb = VERBS.get(token.low)
    if verb is None or (token.capital and place > low):
        return None
    after = tokens[place + 1].low if place + 1 < len(tokens) else ""
    if after not in PARTICLES.get(token.low, {after}) or (after == "on" and _is_to(tokens, place + 2)):
        return None
    return verb if place == low or _fits(tokens, place, verb.form, after) else None


def _is_to(tokens: Tokens, place: int) -> bool:
    return place < len(tokens) and tokens[place].low == "to"


def _fits(tokens: Tokens, place: int, form: Form, after: str) -> bool:
    """Whether the word before allows this form of a verb."""
    if form is Form.BASE:
        return _is_base(tokens, place, after)
    before = tokens[place - 1].low
    if before in ARTICLES or before in OWNERS:
        return False
    if form is Form.PRESENT:
        return not _is_noun(tokens, place)
    return form is Form.GERUND or before not in _NOT_BEFORE_PAST


def _is_base(tokens: Tokens, place: int, after: str) -> bool:
    """Whether a bare form is a verb: after "to", a helper, or a plural."""
    before = tokens[place - 1]
    if before.low in _BEFORE_BASE or (is_helper(before) and before.low not in {"have", "has", "had", "is", "was"}):
        return True
    if is_adverb(before) and place > 1:
        return tokens[place - 2].low in {"they", "we", "i", "who", "to"}
    plural = before.word and before.low.endswith("s") and not before.low.endswith("ss") and before.low not in _NO_PLURAL
    return plural and (after == "that" or (not before.capital and after not in _AFTER_NOUN))


def is_boundary(tokens: Tokens, place: int) -> bool:
    """Whether a clause with a subject of its own begins there: "…, and she", "…; he"."""
    token = tokens[place]
    if token.text == ";":
        return True
    if token.low not in {"but", "and", "while", "as", "though", "although"} or place + 1 == len(tokens):
        return False
    before = tokens[place - 1] if place else None
    if token.low != "but" and (before is None or (before.text != "," and before.string < 0)):
        return False
    after = tokens[place + 1]
    return after.capital or after.low in PERSONS or after.low in ARTICLES or after.low in {"his", "her"}


_TAG_LENGTH = 9


def is_tag(tokens: Tokens, place: int) -> bool:
    """Whether the words tell who said the string before them: "he asked"."""
    for at in range(place, min(len(tokens), place + _TAG_LENGTH)):
        token = tokens[at]
        if token.string >= 0 or token.text in {".", "!", "?", ":", ";"} or (token.low in OPENERS and at > place):
            return False
        verb = VERBS.get(token.low)
        if verb and verb.kind is Kind.SAY and verb.form in {Form.PAST, Form.PRESENT} and not token.capital:
            return tokens[at - 1].low not in DETERMINERS
    return False
