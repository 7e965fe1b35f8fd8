"""The texts that a benchmark asks: distinct, of declared length, with what a model has to compute for them."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from model.bundle import TOKENIZER, Bundle
from model.encoding import encode, open_tokenizer
from model.errors import DetenteError, QuoteError
from model.quote import Quote, render
from model.stance import Prediction

CORPUS = Path(__file__).parent.parent / "training" / "data" / "quotes.jsonl"
"""The project's own quotes."""

_CONFIG = "config.json"
_LEAST = 100  # fewer would all lie in the processor's caches
_SEED = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A quote and, where the file has one, its label."""

    quote: Quote
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens a text as the model reads them, special tokens and the carrier's counted."""

    texts: int
    mean: float
    p50: float
    p90: float
    max: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Distinct texts; multiply_adds: the mean of a text, in 10^6; None where config.json does not tell."""

    texts: Sequence[Text]
    lengths: Lengths
    multiply_adds: float | None

    @property
    def quotes(self) -> list[Quote]:
        """The quotes of the texts."""
        return [text.quote for text in self.texts]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well answers fit labels; macro_f1 is the mean over the labels that occur in the file."""

    texts: int
    accuracy: float
    macro_f1: float


def read_texts(path: Path) -> list[Text]:
    """Read JSONL with `text` and, if there, `carrier` and `label`, or a text a line.

    Raises DetenteError for a file that can't be read and for a row that is no quote.
    """
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DetenteError(f"{path}: can't be read: {error}") from error
    as_json = path.suffix == ".jsonl"
    return [_text(f"{path}:{number}", line, as_json=as_json) for number, line in enumerate(lines, 1)]


def draw_workload(texts: Sequence[Text], bundle: Bundle, most: int | None = None) -> Workload:
    """Take the distinct texts, or `most` of them drawn at random. Raises DetenteError when they are too few."""
    drawn = list({text.quote: text for text in texts}.values())
    if len(drawn) < _LEAST:
        raise DetenteError(f"{len(drawn)} distinct quotes, a benchmark needs {_LEAST} or more: give it a larger file")
    if most is not None and most < len(drawn):
        drawn = random.Random(_SEED).sample(drawn, most)
    windows = _window_lengths(bundle, [text.quote for text in drawn])
    return Workload(drawn, _lengths([sum(lengths) for lengths in windows]), _multiply_adds(bundle, windows))


def score(texts: Sequence[Text], answers: Sequence[Prediction]) -> Accuracy | None:
    """Compare answers with the labels that there are; None where there are none."""
    pairs = [(text.label, answer.label) for text, answer in zip(texts, answers, strict=True) if text.label is not None]
    if not pairs:
        return None
    f1 = []
    for label in {label for label, _ in pairs}:
        hits = sum(true == guess == label for true, guess in pairs)
        f1.append(2 * hits / sum((true == label) + (guess == label) for true, guess in pairs))
    return Accuracy(len(pairs), fmean(true == guess for true, guess in pairs), fmean(f1))


def _text(place: str, line: str, *, as_json: bool) -> Text:
    try:
        row: Any = json.loads(line) if as_json else {"text": line}
        label = row.get("label")
        return Text(Quote(row["text"], row.get("carrier")), None if label is None else str(label))
    except (ValueError, KeyError, TypeError, AttributeError, QuoteError) as error:
        raise DetenteError(f"{place}: is no quote: {error}") from error


def _window_lengths(bundle: Bundle, quotes: Sequence[Quote]) -> list[list[int]]:
    """Return, for each quote, the tokens of each of its windows."""
    tokenizer = open_tokenizer(bundle.read(TOKENIZER))
    encoded = (encode(tokenizer, render(quote), bundle.manifest.max_tokens) for quote in quotes)
    return [[len(window.ids) for window in windows] for windows in encoded]


def _lengths(tokens: Sequence[int]) -> Lengths:
    p50, p90 = np.percentile(tokens, [50, 90]).tolist()
    return Lengths(len(tokens), fmean(tokens), p50, p90, max(tokens))


def _multiply_adds(bundle: Bundle, windows: Sequence[Sequence[int]]) -> float | None:
    """Return the mean multiply-adds, in 10^6, of a text in the matrix products of the encoder's layers."""
    if _CONFIG not in bundle.manifest.files:
        return None
    config = json.loads(bundle.read(_CONFIG))
    try:
        hidden, inner, layers = (
            int(config[key]) for key in ("hidden_size", "intermediate_size", "num_hidden_layers")
        )  # fmt: skip
    except KeyError:
        return None
    # Query, key, value, output; the two of the feed-forward; each token's scores over all and its mean by them. Of the
    # last layer the graph computes keys and values of all tokens, the rest for the first one only.
    weights = 4 * hidden * hidden + 2 * hidden * inner

    def products(n: int) -> int:
        last = n * 2 * hidden * hidden + weights - 2 * hidden * hidden + 2 * n * hidden
        return (layers - 1) * n * (weights + 2 * n * hidden) + last

    return 1e-6 * fmean(sum(map(products, text)) for text in windows)
