"""From articles marked by hand to what a pointer learns from: views of strings, with the tokens to be pointed at."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from model.articles.attribution import Pointed
from model.articles.looks import is_single
from model.articles.marks import marked_strings
from model.articles.rules import Rules
from model.articles.spans import Span
from model.articles.views import Signs, View, Views
from training.article_names import NameWords, Pool, name_words
from training.attribution_data import Article, Attribution
from training.batches import UNLABELLED
from training.edits import Edited
from training.put_marks import Labels, direct, drawn_unsaid, markable, put_in_marks
from training.recipe import PointerRecipe


@dataclass(frozen=True, slots=True)
class PointerExample:
    """A view, the hint that is shown in it, and what is right for it.

    targets: 1 for a quote, 0 for none, UNLABELLED where nobody said; then the tokens with which source and cue begin
    and end: 0 where there is none in view, UNLABELLED for what is no quote.
    """

    view: View
    hint: Pointed | None
    targets: tuple[int, int, int, int, int]

    @property
    def length(self) -> int:
        """Tokens."""
        return len(self.view.window.ids)

    @property
    def rows(self) -> int:
        """How many rows of a batch it takes."""
        return 1


class PointerExamples:
    """The examples of a set of articles; names: exchange them, one for one, as if others had spoken."""

    def __init__(self, articles: Sequence[Article], tokenizer: Tokenizer, recipe: PointerRecipe) -> None:
        self._articles, self._tokenizer, self._recipe = articles, tokenizer, recipe
        self._signs, self._rules = Signs(tokenizer), Rules()
        self._names: list[NameWords] = []

    def plain(self) -> list[PointerExample]:
        """Return the examples of the articles as they were printed, one a string that somebody judged."""
        return [
            example
            for article in self._articles
            for example in self._of(Edited(article.text, ()), direct(article), None)
        ]

    def drawn(self, rng: random.Random) -> list[PointerExample]:
        """Return the examples of an epoch: other names, and words put into marks, reported speech and others."""
        self._names = self._names or [name_words(article.text) for article in self._articles]
        pool = Pool(self._names)
        examples: list[PointerExample] = []
        for article, words in zip(self._articles, self._names, strict=True):
            names = list(pool.edits(article.text, words, rng))
            examples += self._of(Edited(article.text, names), direct(article), rng)
            said = [each for each in markable(article) if rng.random() < self._recipe.indirect]
            unsaid = drawn_unsaid(article, self._recipe.unsaid, rng)
            if said or unsaid:
                examples += self._of(*put_in_marks(article, said, unsaid, names), rng)
        return examples

    def _of(self, edited: Edited, labels: Labels, rng: random.Random | None) -> Iterator[PointerExample]:
        text = edited.text
        strings = marked_strings(text)
        hints = [step() for step in self._rules.steps(text, strings)]
        views = Views(text, strings, self._tokenizer, self._signs)
        attributions = {edited.moved(span): attribution for span, attribution in labels.attributions.items()}
        none = {edited.moved(span) for span in labels.none}
        for number, string in enumerate(strings):
            if string.depth > 0 or is_single(text, string):
                continue
            silent = rng is not None and rng.random() < self._recipe.hint_dropout
            hint = None if silent else hints[number]
            if string.span in attributions:
                view = views.view(number, hint)
                found = _targets(view, attributions[string.span], edited)
                yield PointerExample(view, hint, (1 if labels.direct else UNLABELLED, *found))
            elif string.span in none:
                yield PointerExample(
                    views.view(number, hint), hint, (0, UNLABELLED, UNLABELLED, UNLABELLED, UNLABELLED)
                )


def _targets(view: View, attribution: Attribution, edited: Edited) -> tuple[int, int, int, int]:
    ends: list[int] = []
    for start, end in (
        (attribution.speaker_start, attribution.speaker_end),
        (attribution.cue_start, attribution.cue_end),
    ):
        ends += (0, 0) if start is None or end is None else _tokens(view, edited.moved(Span(start, end)))
    return ends[0], ends[1], ends[2], ends[3]


def _tokens(view: View, span: Span) -> tuple[int, int]:
    """Return the first and the last token of a span; 0 and 0 where it is not in view as a whole."""
    inside = [
        at for at, place in enumerate(view.places) if place and span.start <= place.start and place.end <= span.end
    ]
    whole = inside and view.places[inside[0]].start == span.start  # type: ignore[union-attr]
    return (inside[0], inside[-1]) if whole else (0, 0)
