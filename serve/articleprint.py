"""How an article is shown in a terminal: its text with the quotes in the colours of their stances, and tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from model.articles.article import FoundQuote, JudgedArticle, Judgement
from model.articles.speakers import Person
from model.errors import QuoteError
from model.stance import Prediction
from model.untrusted import has_controls

# The signs and hues of the page: the signs tell what the colours do, the hues stay apart in colour blindness.
_SIGNS: Mapping[str, str] = {"conciliatory": "▲", "hostile": "▼", "neutral": "●"}
_STYLES: Mapping[str, str] = {"conciliatory": "bold dodger_blue1", "hostile": "bold dark_orange3", "neutral": "bold"}
_OTHER_SIGN, _OTHER_STYLE = "◆", "bold magenta"  # of a model with labels of its own
_UNREAD = "!"
_NOBODY = "nobody named"
_WIDTH = 30  # characters that a speaker with a title needs


def shown(read: JudgedArticle, labels: Sequence[str]) -> Iterator[RenderableType]:
    """Yield what is to be printed: the text, what its signs mean, and a table each of speakers, utterances, rejected.

    labels: those that the stance model knows, in the order of the table's columns.
    """
    yield _coloured(read)
    yield Text()
    if not read.article.quotes:
        yield Text("No quotes were found.")
    else:
        yield _legend(labels)
        yield _speakers(read, labels)
    if any(len(utterance.quotes) > 1 for utterance in read.article.utterances):
        yield _utterances(read)
    if read.article.rejected:
        yield _rejected(read)


def printable(text: str) -> str:
    """Return a text that does nothing to a terminal: other characters than line ends and tabs stand as U+FFFD."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not has_controls(lines):
        return lines
    return "".join("\ufffd" if sign not in "\n\t" and has_controls(sign) else sign for sign in lines)


def _coloured(read: JudgedArticle) -> Text:
    """Put a number and a sign behind each quote, and both in the colour of its stance."""
    text, shown_text, at = read.article.text, Text(), 0
    for number, (quote, told) in enumerate(zip(read.article.quotes, read.quotes, strict=True), start=1):
        start, end = max(at, quote.outer.start), max(at, quote.outer.end)
        shown_text.append(printable(text[at:start]))
        shown_text.append(f"{printable(text[start:end])} [{number} {_sign(told)}]", _style(told))
        at = end
    return shown_text.append(printable(text[at:]))


def _legend(labels: Sequence[str]) -> Text:
    parts = [Text(f"{_SIGNS.get(label, _OTHER_SIGN)} {label}", _STYLES.get(label, _OTHER_STYLE)) for label in labels]
    return Text("   ").join([*parts, Text("? uncertain"), Text(f"{_UNREAD} could not be read")])


def _sign(told: Judgement) -> str:
    if isinstance(told, QuoteError):
        return _UNREAD
    return _SIGNS.get(told.label, _OTHER_SIGN) + ("?" if told.uncertain else "")


def _style(told: Judgement) -> str:
    return "" if isinstance(told, QuoteError) else _STYLES.get(told.label, _OTHER_STYLE)


@dataclass(slots=True)
class _Said:
    """What one speaker says: the title, the numbers of the quotes, and their stances."""

    title: str | None = None
    numbers: list[int] = field(default_factory=list)
    stances: list[Prediction] = field(default_factory=list)


def _by_speaker(read: JudgedArticle) -> dict[str | None, _Said]:
    """Gather quotes by speaker, in the order in which they first speak; those of nobody come last."""
    found: dict[str | None, _Said] = {}
    for number, (quote, told) in enumerate(zip(read.article.quotes, read.quotes, strict=True), start=1):
        for person in quote.speakers or (None,):
            said = found.setdefault(person.name if person else None, _Said(person.title if person else None))
            said.numbers.append(number)
            if isinstance(told, Prediction):
                said.stances.append(told)
    nobody = found.pop(None, None)
    return found if nobody is None else {**found, None: nobody}


def _speakers(read: JudgedArticle, labels: Sequence[str]) -> Table:
    table = Table(Column("speaker", min_width=_WIDTH), "quotes", title="Speakers", title_justify="left")
    for head in (*(_SIGNS.get(label, label) for label in labels), "tone", "?"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, said in _by_speaker(read).items():
        counts = [sum(told.label == label for told in said.stances) for label in labels]
        tones = [told.tone for told in said.stances if told.tone is not None]
        table.add_row(
            _name(name, said.title),
            f"{len(said.numbers)}: {', '.join(map(str, said.numbers))}",
            *map(str, counts),
            f"{fmean(tones):+.2f}" if tones else "",
            str(sum(told.uncertain for told in said.stances)),
        )
    return table


def _utterances(read: JudgedArticle) -> Table:
    table = Table("quotes", "speaker", "stance", "tone", title="Said in one breath", title_justify="left")
    for utterance, told in zip(read.article.utterances, read.utterances, strict=True):
        if len(utterance.quotes) > 1:
            pieces = [read.article.quotes[place] for place in utterance.quotes]
            tone = told.tone if isinstance(told, Prediction) else None
            table.add_row(
                ", ".join(str(place + 1) for place in utterance.quotes),
                Text(" and ").join(_name(person.name) for person in _who(pieces)),
                Text(_stance(told), _style(told)),
                "" if tone is None else f"{tone:+.2f}",
            )
    return table


def _who(pieces: Sequence[FoundQuote]) -> Sequence[Person]:
    return next((piece.speakers for piece in pieces if piece.speakers), ())


def _stance(told: Judgement) -> str:
    return str(told) if isinstance(told, QuoteError) else f"{_sign(told)} {told.label}"


def _rejected(read: JudgedArticle) -> Table:
    table = Table("string", "reason", "may be a quote", title="In quotation marks, but no quotes", title_justify="left")
    for string in read.article.rejected:
        table.add_row(Text(printable(string.span.of(read.article.text))), string.reason, f"{string.is_quote:.2f}")
    return table


def _name(name: str | None, title: str | None = None) -> Text:
    """Give a speaker as Text, not markup: brackets in a name are the article's."""
    told = Text(_NOBODY if name is None else " ".join(printable(name).split()))
    return told.append(f"\n{' '.join(printable(title).split())}", "dim") if title else told
