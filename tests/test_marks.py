"""The strings in quotation marks: found with their places, whatever the marks."""

# ruff: noqa: RUF001
# The marks that look like others are what is tested.

import pytest

from model.articles.marks import marked_strings


def found(text):
    """Give the strings, a `>` before each for every string that it lies in, `…` where a mark is missing."""
    return [">" * m.depth + m.span.of(text) + ("" if m.closed else "…") for m in marked_strings(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"We agree," he said. "For now."', ["We agree,", "For now."]),
        ("“We agree,” he said. “For now.”", ["We agree,", "For now."]),
        ("''We agree,'' he said. ``For now.''", ["We agree,", "For now."]),
        ("‘‘We agree,’’ he said.", ["We agree,"]),
        ("„Wir sind einig“, sagte er. „Vorerst.”", ["Wir sind einig", "Vorerst."]),
        ("‚Wir sind einig‘, sagte er.", ["Wir sind einig"]),
        ("«Siamo d'accordo», ha detto.", ["Siamo d'accordo"]),
        ("« Nous sommes d’accord », dit-il, « pour l’instant ».", ["Nous sommes d’accord", "pour l’instant"]),
        ("»Wir sind einig«, sagte er.", ["Wir sind einig"]),
        ("»Olemme samaa mieltä», hän sanoi. »Nyt.»", ["Olemme samaa mieltä", "Nyt."]),
        ("”Vi är överens”, sade han. ”Än så länge.”", ["Vi är överens", "Än så länge."]),
        ("‹Ja›, sagte er, ›nein‹.", ["Ja", "nein"]),
        ("彼は「同意する」と言った。", ["同意する"]),
        ("他说：“我们同意。”然后走了。", ["我们同意。"]),
        ("\uff02Yes\uff02 and \u301dno\u301e", ["Yes", "no"]),
        ("`Yes,' he wrote. ´No.´", ["Yes,", "No."]),
    ],
)
def test_every_style_of_marks(text, expected):
    """Each style of marks is read, in the way its language sets it."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“The dogs' owners’ club” wasn't the neighbours' idea.", ["The dogs' owners’ club"]),
        ("The '90s, '16 and ’08; get ’em, 'tis rock 'n' roll o' the goin' kind.", []),
        ("Trump-free in the neighbours' garden and the Joneses' too.", []),
        ("'The growers' prices are fine,' he said.", ["The growers' prices are fine,"]),
        ("He said 'yes' and 'no' in the growers' hall.", ["yes", "no"]),
        ("'90s music won't do,' she said, 'nor will ours.'", ["90s music won't do,", "nor will ours."]),
        ("‘It’s the ’70s,’ she said.", ["It’s the ’70s,"]),
        ("Port Boss Slams 'Silly' Plan, 'Lyin' Bob' Says", ["Silly", "Lyin' Bob"]),
        ("She 's late and the growers ' hall is shut.", []),
        ("'Twas late, he said, 'and cold.'", ["and cold."]),
    ],
)
def test_apostrophes_are_told_from_single_marks(text, expected):
    """Contractions, possessives, decades and dropped letters open and close nothing."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“He said ‘no’ and left,” she said.", ["He said ‘no’ and left,", ">no"]),
        ("'He said \"no\" and left,' she said.", ['He said "no" and left,', ">no"]),
        ("'''No,' he said,'' she recalled. ''Or 'yes.'''", ["'No,' he said,", ">No,", "Or 'yes.'", ">yes."]),
        ('"I want a "wall" and a "gate"," he said.', ['I want a "wall" and a "gate",', ">wall", ">gate"]),
        ("“A “so-called” plan”", ["A “so-called” plan", ">so-called"]),
        ("„Er rief ‚Halt‘ und lief“, sagte sie.", ["Er rief ‚Halt‘ und lief", ">Halt"]),
        ("« Il a dit “non” », dit-elle.", ["Il a dit “non”", ">non"]),
        ("「『はい』と言った」", ["『はい』と言った", ">はい"]),
        (
            '"She said, \'He shouted "fire" at us,\'"',
            ["She said, 'He shouted \"fire\" at us,'", '>He shouted "fire" at us,', ">>fire"],
        ),
        ("the so-called \"'quiet floor'\" rule", ["'quiet floor'", ">quiet floor"]),
    ],
)
def test_nested_strings(text, expected):
    """A string inside another is found with its depth."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('“Mixed," he said, "as typed.” „Oft", sagte er.', ["Mixed,", "as typed.", "Oft"]),
        ("“Wrongly closed“ by the same mark. “Fine.”", ["Wrongly closed", "Fine."]),
        ('"Space before the mark "he said, "and none behind."', ["Space before the mark", "and none behind."]),
        ('" Space inside " and "\u00a0here too\u00a0"', ["Space inside", "here too"]),
        ('He wrote:"No space"and left', ["No space"]),
        (
            '("In brackets") ["and these"] one—"dashes"—two, "…dots…", "...dots..."',
            ["In brackets", "and these", "dashes", "…dots…", "...dots..."],
        ),
        ('"One""two"', ["One", "two"]),
        ("Fine” as it is, said “nobody”.", ["nobody"]),
        ('"Left open. "Closed," she said. "Also."', ["Left open.…", "Closed,", "Also."]),
        ("He said “that was that.", ["that was that.…"]),
        ("” … and so it went,” he wrote. “Fine.”", ["… and so it went,", "Fine."]),
        ("\u202a”Wrong way round,” he typed.\u200b “Fine.”\ufeff", ["Wrong way round,", "Fine."]),
        ('"?" he asked. "" and " " are nothing.', ["?"]),
    ],
)
def test_mixed_stray_and_missing_marks(text, expected):
    """A mark too few or too many, or of another shape, spoils no other string."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He is 6\'2" and “quick” on a 5" screen.', ["quick"]),
        ('"He is 6\'2" and has a 5" screen," she said.', ['He is 6\'2" and has a 5" screen,']),
        ("The 27” and 24” models are “sold out”.", ["sold out"]),
        ("From 40°26'46\" N to 5'10'' it is \"far\".", ["far"]),
        ("He is 6\u20322\u2033 tall and “quick”.", ["quick"]),
        ('"It was built in 1985" and "sold in 1990", she wrote.', ["It was built in 1985", "sold in 1990"]),
        ('<a class="x" href="y">here</a> he said "yes"', ["yes"]),
    ],
)
def test_measures_and_markup_are_no_quotes(text, expected):
    """Feet, inches, minutes, seconds and attributes are told from quotes, and a quote may end with a year."""
    assert found(text) == expected


