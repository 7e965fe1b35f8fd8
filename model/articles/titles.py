"""Reads the title or role that stands beside a name: before it, between commas after it, or between commas before."""

from collections.abc import Sequence

from model.articles.firstnames import is_first_name
from model.articles.roles import is_department, is_group, is_modifier, is_plural, is_role, is_style
from model.articles.smallwords import DETERMINERS, FUNCTION_WORDS, POSSESSIVES, PREPOSITIONS, SPEECH, is_verb
from model.articles.words import Word, listed

_LONGEST = 12  # words before a name that are looked at
_LONGEST_AFTER = 30
_CLAUSE = frozenset({"who", "whose", "that", "which"})
_RELATIVE = _CLAUSE | {"and"}


def title_before(text: str, words: Sequence[Word], head: int) -> tuple[int, str | None]:
    """Find the title right before the name whose first word is at `head`, and the place of its first word.

    "White House press secretary" Sean Doe, the "real estate mogul" Jane Roe; None where no role stands there.
    """
    place = head - 1
    if place < 0 or not _beside(text, words, place):
        return head, None
    noun = words[place].text
    if noun.islower() and is_plural(noun):
        return head, None
    if not (is_role(noun) or is_style(noun)) and not _of_department(words, place):
        return head, None
    first = place
    if is_style(words[place].text):
        return first, text[words[first].start : words[place].end]
    while first > 0 and place - first < _LONGEST and _beside(text, words, first - 1) and _belongs(words, first - 1):
        first -= 1
    first = _opened(text, words, first, place)
    while first < place and words[first].text.lower() in DETERMINERS | POSSESSIVES | {"of"}:
        first += 1
    return first, text[words[first].start : words[place].end]


def _beside(text: str, words: Sequence[Word], place: int) -> bool:
    one, two = words[place], words[place + 1]
    return one.paragraph == two.paragraph and (one.end == two.start or text[one.end : two.start].isspace())


def _of_department(words: Sequence[Word], place: int) -> bool:
    """Whether a word closes a title such as Secretary of State."""
    return is_department(words[place].text) and any(
        words[i].text == "of" and is_role(words[i - 1].text) for i in range(max(place - 3, 1), place)
    )


def _belongs(words: Sequence[Word], place: int) -> bool:
    word = words[place].text
    if word[0].isupper():
        return word.casefold() not in FUNCTION_WORDS
    if word == "of":
        return place > 0 and is_role(words[place - 1].text)
    return is_role(word) or is_modifier(word) or is_group(word) or word in POSSESSIVES


def _opened(text: str, words: Sequence[Word], first: int, place: int) -> int:
    """Where a title begins that a determiner opens with words unknown here: "the | real estate mogul" Jane Roe."""
    for back in range(first - 1, max(place - 6, -1), -1):
        word = words[back].text
        if not _beside(text, words, back) or not word[0].isalpha() or word.endswith("ed"):
            return first
        if word in DETERMINERS:
            return back + 1
        if word in {"and", "or", "by", "to", "for", "with", "in", "on", "at", "from", "who", "that", "as"}:
            return first
    return first


_OFFICES = listed(
    "chairs commands coordinates covers directs edits headed heads led leads manages oversees owns represents "
    "runs teaches"
)
_QUOTE_MARKS = frozenset("\"\u201c\u201d\u00ab\u00bb'")
_STOPS = _QUOTE_MARKS | listed("; : ( ) ! ? \u2014 \u2013 \u2026")


def title_after(text: str, words: Sequence[Word], last: int) -> str | None:
    """Find the role between commas after the name that ends at `last`: Jane Roe (D-Ohio), 34, "a nurse", said."""
    place = _over_parenthesis(words, last + 1)
    if place >= len(words) or words[place].text != ",":
        return None
    place += 1
    if place + 1 < len(words) and words[place].text.isdigit() and words[place + 1].text == ",":
        place += 2
    end = _segment(words, place)
    if end == place or (end < len(words) and words[end].text in _QUOTE_MARKS):
        return None
    if words[place].text == "who":
        office = place + 1 < end and words[place + 1].text in _OFFICES
        return text[words[place + 1].start : words[end - 1].end] if office else None
    return _role_phrase(text, words, place, end)


def title_before_comma(text: str, words: Sequence[Word], first: int, last: int) -> str | None:
    """Find the role before a name between commas: her "campaign manager", John Doe, said."""
    if first < 2 or words[first - 1].text != "," or words[first - 2].paragraph != words[first].paragraph:  # noqa: PLR2004
        return None
    if last + 1 < len(words) and words[last + 1].text not in {",", "."} | _STOPS:
        return None
    for back in range(first - 2, max(first - _LONGEST, -1), -1):
        word = words[back]
        if word.quoted != words[first].quoted or (not word.text[0].isalnum() and word.text.lower() not in POSSESSIVES):
            return None
        opens = word.text.lower() in DETERMINERS | POSSESSIVES
        title = _role_phrase(text, words, back, first - 1) if opens else None
        if title is not None:
            return title
    return None


def _over_parenthesis(words: Sequence[Word], place: int) -> int:
    if place < len(words) and words[place].text == "(":
        for after in range(place + 1, min(place + 8, len(words))):
            if words[after].text == ")":
                return after + 1
    return place


def _segment(words: Sequence[Word], place: int) -> int:
    """Where the words end that no comma, mark or sentence end interrupts."""
    for end in range(place, min(place + _LONGEST_AFTER, len(words))):
        word = words[end]
        last = word.paragraph != words[place].paragraph or word.quoted != words[place].quoted
        if last or word.text in {",", "."} | _STOPS:
            return end
    return place


def _role_phrase(text: str, words: Sequence[Word], first: int, end: int) -> str | None:
    """Give the words from first to end without determiner and clause, if their head is a role."""
    opened = words[first].text.lower() in DETERMINERS | POSSESSIVES
    begin = first + 1 if opened else first
    for head in range(begin, end):
        word = words[head].text
        if word in PREPOSITIONS or word in _RELATIVE:
            return None
        if not is_role(word):
            continue
        if is_plural(word):
            return None
        after = words[head + 1].text if head + 1 < end else ""
        if after in SPEECH or is_first_name(after):
            return None
        if is_verb(after):
            return text[words[begin].start : words[head].end]
        if not after or after in PREPOSITIONS or after in _RELATIVE:
            end = next((i for i in range(head + 1, end) if words[i].text in _CLAUSE), end)
            return text[words[begin].start : words[end - 1].end]
    return None
