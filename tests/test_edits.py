"""Edits: a changed text knows where every span has gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.articles.spans import Span
from training.edits import Edit, Edited


def test_a_longer_name_moves_what_stands_behind():
    """A span behind an edit moves by what the edit has grown; one before stays."""
    edited = Edited("Ada saw Bo and left.", [Edit(8, 10, "Bernadette")])
    assert edited.text == "Ada saw Bernadette and left."
    assert edited.moved(Span(0, 3)).of(edited.text) == "Ada"
    assert edited.moved(Span(15, 19)).of(edited.text) == "left"
    assert edited.moved(Span(8, 10)).of(edited.text) == "Bernadette"


def test_an_edit_that_is_cut_belongs_to_the_span():
    """Half a name has no place in the new text: the whole of it is taken."""
    edited = Edited("Ada Quill spoke.", [Edit(4, 9, "Okoro")])
    assert edited.moved(Span(0, 6)).of(edited.text) == "Ada Okoro"
    assert edited.moved(Span(6, 15)).of(edited.text) == "Okoro spoke"


def test_marks_put_around_a_span_stay_outside():
    """What is inserted at the edges of a span is no part of it, even where a name begins there."""
    edited = Edited("He said Bo came.", [Edit(8, 8, "“"), Edit(8, 10, "Ursula"), Edit(15, 15, "”")])
    assert edited.text == "He said “Ursula came”."
    assert edited.moved(Span(8, 15)).of(edited.text) == "Ursula came"


def test_edits_that_overlap_are_refused():
    """Two edits of the same letters contradict each other."""
    with pytest.raises(ValueError, match="overlap at 2"):
        Edited("abcd", [Edit(0, 3, "x"), Edit(2, 4, "y")])


@given(st.lists(st.tuples(st.text("abc ", min_size=1, max_size=5), st.text("XY", max_size=4), st.booleans())))
def test_untouched_parts_keep_their_words(parts):
    """Every part that no edit touches is found again, letter for letter, whatever changed around it."""
    text = "".join(part for part, _, _ in parts)
    edits, kept, place = [], [], 0
    for part, new, changed in parts:
        span = Span(place, place + len(part))
        if changed:
            edits.append(Edit(span.start, span.end, new))
        else:
            kept.append((span, part))
        place = span.end
    edited = Edited(text, edits)
    assert edited.text == "".join(new if changed else part for part, new, changed in parts)
    for span, part in kept:
        assert edited.moved(span).of(edited.text) == part
