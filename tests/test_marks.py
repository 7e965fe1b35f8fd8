"""The strings in quotation marks: found with their places, whatever the marks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.glyphs import marks_of
from model.marks import marked_strings
from model.paragraphs import paragraphs
from model.spans import Span


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


MARKS = "\"\"“”„'''‘’‚«»‹›「」『』`´\u2032\uff02"
RICH = st.text(st.sampled_from(MARKS + "  \n\n.,—(5saN\u00a0国<>…"), max_size=80)


@given(RICH)
def test_strings_of_any_text_are_sound(text):
    """Whatever the text, strings come in order, lie within one paragraph, nest, and begin with an opening mark."""
    strings = marked_strings(text)
    assert [string.outer.start for string in strings] == sorted({string.outer.start for string in strings})
    openings = {mark.start: mark.end for place in paragraphs(text) for mark in marks_of(text, place)}
    around: list[Span] = []
    for string in strings:
        outer, span = string.outer, string.span
        assert any(place.start <= outer.start < outer.end <= place.end for place in paragraphs(text))
        assert outer.start < openings[outer.start] <= span.start < span.end <= outer.end
        assert span.of(text) == span.of(text).strip()
        assert re.fullmatch(rf"\s*[{MARKS}]{{1,2}}" if string.closed else "", text[span.end : outer.end])
        assert not (string.closed and string.continues)
        del around[string.depth :]
        assert len(around) == string.depth
        assert all(parent.start <= outer.start and outer.end <= parent.end for parent in around[-1:])
        around.append(span)
    for depth in {string.depth for string in strings}:
        level = [string.outer for string in strings if string.depth == depth]
        assert all(one.end <= other.start for one, other in zip(level, level[1:], strict=False))


@given(st.text(max_size=60))
def test_any_unicode_is_read(text):
    """No character stops it, and without a quotation mark nothing is found."""
    strings = marked_strings(text)
    assert all(0 <= string.outer.start < string.outer.end <= len(text) for string in strings)


@given(RICH, RICH)
def test_later_paragraphs_change_nothing_before_them(text, later):
    """Strings depend on their own paragraph; whether one continues depends on the next one's beginning too."""
    alone, longer = marked_strings(text), marked_strings(f"{text}\n\nThen {later}")
    assert longer[: len(alone)] == alone
    assert all(string.outer.start > len(text) for string in longer[len(alone) :])


WORDS = st.lists(
    st.sampled_from("we you 5 talks it's don’t and, peace. (now) war— 1985".split()), min_size=1, max_size=5
)  # noqa: SIM905
PIECES = st.lists(st.tuples(WORDS, WORDS), max_size=5)


@given(
    PIECES, st.sampled_from([("“", "”"), ("„", "“"), ("«", "»"), ("« ", " »"), ("''", "''"), ("「", "」"), ("”", "”")])
)
def test_straight_and_other_pairs_read_alike(pieces, other):
    """In a text of balanced pairs the words in marks are the same, whichever marks they stand in."""
    words = [(" ".join(before), " ".join(quoted)) for before, quoted in pieces]
    texts = [" ".join(f"{b} {open_}{q}{close}" for b, q in words) for open_, close in [('"', '"'), other]]
    assert [found(text) for text in texts] == [[quoted for _, quoted in words]] * 2


TREES = st.recursive(
    WORDS, lambda inner: st.lists(st.one_of(WORDS, inner.map(tuple)), min_size=1, max_size=4), max_leaves=8
)


def render(tree, depth=0):
    """Write a tree of words, each tuple a string in the marks of its depth, and give the strings in order."""
    parts, strings = [], []
    for part in tree:
        if isinstance(part, str):
            parts.append(part)
            continue
        inner, below = render(part, depth + isinstance(part, tuple))
        open_, close = "“”" if depth % 2 == 0 else "‘’"
        parts.append(f"{open_}{inner}{close}" if isinstance(part, tuple) else inner)
        strings += [">" * depth + inner, *below] if isinstance(part, tuple) else below
    return " ".join(parts), strings


@given(TREES)
def test_nested_pairs_are_found_again(tree):
    """What is written with balanced marks in two alternating shapes is read back exactly."""
    text, strings = render(tree)
    assert found(text) == strings


@given(
    st.lists(
        st.sampled_from(
            "it's dogs' ’90s 'em rock'n'roll o' goin' Jones’ we’ve 'tis 6'2\" 5\" O’Hara's 'n' l’eau".split()
        ),
        max_size=12,
    )
)  # noqa: SIM905
def test_apostrophes_alone_make_no_string(words):
    """However many apostrophes, feet and inches there are, nothing is quoted."""
    assert found(" ".join(words)) == []


@pytest.mark.parametrize(
    "text", ['"' * 9000, '" ' * 9000, "「a" * 9000 + "a」" * 9000, "'a\n" * 9000, "<a" * 9000, "“‘a" * 9000]
)
def test_hostile_text_ends(text):
    """Texts made to hurt are read as any other; ornaments are skipped and nesting has an end."""
    assert all(string.depth < 16 for string in marked_strings(text))