@pytest.mark.parametrize(("open_", "close"), ["“”", '""', "‘’", "''", "«»", ("''", "''")])
def test_quote_that_runs_on(open_, close):
    """Each paragraph's piece is a string of its own; all but the last lack a mark and say that they continue."""
    text = f"{open_}We came.{close} So.\n\n{open_}We sat down\n\n{open_}We left again.{close} So.\n\n{open_}A.{close}"
    strings = marked_strings(text)
    assert found(text) == ["We came.", "We sat down…", "We left again.", "A."]
    assert [string.continues for string in strings] == [False, True, False, False]


def test_outer_span_reaches_over_the_marks():
    """The outer span has both marks and the space inside them, or ends with the words where a mark is missing."""
    text = "« Oui » ''Yes'' “No  "
    assert [string.outer.of(text) for string in marked_strings(text)] == ["« Oui »", "''Yes''", "“No"]


@pytest.mark.parametrize(
    "text", ['"' * 9000, '" ' * 9000, "「a" * 9000 + "a」" * 9000, "'a\n" * 9000, "<a" * 9000, "“‘a" * 9000]
)
def test_hostile_text_ends(text):
    """Texts made to hurt are read as any other; ornaments are skipped and nesting has an end."""
    assert all(string.depth < 16 for string in marked_strings(text))


def test_french_quote_taken_up_by_closing_marks():
    """An old custom begins the later paragraphs with the closing mark; the quote goes on all the same."""
    text = "« Nous venons\n\n» Nous partons » enfin."
    assert [(string.span.of(text), string.continues) for string in marked_strings(text)] == [
        ("Nous venons", True),
        ("Nous partons", False),
    ]
