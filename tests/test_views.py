"""Views: what an encoder reads of an article for one string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from model.articles.attribution import Pointed
from model.articles.marks import marked_strings
from model.articles.spans import Span
from model.articles.views import LONGEST, Sign, Signs, Views
from model.bundle import DEFAULT_BUNDLE, TOKENIZER, open_bundle
from model.encoding import open_tokenizer

TEXT = "Mayor Ada Quill spoke late.\n“We are ready,” said Quill. “And we will wait,” she added.\n"
TOKENS = open_tokenizer(open_bundle(DEFAULT_BUNDLE).read(TOKENIZER))
SIGNS = Signs(TOKENS)


def views_of(text):
    """Return the views of a text and its strings."""
    strings = marked_strings(text)
    return Views(text, strings, TOKENS, SIGNS), strings


def words_of(view):
    """Return the tokens of a view as text."""
    return [TOKENS.id_to_token(token) for token in view.window.ids]


def test_the_string_stands_between_signs_in_its_context():
    """The string is marked, what stands around it can be pointed at, and the other string is there in marks."""
    views, _ = views_of(TEXT)
    view = views.view(0, None)
    words = words_of(view)
    assert words[0] == Sign.START.value
    assert words[-1] == Sign.STOP.value
    begin, end = words.index(Sign.OPEN.value), words.index(Sign.CLOSE.value)
    assert words[begin + 1 : end] == ["we", "are", "ready", ","]
    assert words[begin - 1] == Sign.PARAGRAPH.value
    assert [word for word in words if word == Sign.MARK.value] == [Sign.MARK.value] * 2
    said = words.index("said")
    assert view.places[said].of(TEXT) == "said"


def test_words_of_strings_are_no_place_for_a_speaker():
    """Neither the string's own words nor another string's can be pointed at."""
    views, strings = views_of(TEXT)
    for number in range(len(strings)):
        pointed = {place for place in views.view(number, None).places if place}
        assert all(place.end <= string.outer.start or string.outer.end <= place.start
                   for place in pointed for string in strings)  # fmt: skip


def test_what_the_rules_say_is_shown():
    """A hint puts signs around source and cue, and one in front for how likely the string is a quote."""
    views, _ = views_of(TEXT)
    source, cue = TEXT.index("Quill. "), TEXT.index("said")
    hint = Pointed(0.98, Span(source, source + 5), 0.9, Span(cue, cue + 4), 0.9, "")
    words = words_of(views.view(0, hint))
    assert words[1] == "[unused20]"
    assert words[words.index(Sign.SOURCE.value) : words.index(Sign.SOURCE_END.value)] == [
        Sign.SOURCE.value, "qui", "##ll",
    ]  # fmt: skip
    assert words[words.index(Sign.CUE.value) + 1] == "said"


def test_long_strings_are_cut_in_the_middle():
    """Of a long string its beginning and its end are read, and a sign between."""
    views, _ = views_of(f"“{'very ' * 60}long,” said Quill.")
    words = words_of(views.view(0, None))
    inside = words[words.index(Sign.OPEN.value) + 1 : words.index(Sign.CLOSE.value)]
    assert Sign.GAP.value in inside
    assert len(inside) == 20
    assert inside[-2:] == ["long", ","]


@pytest.mark.parametrize("style", ["“{}”", '"{}"', "„{}“", "«{}»", "''{}''"])
def test_the_style_of_marks_makes_no_difference(style):
    """The encoder reads the same whatever marks an article has."""
    texts = [style.format("We are ready,"), style.format("And we will wait,")]
    views, _ = views_of("Mayor Quill spoke. {} said Quill. {} she added.".format(*texts))
    plain, _ = views_of("Mayor Quill spoke. “We are ready,” said Quill. “And we will wait,” she added.")
    assert views.view(1, None).window == plain.view(1, None).window


def test_another_vocabulary_is_refused():
    """Signs need BERT's unused words."""
    with pytest.raises(ValueError, match="must be BERT's"):
        Signs(Tokenizer(WordLevel({"[CLS]": 0, "[UNK]": 1}, unk_token="[UNK]")))  # noqa: S106, no password


@given(st.text(alphabet=st.sampled_from("ab “”\"'«»\n.,\U0001f600é"), max_size=300))
def test_every_outermost_string_has_a_view(text):
    """Whatever the text: each view fits, its places are the text's own, in order, and hold no word of a string."""
    views, strings = views_of(text)
    for number, string in enumerate(strings):
        if string.depth > 0:
            continue
        view = views.view(number, None)
        assert len(view.window.ids) == len(view.places) <= LONGEST
        places = [place for place in view.places if place]
        assert places == sorted(places)
        assert all(0 <= place.start < place.end <= len(text) for place in places)
