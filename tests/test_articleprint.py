"""How an article looks in a terminal."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from model.articles.article import Article, FoundQuote, JudgedArticle, Rejected, Utterance
from model.articles.spans import Span
from model.articles.speakers import Person
from model.errors import QuoteError
from model.quote import Quote
from model.stance import STANCES, Prediction
from model.untrusted import has_controls
from serve.articleprint import printable, shown

TEXT = "“Yes,” said Ilse Brandt and Harold Voss. “No.” “Maybe.” “War!” “…” The “old” quay."
BRANDT, VOSS = Person("Ilse Brandt", "the mayor", 0.9), Person("Harold [red]Voss\x1b[31m", None, 0.9)


def told(label, *, uncertain=False):
    """Make a stance that is sure, or not."""
    rest = dict.fromkeys(STANCES, 0.1)
    return Prediction(label, {**rest, label: 0.8}, uncertain=uncertain, windows=1)


def quote(words, *speakers, utterance):
    start = TEXT.index(words)
    span = Span(start, start + len(words))
    outer = Span(start - 1, start + len(words) + 1)
    return FoundQuote(span, outer, 0.9, speakers, None, None, utterance, Quote("x"))


OLD = Span(TEXT.index("old"), TEXT.index("old") + 3)
STANCES_TOLD = (
    told("conciliatory"), told("hostile", uncertain=True), told("neutral"), told("threat"),
    QuoteError("text_empty", "no words"),
)  # fmt: skip
READ = JudgedArticle(
    Article(
        TEXT,
        (
            quote("Yes,", BRANDT, VOSS, utterance=0), quote("No.", BRANDT, utterance=0),
            quote("Maybe.", VOSS, utterance=1), quote("War!", utterance=2), quote("…", utterance=3),
        ),
        (Utterance((0, 1), Quote("x")), *(Utterance((place,), Quote("x")) for place in (2, 3, 4))),
        (Rejected(OLD, Span(OLD.start - 1, OLD.end + 1), 0.25, "scare"),),
    ),
    STANCES_TOLD,
    (told("neutral"), *STANCES_TOLD[2:]),
)  # fmt: skip


def lines(read=READ, *, colour=False):
    """Print what is shown, as it comes to a terminal."""
    file = io.StringIO()
    console = Console(
        file=file, width=110, force_terminal=colour, color_system="truecolor" if colour else None, legacy_windows=False
    )
    console.print(*shown(read, STANCES), sep="\n")
    return [" ".join(line.replace("│", " ").split()) for line in file.getvalue().splitlines()]


def test_quotes_are_numbered_and_signed():
    """Behind each quote stand its number and the sign of its stance, a question mark where that is uncertain."""
    expected = "“Yes,” [1 ▲] said Ilse Brandt and Harold Voss. “No.” [2 ▼?] “Maybe.” [3 ●] “War!” [4 ◆] “…” [5 !] The"
    assert " ".join(lines()[:2]) == f"{expected} “old” quay."
    assert "▲ conciliatory ▼ hostile ● neutral ? uncertain ! could not be read" in lines()


def test_colours_tell_the_same():
    """Where there are colours, each stance has its own, and the article's other words have none."""
    first = lines(colour=True)[0]
    assert "\x1b[1;38;5;33m“Yes,” [1 ▲]\x1b[0m said Ilse" in first
    assert "\x1b[1;38;5;166m“No.” [2 ▼?]\x1b[0m" in first


def test_speakers_are_counted():
    """Everybody has a row: their quotes, how many of each stance, the mean tone; those of nobody come last."""
    table = lines()
    assert "Ilse Brandt 2: 1, 2 1 1 0 +0.00 1" in table
    assert table[table.index("Ilse Brandt 2: 1, 2 1 1 0 +0.00 1") + 1] == "the mayor"
    assert "nobody named 2: 4, 5 0 0 0 +0.00 0" in table
    assert table.index("nobody named 2: 4, 5 0 0 0 +0.00 0") > next(
        at for at, line in enumerate(table) if "Voss" in line
    )


def test_utterances_and_rejected_strings_are_listed():
    """What was said in one breath has a stance of its own; what is no quote has a reason."""
    assert any(line.startswith("1, 2 Ilse Brandt and Harold") and line.endswith("● neutral +0.00") for line in lines())
    assert "old scare 0.25" in lines()


def test_an_article_without_quotes():
    """It is printed, and nothing is counted."""
    assert lines(JudgedArticle(Article("No word.", (), (), ()), (), ())) == ["No word.", "", "No quotes were found."]


def test_names_are_no_markup():
    """Brackets in names are printed, control characters are not."""
    assert any("Harold [red]Voss\ufffd[31m" in line for line in lines())
    assert "\x1b" not in "".join(lines())


def test_nested_quotes_are_shown_once():
    """Should a quote within a quote be one, each of the article's characters is still printed once."""
    nested = (quote("Yes,” said Ilse Brandt and Harold Voss. “No.", utterance=0), quote("Yes,", utterance=1))
    article = Article(TEXT, nested, (Utterance((0,), Quote("x")), Utterance((1,), Quote("x"))), ())
    stances = (told("neutral"), told("hostile"))
    assert lines(JudgedArticle(article, stances, stances))[0].startswith(
        "“Yes,” said Ilse Brandt and Harold Voss. “No.” [1 ●] [2 ▼] “Maybe.”"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\n\td", "a\nb\nc\n\td"),
        ("a\x1b[2Jb\x9b31mc\x07\x00\x7f", "a\ufffd[2Jb\ufffd31mc\ufffd\ufffd\ufffd"),
        ("\u202egnorw\u2066\u2028", "\ufffdgnorw\ufffd\ufffd"),
        ("Plain “words” — é 😀", "Plain “words” — é 😀"),
    ],
)
def test_control_characters_are_taken_out(text, expected):
    """What moves a cursor, colours or turns text around stands as a sign of its own."""
    assert printable(text) == expected


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_nothing_printed_controls_a_terminal(text):
    """For any text, only line ends and tabs are left of what does something."""
    assert not has_controls(printable(text).replace("\n", "").replace("\t", ""))
