"""What a bundle says about labelled quotes, scored whole and in parts."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from model.predictor import Predictor
from model.quote import LabelledQuote, render, without_carrier
from training.metrics import Metrics, SwapRate, score, three_places

FEWEST = 20
"""Parts with fewer quotes are counted and not scored: their figures would be chance."""

ROW_HEAD = ("quotes", "macro-F1 (95 % interval)", "accuracy", "not uncertain", "right there")
"""What `Row.cells` holds."""

_LENGTHS = {"1-5": 5, "6-15": 15, "16-30": 30}  # words at most
_LONGEST = "31+"
_FRAGMENT_WORDS = 6
# Possessive and anchored, so that a hundred thousand full stops take linear time.
_NEXT_SENTENCE = re.compile(r"(?<![.!?])[.!?]++[\"')\]]*+\s+[\"'(\[]*+[A-Z0-9]")
_FINAL_MARK = re.compile(r"[.!?][\"')\]]*$")


class Row(BaseModel):
    """One part of the quotes: how many there are and, unless they are too few to say anything, their figures."""

    model_config = ConfigDict(frozen=True)

    name: str
    quotes: int
    metrics: Metrics | None

    def cells(self) -> tuple[str, ...]:
        """Return the figures as text, dashes where there are none."""
        if self.metrics is None:
            return (f"{self.quotes:,}", *["-"] * (len(ROW_HEAD) - 1))
        metrics, (low, high) = self.metrics, self.metrics.interval
        scores = f"{metrics.macro_f1:.3f} ({low:.3f} to {high:.3f})"
        right = three_places(metrics.certain_accuracy)
        return f"{self.quotes:,}", scores, f"{metrics.accuracy:.3f}", f"{metrics.coverage:.1%}", right


class Breakdown(BaseModel):
    """The same answers in parts: by corpus, by length in words, by shape, and with the carrier and without it."""

    model_config = ConfigDict(frozen=True)

    corpus: tuple[Row, ...]
    length: tuple[Row, ...]
    shape: tuple[Row, ...]
    carrier: tuple[Row, ...]

    def parts(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """Return (what the quotes are divided by, rows) of each that has rows."""
        named = (("corpus", self.corpus), ("words", self.length), ("shape", self.shape), ("carrier", self.carrier))
        return tuple((name, rows) for name, rows in named if rows)


class Evaluation(BaseModel):
    """What a bundle is worth on a data set; bundle is its digest."""

    model_config = ConfigDict(frozen=True)

    bundle: str
    metrics: Metrics
    breakdown: Breakdown
    swaps: SwapRate


@dataclass(frozen=True, slots=True)
class Answers:
    """Labelled quotes and what a bundle says: probabilities of shape (quotes, labels), labels in that order."""

    quotes: tuple[LabelledQuote, ...]
    labels: tuple[str, ...]
    probabilities: npt.NDArray[np.float64]
    threshold: float

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """The places of the quotes' labels in the label set, of shape (quotes,)."""
        return np.array([self.labels.index(quote.label) for quote in self.quotes], dtype=np.int64)

    def metrics(self) -> Metrics:
        """Score the answers; every quote without a group is a group of its own."""
        groups = [quote.group or f"row-{i}" for i, quote in enumerate(self.quotes)]
        return score(self.labels, self.truth.tolist(), self.probabilities, groups, self.threshold)

    def row(self, name: str, places: Sequence[int]) -> Row:
        """Score the quotes at some places, or only count them where they are too few."""
        if len(places) < FEWEST:
            return Row(name=name, quotes=len(places), metrics=None)
        part = replace(
            self, quotes=tuple(self.quotes[i] for i in places), probabilities=self.probabilities[list(places)]
        )
        return Row(name=name, quotes=len(places), metrics=part.metrics())


def ask(predictor: Predictor, quotes: Iterable[LabelledQuote]) -> Answers:
    """Answer labelled quotes as they are served."""
    asked, manifest = tuple(quotes), predictor.bundle.manifest
    answers = predictor.predict(quote.quote for quote in asked)
    probabilities = np.array([list(answer.probabilities.values()) for answer in answers])
    return Answers(asked, manifest.labels, probabilities.reshape(-1, len(manifest.labels)), manifest.threshold)


def break_down(predictor: Predictor, answers: Answers) -> Breakdown:
    """Score answers in parts; quotes that have a carrier are asked once more without it."""
    return Breakdown(
        corpus=_rows(answers, lambda quote: quote.corpus or "unnamed"),
        length=_rows(answers, length_of, (*_LENGTHS, _LONGEST)),
        shape=_rows(answers, shape_of, ("fragment", "sentence", "long")),
        carrier=_carrier_rows(predictor, answers),
    )


def length_of(quote: LabelledQuote) -> str:
    """Return the class of the quote's number of words: what spaces part in the text as the model reads it."""
    words = len(render(quote.quote).text.split())
    return next((name for name, most in _LENGTHS.items() if words <= most), _LONGEST)


def shape_of(quote: LabelledQuote) -> str:
    """Return long (two sentences or more), fragment (no sentence) or sentence, told by capitals and marks alone.

    A sentence ends with a mark, a space and a capital or figure behind it; so an abbreviation counts as an end. What
    starts with a small letter is a fragment, and so are at most 6 words without a mark at their end.
    """
    text = render(quote.quote).text
    if _NEXT_SENTENCE.search(text):
        return "long"
    first = next((character for character in text if character.isalnum()), "")
    short = len(text.split()) <= _FRAGMENT_WORDS and not _FINAL_MARK.search(text)
    return "fragment" if first.islower() or short else "sentence"


def _rows(answers: Answers, part: Callable[[LabelledQuote], str], names: Sequence[str] = ()) -> tuple[Row, ...]:
    """Score by the name that part gives each quote: those in names in their order, others by the alphabet."""
    places: dict[str, list[int]] = {}
    for i, quote in enumerate(answers.quotes):
        places.setdefault(part(quote), []).append(i)
    return tuple(answers.row(name, places[name]) for name in names or sorted(places) if name in places)


def _carrier_rows(predictor: Predictor, answers: Answers) -> tuple[Row, ...]:
    places = [i for i, quote in enumerate(answers.quotes) if quote.quote.carrier is not None]
    if not places:
        return ()
    if len(places) < FEWEST:
        return (answers.row("with it", places),)
    carried = [answers.quotes[i] for i in places]
    bare = ask(predictor, map(without_carrier, carried))
    # The answers' threshold, not the bundle's: an export chooses it after the bundle was asked.
    alone = replace(bare, threshold=answers.threshold).row("taken away", range(len(places)))
    return answers.row("with it", places), alone
