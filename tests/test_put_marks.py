"""Marks put where there were none: around what was reported, and around words that nobody said."""

import random

from model.articles.marks import marked_strings
from model.articles.spans import Span
from tests.made_articles import made_articles
from training.attribution_data import Article
from training.edits import Edit
from training.put_marks import drawn_unsaid, markable, put_in_marks

TEXT = "Clara Voss said that the harbour is closed. The Northern Harbour Board met in secret behind heavy doors.\n"


def reported():
    """An article in which somebody is said to have said something."""
    content = (TEXT.index("the harbour"), TEXT.index(". The"))
    told = {"speaker_start": 0, "speaker_end": 10, "cue_start": 11, "cue_end": 15, "spans": [content]}
    return Article.model_validate(
        {"id": "one", "text": TEXT, "quotes": [], "non_quotes": [], "ignored": [], "indirect": [told]}
    )


def test_reported_speech_can_stand_in_marks():
    """What was reported becomes a string in marks, whose source and cue have moved with the text."""
    article = reported()
    edited, labels = put_in_marks(article, list(markable(article)), [], [Edit(0, 5, "Augustina")])
    (string,) = marked_strings(edited.text)
    assert string.span.of(edited.text) == "the harbour is closed"
    ((span, attribution),) = labels.attributions.items()
    assert edited.moved(span) == string.span
    assert attribution.speaker is not None
    assert edited.moved(attribution.speaker).of(edited.text) == "Augustina Voss"
    assert not labels.direct


def test_the_articles_own_style_of_marks_is_kept():
    """An article with curly marks gets curly ones."""
    article = reported()
    curly = article.model_copy(update={"text": article.text + "“Go,” he said.\n"})
    assert '"' not in put_in_marks(curly, list(markable(curly)), [], [])[0].text


def test_words_nobody_said_lie_outside_of_attributions():
    """Neither the speaker, nor the cue, nor what was said is drawn; names of several words and plain words are."""
    article = reported()
    drawn = {span for seed in range(60) for span in drawn_unsaid(article, 2, random.Random(seed))}
    assert drawn
    assert min(span.start for span in drawn) > TEXT.index("closed")
    assert "The Northern Harbour Board" in {span.of(TEXT) for span in drawn}
    assert "secret behind heavy" in {span.of(TEXT) for span in drawn}


def test_places_that_touch_are_not_both_put_into_marks():
    """Two strings that share a border would be read as something else."""
    article = reported()
    edited, labels = put_in_marks(article, [], [Span(44, 67), Span(60, 70)], [])
    assert len(marked_strings(edited.text)) == len(labels.none) == 1


def test_as_many_are_drawn_as_asked_on_average():
    """The count is a mean over articles, none for 0."""
    articles = made_articles(30)
    assert not any(drawn_unsaid(article, 0, random.Random(0)) for article in articles)
    rng = random.Random(0)
    counts = [len(drawn_unsaid(article, 1, rng)) for article in articles for _ in range(10)]
    assert 0.3 < sum(counts) / len(counts) <= 1.1
