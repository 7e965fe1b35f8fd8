"""The learned pointer: how its logits are read, and what it says of an article."""

import numpy as np
import pytest

from model.articles.attribution import Pointed, point
from model.articles.marks import marked_strings
from model.articles.pointing import LABELS, LearnedPointer, read
from model.articles.spans import Span
from model.articles.views import View
from model.encoding import Window
from model.errors import BundleError
from model.predictor import Predictor

PLACES = [None, Span(0, 3), Span(4, 9), Span(10, 14), None]
VIEW = View(Window([1, 2, 3, 4, 5], [0] * 5, 5), PLACES)


def logits(**at):
    """Return logits of the five tokens, high where asked: label -> token."""
    found = np.zeros((len(PLACES), len(LABELS)))
    for label, token in at.items():
        found[token, LABELS.index(label)] = 9.0
    return found


def test_the_likeliest_span_is_read():
    """Source and cue reach from their first to their last token, with the probability that they do."""
    pointed = read(logits(quote=0, source_start=1, source_end=2, cue_start=3, cue_end=3), VIEW, None)
    assert pointed.source == Span(0, 9)
    assert pointed.cue == Span(10, 14)
    assert pointed.is_quote > 0.99
    assert pointed.source_confidence > 0.99
    assert pointed.reason == ""


def test_the_first_token_stands_for_none():
    """Where the first token is likeliest nobody is named; nothing is made up."""
    pointed = read(logits(source_start=0, source_end=0, cue_start=3, cue_end=3), VIEW, None)
    assert pointed.source is None
    assert pointed.source_confidence == 0.0


def test_a_span_does_not_end_before_it_begins():
    """The likeliest ends need not go together: then the likeliest that do are taken."""
    found = logits(source_start=3, source_end=1, quote=0)
    found[1, LABELS.index("source_start")] = 8.0
    assert read(found, VIEW, None).source == Span(0, 3)


def test_signs_and_words_of_strings_are_never_pointed_at():
    """A token without a place can't be a source, however high its logits."""
    found = logits(source_start=4, source_end=4)
    assert read(found, VIEW, None).source != Span(10, 14) or read(found, VIEW, None).source_confidence < 0.5


def test_both_say_whether_it_is_a_quote():
    """Encoder and rules count alike: where they contradict each other as surely, nobody knows."""
    high = logits()
    high[0, 0] = np.log(9)
    assert read(high, VIEW, None).is_quote == pytest.approx(0.9)
    assert read(high, VIEW, Pointed(0.1, None, 0.0, None, 0.0, "scare")).is_quote == pytest.approx(0.5)
    assert read(high, VIEW, Pointed(0.9, None, 0.0, None, 0.0, "")).is_quote == pytest.approx(0.9)


def test_below_the_threshold_there_is_a_reason():
    """What is no quote has a reason: the rules' own where they have one."""
    low = logits()
    low[0, 0] = -9.0
    assert read(low, VIEW, None).reason == "scare"
    assert read(low, VIEW, Pointed(0.1, None, 0.0, None, 0.0, "title")).reason == "title"


TEXT = (
    "Mayor Ada Quill opened the bridge on Monday.\n"
    "“We are ready to talk with everybody,” Quill told reporters. “Nobody will be left out.”\n"
    "Her rival, David Okoro, has read the novel “Harvest of Stones” and called the bridge “a gift to smugglers.”\n"
)


def test_the_bundled_pointer_reads_an_article(pointer_bundle):
    """Speakers and cues are found, a title is none, and every answer's places lie in the text."""
    pointer = LearnedPointer(pointer_bundle)
    strings = marked_strings(TEXT)
    answers = point(pointer, TEXT, strings)
    taken = [answer.is_quote >= pointer.threshold for answer in answers]
    assert taken == [True, True, False, True]
    sources = [answer.source and answer.source.of(TEXT) for answer in answers]
    cues = [answer.cue and answer.cue.of(TEXT) for answer in answers]
    assert sources[:2] == ["Quill", "Quill"]
    assert "Okoro" in str(sources[3])
    assert str(cues[0]).startswith("told")
    assert cues[3] == "called"
    assert pointer.digest == pointer_bundle.digest


def test_the_answer_does_not_depend_on_order(pointer_bundle):
    """Steps may be run in any order, and again: the bits are the same."""
    pointer = LearnedPointer(pointer_bundle)
    steps = pointer.steps(TEXT, marked_strings(TEXT))
    backwards = [step() for step in reversed(steps)][::-1]
    assert backwards == [step() for step in steps]


def test_headlines_are_left_to_the_rules(pointer_bundle):
    """Single marks among double ones are a headline's."""
    text = f"Okoro calls bridge 'a gift'\n{TEXT}"
    answers = point(LearnedPointer(pointer_bundle), text, marked_strings(text))
    assert answers[0].reason == "headline"


def test_an_article_without_strings_has_no_steps(pointer_bundle):
    """There is nothing to ask where nothing stands in marks."""
    assert LearnedPointer(pointer_bundle).steps("Nothing was said.", ()) == []


def test_a_bundle_of_stances_is_no_pointer(default_bundle):
    """The other kind of bundle is refused, with what to do."""
    with pytest.raises(BundleError, match=r"no pointer's bundle; configs/pointer\.yaml trains one"):
        LearnedPointer(default_bundle)


def test_a_pointers_bundle_judges_no_quotes(pointer_bundle):
    """The predictor refuses it, and says what it is for."""
    with pytest.raises(BundleError, match="a pointer's bundle goes to --pointer"):
        Predictor(pointer_bundle)
