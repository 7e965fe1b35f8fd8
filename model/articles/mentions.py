"""Finds the names in an article: runs of capitalised words, each with the title before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.articles.cases import Case, case_of
from model.articles.firstnames import is_first_name
from model.articles.genders import Gender, of_style
from model.articles.roles import (
    is_department,
    is_elsewhere,
    is_group,
    is_modifier,
    is_regal,
    is_role,
    is_style,
    is_surname,
)
from model.articles.smallwords import FUNCTION_WORDS
from model.articles.titles import title_before
from model.articles.words import Word, adjacent, folded, listed

_PARTICLES = listed(
    "af al am bin bint da das de del della den der di do dos du el ibn la las le los st ten ter van von und y zu"
)
_LONGEST = 12  # words of one name and its title
_SUFFIXES = listed("jr sr ii iii iv")


@dataclass(frozen=True, slots=True)
class Name:
    """A name at text[start:end], without its title.

    parts: its words, folded, without a suffix such as Jr.; first and last: the places of its words in the article,
    the title's included; head: the place of the name's own first word; opens: they begin a sentence.
    """

    start: int
    end: int
    parts: tuple[str, ...]
    suffix: str
    first: int
    head: int
    last: int
    title: str | None
    gender: Gender | None
    case: Case
    group: bool
    opens: bool


def find_names(text: str, words: Sequence[Word]) -> list[Name]:
    """Find every name, in order."""
    common = {word.text for word in words if word.text.islower()} - _proper(words)
    names = []
    for first, last in _runs(text, words, common):
        found = _name(text, words, first, last)
        if found is not None:
            names.append(found)
    return names


def _proper(words: Sequence[Word]) -> set[str]:
    """Collect the words, in small letters, that have a capital inside a sentence."""
    return {
        word.text.casefold()
        for before, word in pairwise(words)
        if word.text[0].isupper() and word.prose and before.sentence == word.sentence and before.text[0].isalnum()
    }


def _runs(text: str, words: Sequence[Word], common: set[str]) -> Iterator[tuple[int, int]]:
    place = 0
    while place < len(words):
        if not _capital(words, place, common):
            place += 1
            continue
        last = place
        while last - place < _LONGEST and (following := _next(text, words, last, common)) is not None:
            last = following
        yield place, last
        place = last + 1


def _capital(words: Sequence[Word], place: int, common: set[str]) -> bool:
    """Whether a word may belong to a name; the first of a sentence may not if it also stands there in small letters."""
    word = words[place]
    if not word.text[0].isupper():
        return word.text[:3] in {"al-", "el-"} and word.text[3:4].isupper()
    plain = word.text.casefold().replace("\u2019", "'")
    if plain in FUNCTION_WORDS or (len(plain) == 1 and plain != word.text.lower()):
        return False
    starts = place == 0 or words[place - 1].sentence != word.sentence or not words[place - 1].text[0].isalnum()
    if not starts or is_first_name(plain) or is_role(plain):
        return True
    led = place + 1 < len(words) and words[place + 1].text[0].isupper() and plain.endswith("ing")
    return plain not in common and not led


def _next(text: str, words: Sequence[Word], last: int, common: set[str]) -> int | None:
    """Find the word that continues a run after its last one, over particles, "of" and a comma before Jr."""
    following = last + 1
    if following >= len(words):
        return None
    word = words[following]
    if not adjacent(text, words[last], word):
        suffixed = word.text == "," and following + 1 < len(words) and folded(words[following + 1].text) in _SUFFIXES
        return following + 1 if suffixed else None
    if word.text in _OPENING and _nickname(words, following):
        return following + 3
    if _capital(words, following, common):
        return following
    after = following + _small_words(words, last)
    if after == following or after >= len(words) or not words[after].text[0].isupper():
        return None
    beside = all(adjacent(text, words[i], words[i + 1]) for i in range(following, after))
    return after if beside and _capital(words, after, common) else None


def _small_words(words: Sequence[Word], last: int) -> int:
    """Count the small words that may lead on inside a name or title: van der, of the."""
    pair = [word.text for word in words[last + 1 : last + 3]]
    if pair[0] in _PARTICLES:
        return 2 if pair[1:] and pair[1] in _PARTICLES else 1
    if pair[0] == "of" and (is_role(words[last].text) or is_group(words[last].text)):
        return 2 if pair[1:] == ["the"] else 1
    return 0


_OPENING = frozenset("\"'\u201c\u2018(")
_CLOSING = frozenset("\"'\u201d\u2019)")


def _nickname(words: Sequence[Word], place: int) -> bool:
    """Whether a single word in marks parts a name: Jane "Jay" Roe."""
    inside = words[place + 1 : place + 4]
    if len(inside) < 3 or inside[1].text not in _CLOSING or inside[1].paragraph != words[place].paragraph:  # noqa: PLR2004
        return False
    return all(word.text[0].isupper() and word.text.casefold() not in FUNCTION_WORDS for word in inside[::2])


def _name(text: str, words: Sequence[Word], first: int, last: int) -> Name | None:
    head = _head(words, first, last)
    if head > last or _is_title(words, first, head, last):
        return None
    own = [folded(word.text) for word in words[head : last + 1] if word.text[0].isalpha()]
    if not own:  # Ⅷ and Ⓐ are capitals, but no letters
        return None
    suffix = own.pop() if len(own) > 1 and own[-1] in _SUFFIXES else ""
    start, title = title_before(text, words, head)
    style = of_style(title) if title else None
    group = style is None and _is_group(words, head, last)
    begins = min(start, first)
    return Name(
        start=words[head].start,
        end=words[last].end,
        parts=tuple(own),
        suffix=suffix,
        first=begins,
        head=head,
        last=last,
        title=title,
        gender=style,
        case=case_of(text, words, begins, last),
        group=group,
        opens=begins == 0 or words[begins - 1].sentence != words[begins].sentence,
    )


def _head(words: Sequence[Word], first: int, last: int) -> int:
    """Where the name begins in a run that may begin with a title: Secretary of State | Jane Roe."""
    head = first
    for place in range(first, last):
        word = words[place].text
        known = is_first_name(words[first].text) and place > first and is_surname(word)
        if (is_role(word) or is_style(word)) and not known and folded(words[place + 1].text) not in _SUFFIXES:
            head = _after_title(words, place, last)
    if head > last:
        return first
    if head > first and is_regal(words[head - 1].text) and head == last:
        return head - 1
    if head == first and not is_first_name(words[first].text):
        for place in range(first + 1, last):
            if is_first_name(words[place].text) and any(
                is_elsewhere(w.text) or is_group(w.text) for w in words[first:place]
            ):
                return place
    return head


def _is_title(words: Sequence[Word], first: int, head: int, last: int) -> bool:
    """Whether a run is a title without a name: Senator, Pennsylvania Governor."""
    if not is_role(words[last].text) or is_surname(words[last].text):
        return False
    if head > first and is_style(words[head - 1].text):
        return False
    return all(is_role(w.text) or is_modifier(w.text) or is_elsewhere(w.text) for w in words[head:last])


def _after_title(words: Sequence[Word], place: int, last: int) -> int:
    """Where the name begins after a title's noun, over "of State" and "of the House"."""
    after = place + 1
    if words[after].text == "of":
        after += 2 if words[after + 1].text == "the" else 1
        while after <= last and is_department(words[after].text):
            after += 1
        if after <= last and words[after - 1].text in {"of", "the"}:
            return next((i for i in range(after, last) if is_first_name(words[i].text)), last + 1)
    return after


def _is_group(words: Sequence[Word], head: int, last: int) -> bool:
    """Whether a name is an organisation's or a place's, as far as its words tell."""
    own = [word.text for word in words[head : last + 1]]
    if is_first_name(own[0]) and len(own) > 1 and not is_group(own[-1]):
        return False
    if len(own) == 1 and own[0].endswith("."):
        return True
    if len(own) > 1 and (is_elsewhere(own[0]) or any(is_group(word) for word in own)):
        return True
    return is_group(own[-1]) or "of" in own or all(is_elsewhere(word) for word in own)
