"""What stands around a quote."""

from hypothesis import given, settings
from hypothesis import strategies as st

from model.articles.carriers import carrier_of
from model.articles.spans import Span
from model.quote import SLOT


def around(text, *holes):
    """Cut words out of a text of one paragraph."""
    spans = [Span(text.index(hole), text.index(hole) + len(hole)) for hole in holes]
    return carrier_of(text, Span(0, len(text)), spans)


def test_the_marks_stay():
    """The slot takes the place of the words, as it did in training: between their marks."""
    assert around("“We will wait,” she said.", "We will wait,") == f"“{SLOT}” she said."


def test_only_the_paragraph_stands_there():
    """Other paragraphs are left out, and spaces made single."""
    text = "Before.\n\nShe  said:\t“Wait.”\n\nBehind."
    place = Span(text.index("Wait."), text.index("Wait.") + 5)
    assert carrier_of(text, Span(9, 27), [place]) == f"She said: “{SLOT}”"


def test_other_holes_are_cut_out():
    """What else was said in the same breath does not stand in the carrier."""
    assert around("“A,” she said. “B.” And “C.” So.", "A,", "“B.”", "“C.”") == f"“{SLOT}” she said. And So."


def test_words_far_away_are_cut():
    """75 words before and 55 behind are kept; an ellipsis stands for the others."""
    before, after = ([f"{side}{number}" for number in range(200)] for side in "bc")
    carrier = around(f"{' '.join(before)} “Wait” {' '.join(after)}", "Wait")
    words = carrier.split()
    assert words[:2] == ["…", "b126"]
    assert words.index(f"“{SLOT}”") == 75
    assert words[-2:] == ["c53", "…"]
    assert len(words) == 75 + 1 + 54 + 1


def test_scripts_without_spaces_are_cut_too():
    """Where there are no spaces, characters are counted: a long paragraph full of quotes makes no book of carriers."""
    carrier = around(f"{'前' * 5000}“Wait”{'后' * 5000}", "Wait")
    assert carrier == f"… {'前' * 999}“{SLOT}”{'后' * 999} …"


@settings(deadline=None)
@given(st.text(alphabet="ab \n\u2028“”[Q]", max_size=300), st.data())
def test_any_place_of_any_text(text, data):
    """There is always a slot, and the carrier is on one line."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    carrier = carrier_of(text, Span(0, len(text)), [Span(start, end)])
    assert SLOT in carrier
    assert "\n" not in carrier
