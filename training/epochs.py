"""What is trained on in an epoch: names, carriers and looks drawn anew, from labelled quotes or from lessons."""

import random
from collections.abc import Sequence
from functools import lru_cache

from tokenizers import Tokenizer

from model.encoding import Window, encode
from model.quote import LabelledQuote, Quote, render
from training.batches import Example, drop_carriers, to_examples, with_twins
from training.exchange import renamed_all
from training.lessons import read_lessons, to_lesson_examples
from training.names import fill_all
from training.noise import noisy_all
from training.recipe import Recipe
from training.splits import Splits

_REMEMBERED = 400_000  # encoded quotes of lessons, about 200 MB


class Epochs:
    """The examples of each epoch; the same epoch of the same recipe holds the same ones. Raises DataError."""

    def __init__(self, recipe: Recipe, splits: Splits, tokenizer: Tokenizer) -> None:
        self._recipe, self._quotes, self._tokenizer = recipe, splits.train, tokenizer
        self._lessons = read_lessons(recipe, splits) if recipe.train.lessons else ()
        self._encoded = lru_cache(_REMEMBERED)(self._windows)

    def examples(self, rng: random.Random) -> list[Example]:
        """Return an epoch's examples."""
        train = self._recipe.train
        if self._lessons:
            return list(to_lesson_examples(self._lessons, self._recipe, self._encoded, rng))
        quotes = drop_carriers(self._quotes, train.carrier_dropout, rng)
        filled = list(fill_all(quotes, rng))
        others = renamed_all(quotes, rng) if train.consistency else filled
        looks = noisy_all(filled, train.noise, rng)
        return [each for trio in zip(filled, others, looks, strict=True) for each in self._paired(*trio)]

    def labelled(self, quotes: Sequence[LabelledQuote]) -> list[Example]:
        """Encode labelled quotes as they are."""
        return to_examples(quotes, self._recipe.label_set, self._tokenizer, self._recipe.max_tokens)

    def _paired(self, quote: LabelledQuote, other: LabelledQuote, look: LabelledQuote) -> list[Example]:
        examples = self.labelled([look])
        # Most quotes hold no name: the other one is the same, and encoding it again would tell nothing.
        return examples if other == quote else with_twins(examples, self.labelled([other]))

    def _windows(self, quote: Quote) -> Sequence[Window]:
        return encode(self._tokenizer, render(quote), self._recipe.max_tokens)
