"""The strings in quotation marks: what holds in any text."""

# ruff: noqa: RUF001
# The marks that look like others are what is tested.
import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from model.articles.glyphs import marks_of
from model.articles.marks import marked_strings
from model.articles.paragraphs import paragraphs

ANY = settings(max_examples=300, deadline=None)


def words_of(text):
    """Give the strings, a `>` before each for every string that it lies in."""
    return [">" * string.depth + string.span.of(text) for string in marked_strings(text)]


MARKS = "\"\"“”„'''‘’‚«»‹›「」『』`´\u2032\uff02"
RICH = st.text(st.sampled_from(MARKS + "  \n\n.,—(5saN\u00a0国<>…"), max_size=80)


@ANY
@given(RICH)
def test_strings_of_any_text_are_sound(text):
    """Whatever the text, strings come in order, lie within one paragraph, nest, and begin with an opening mark."""
    strings = marked_strings(text)
    assert [string.outer.start for string in strings] == sorted({string.outer.start for string in strings})
    openings = {mark.start: mark.end for place in paragraphs(text) for mark in marks_of(text, place)}
    around = [(0, len(text))]
    for string in strings:
        outer, span = string.outer, string.span
        assert any(place.start <= outer.start < outer.end <= place.end for place in paragraphs(text))
        assert outer.start < openings[outer.start] <= span.start < span.end <= outer.end
        assert span.of(text) == span.of(text).strip()
        assert re.fullmatch(rf"\s*[{MARKS}]{{1,2}}" if string.closed else "", text[span.end : outer.end])
        assert not (string.closed and string.continues)
        del around[string.depth + 1 :]
        assert len(around) == string.depth + 1
        assert around[-1][0] <= outer.start < outer.end <= around[-1][1]
        around.append((span.start, span.end))
    for depth in {string.depth for string in strings}:
        level = [string.outer for string in strings if string.depth == depth]
        assert all(one.end <= other.start for one, other in pairwise(level))


@ANY
@given(st.text(max_size=60))
def test_any_unicode_is_read(text):
    """No character stops it, and without a quotation mark nothing is found."""
    strings = marked_strings(text)
    assert all(0 <= string.outer.start < string.outer.end <= len(text) for string in strings)


@ANY
@given(RICH, RICH)
def test_later_paragraphs_change_nothing_before_them(text, later):
    """Strings depend on their own paragraph; whether one continues depends on the next one's beginning too."""
    alone, longer = marked_strings(text), marked_strings(f"{text}\n\nThen {later}")
    assert longer[: len(alone)] == alone
    assert all(string.outer.start > len(text) for string in longer[len(alone) :])


WORDS = st.lists(
    st.sampled_from(["we", "5", "talks", "it's", "don’t", "and,", "peace.", "(now)", "war—", "1985"]),
    min_size=1,
    max_size=5,
)
PIECES = st.lists(st.tuples(WORDS, WORDS), max_size=5)


@ANY
@given(PIECES, st.sampled_from([("“", "”"), ("„", "“"), ("«", "»"), ("« ", " »"), ("''", "''"), ("「", "」")]))
def test_straight_and_other_pairs_read_alike(pieces, other):
    """In a text of balanced pairs the words in marks are the same, whichever marks they stand in."""
    words = [(" ".join(before), " ".join(quoted)) for before, quoted in pieces]
    texts = [" ".join(f"{b} {open_}{q}{close}" for b, q in words) for open_, close in [('"', '"'), other]]
    assert [words_of(text) for text in texts] == [[quoted for _, quoted in words]] * 2


TREES = st.recursive(
    WORDS, lambda inner: st.lists(st.one_of(WORDS, inner.map(tuple)), min_size=1, max_size=4), max_leaves=8
)


def render(tree, depth=0):
    """Write a tree of words, each tuple a string in the marks of its depth, and give the strings in order."""
    parts: list[str] = []
    strings: list[str] = []
    for part in tree:
        if isinstance(part, str):
            parts.append(part)
            continue
        inner, below = render(part, depth + isinstance(part, tuple))
        open_, close = "“”" if depth % 2 == 0 else "‘’"
        parts.append(f"{open_}{inner}{close}" if isinstance(part, tuple) else inner)
        strings += [">" * depth + inner, *below] if isinstance(part, tuple) else below
    return " ".join(parts), strings


@ANY
@given(TREES)
def test_nested_pairs_are_found_again(tree):
    """What is written with balanced marks in two alternating shapes is read back exactly."""
    text, strings = render(tree)
    assert words_of(text) == strings


@ANY
@given(
    st.lists(
        st.sampled_from(
            ["it's", "dogs'", "’90s", "'em", "o'", "goin'", "Jones’", "’tis", "6'2\"", '5"', "O’Hara's", "'n'"]
        )
    )
)
def test_apostrophes_alone_make_no_string(words):
    """However many apostrophes, feet and inches there are, nothing is quoted."""
    assert words_of(" ".join([*words, "so"])) == []
