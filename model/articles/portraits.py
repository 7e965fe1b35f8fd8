"""Fills in what an article says about those whom it names: their titles, their gender, and that they are people."""

from collections.abc import Collection, Iterator, Sequence

from model.articles.cases import Case
from model.articles.firstnames import is_first_name, of_first_name
from model.articles.genders import FORMS, Gender, of_title
from model.articles.mentions import Name
from model.articles.people import People
from model.articles.smallwords import SPEECH, is_verb
from model.articles.titles import title_after, title_before_comma
from model.articles.words import Word


def portray(text: str, words: Sequence[Word], people: People, sources: Collection[int]) -> None:
    """Fill in each entity's titles, gender and whether it is human; `sources` are the names that quotes come from."""
    for entity in people.entities:
        own = [people.names[place] for place in entity.names]
        clear = [people.names[place] for place in entity.names if people.sure[place] == 1]
        entity.titles = list(dict.fromkeys(_titles(text, words, clear)))
        if entity.group:
            continue
        first = max((name.parts for name in own), key=len, default=entity.parts)
        named = is_first_name(first[0])
        entity.gender = (
            next((name.gender for name in own if name.gender is not None), None)
            or (of_first_name(first[0]) if named else None)
            or next((gender for title in entity.titles if (gender := of_title(title)) is not None), None)
        )
        titled = bool(entity.titles) or any(name.title for name in own)
        placed = any(_place(words, name) for name in own)
        spelled = len(first) > 1 or not text[own[0].start : own[0].end].isupper()
        shown = any(place in sources or _aged(words, people.names[place]) for place in entity.names)
        shown = titled or (shown and spelled and not placed) or (named and len(first) > 1)
        entity.human = shown or (spelled and not placed and any(_acts(words, name) for name in own))
        entity.doubtful = not shown
        if entity.gender is None and entity.human:
            entity.gender = _by_pronouns(words, own)


def _titles(text: str, words: Sequence[Word], own: Sequence[Name]) -> Iterator[str]:
    for name in own:
        if name.title and name.gender is None:
            yield name.title
        if not words[name.head].quoted and name.case not in {Case.POSSESSIVE, Case.MODIFIER}:
            after = title_after(text, words, name.last)
            before = title_before_comma(text, words, name.first, name.last)
            yield from (title for title in (after, before) if title)


_NEAR = 14  # words after a name among which a pronoun is taken to mean it


def _by_pronouns(words: Sequence[Word], own: Sequence[Name]) -> Gender | None:
    """Tell the gender of the first pronoun after each name that is a subject, if nobody else is named between."""
    told = {Gender.WOMAN: 0, Gender.MAN: 0}
    for name in own:
        if name.case is not Case.SUBJECT or words[name.head].quoted:
            continue
        for word in words[name.last + 1 : name.last + 1 + _NEAR]:
            if word.quoted or word.sentence != words[name.last].sentence or word.text[0].isupper():
                break
            if word.text in FORMS:
                told[FORMS[word.text]] += 1 + (word.text in {"he", "she"})
                break
    women, men = told.values()
    return None if women == men else Gender.WOMAN if women > men else Gender.MAN


def speaks_here(words: Sequence[Word], name: Name) -> bool:
    """Whether a verb of speech stands beside a name: Roe said; "Yes", said Roe."""
    after = words[name.last + 1].text if name.last + 1 < len(words) else ""
    if after in SPEECH:
        return True
    inverted = name.first > 1 and words[name.first - 1].text in SPEECH and not words[name.first - 2].text[0].isalnum()
    return inverted and not after[:1].isalnum()


def _acts(words: Sequence[Word], name: Name) -> bool:
    """Whether a name in the narrative has a verb right after it, or speaks."""
    if words[name.head].quoted or not words[name.head].prose or name.last + 1 >= len(words):
        return False
    after = words[name.last + 1].text
    return speaks_here(words, name) or (name.case is Case.SUBJECT and (is_verb(after) or after.endswith("ly")))


def _place(words: Sequence[Word], name: Name) -> bool:
    """Whether a single word is named as a place is: in Springfield."""
    return (
        len(name.parts) == 1
        and name.case is Case.OBJECT
        and name.first > 0
        and words[name.first - 1].text in {"in", "In"}
    )


def _aged(words: Sequence[Word], name: Name) -> bool:
    """Whether an age follows a name: Jane Roe, 34, is a nurse."""
    after = words[name.last + 1 : name.last + 4]
    return [word.text for word in after[::2]] == [",", ","] and after[1].text.isdigit()
