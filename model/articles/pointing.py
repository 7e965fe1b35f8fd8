"""A pointer that was learned: one run of an encoder a string, and how its answer is read."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from model.articles.attribution import Pointed, Step
from model.articles.marks import Marked
from model.articles.rules import Rules
from model.articles.spans import Span
from model.articles.views import LONGEST, Signs, View, Views
from model.bundle import INT8_GRAPH, TOKENIZER, Bundle
from model.encoding import Window, extreme_window, open_tokenizer
from model.errors import BundleError
from model.session import Session
from model.untrusted import told

LABELS = ("quote", "source_start", "source_end", "cue_start", "cue_end")
"""What the logits of a token say. The first is read at the first token only, which the others take for "none"."""

_WIDEST_SOURCE, _WIDEST_CUE = 32, 12  # tokens; of those that people marked one in two hundred is longer
_SUREST = 1e-4  # no probability is taken to be closer to 0 or 1


class LearnedPointer:
    """A pointer from a bundle; where a string has single marks among double ones, the rules know better: a headline.

    Raises BundleError for a bundle that is none of a pointer's or does not work.
    """

    def __init__(self, bundle: Bundle, *, graph: str = INT8_GRAPH) -> None:
        self._bundle, self._rules = bundle, Rules()
        if bundle.manifest.labels != LABELS:
            raise BundleError(
                f"{bundle.path}: its labels are {', '.join(bundle.manifest.labels)}: it is no pointer's bundle; "
                "configs/pointer.yaml trains one"
            )
        try:
            self._tokenizer = open_tokenizer(bundle.read(TOKENIZER))
            self._signs = Signs(self._tokenizer)
            self._session = Session(bundle.read(graph))
            self._check()
        except BundleError:
            raise
        except Exception as error:  # tokenizers and onnxruntime raise whatever they like
            what = f"its graph or tokenizer can't be used: {told(error)}"
            raise BundleError(f"{bundle.path}: {what}; export the bundle again") from error

    @property
    def threshold(self) -> float:
        """The `is_quote` from which a string is taken for a quote."""
        return self._bundle.manifest.threshold

    @property
    def digest(self) -> str:
        """The SHA-256 of the bundle."""
        return self._bundle.digest

    def steps(self, text: str, strings: Sequence[Marked]) -> list[Step]:
        """Give the step to the answer for each string, in order: a run of the encoder for all outermost ones."""
        hints = [step() for step in self._rules.steps(text, strings)]
        asked = [string.depth == 0 and not _is_headline(hint) for string, hint in zip(strings, hints, strict=True)]
        if not any(asked):
            return [partial(_given, hint) for hint in hints]
        views = Views(text, strings, self._tokenizer, self._signs)
        return [
            partial(self._point, views, number, hint) if ask else partial(_given, hint)
            for number, (hint, ask) in enumerate(zip(hints, asked, strict=True))
        ]

    def _point(self, views: Views, number: int, hint: Pointed) -> Pointed:
        view = views.view(number, hint)
        logits = self._session.logits([view.window])[0]
        return read(logits, view, hint, self._bundle.manifest.temperature, self.threshold)

    def _check(self) -> None:
        """Read the longest window there can be. Raises ValueError when graph and manifest don't fit."""
        extreme = extreme_window(self._tokenizer, LONGEST)
        window = Window(extreme.ids, [0] * LONGEST, LONGEST)
        logits = self._session.logits([window])
        if logits.shape != (1, LONGEST, len(LABELS)):
            raise ValueError(f"the graph gives logits of shape {logits.shape}, not {(1, LONGEST, len(LABELS))}")
        if not np.isfinite(logits).all():
            raise ValueError("the graph gives logits that are no numbers")


def read(
    logits: npt.NDArray[np.float64], view: View, hint: Pointed | None, temperature: float = 1.0, threshold: float = 0.5
) -> Pointed:
    """Read the logits of a view, of shape (tokens, 5), together with what the rules said of the string.

    Whether it is a quote is the mean of both in log-odds: each knows strings that the other takes for others.
    """
    odds = logits[0, 0] if hint is None else (logits[0, 0] + _log_odds(hint.is_quote)) / 2
    is_quote = float(1 / (1 + np.exp(-odds / temperature)))
    source = _span(logits[:, 1:3], view, _WIDEST_SOURCE)
    cue = _span(logits[:, 3:5], view, _WIDEST_CUE)
    reason = (hint.reason if hint else "") or "scare"
    return Pointed(
        is_quote=is_quote,
        source=source[0],
        source_confidence=source[1] if source[0] else 0.0,
        cue=cue[0],
        cue_confidence=cue[1] if cue[0] else 0.0,
        reason="" if is_quote >= threshold else reason,
    )


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _SUREST), 1 - _SUREST)
    return float(np.log(kept / (1 - kept)))


def _span(logits: npt.NDArray[np.float64], view: View, widest: int) -> tuple[Span | None, float]:
    """Return the likeliest span by the logits of its ends, of shape (tokens, 2), and its probability among all spans.

    The first token stands for no span. Devlin et al., "BERT", NAACL 2019, section 4.3.
    """
    allowed = np.array([place is not None for place in view.places])
    allowed[0] = True
    masked = np.where(allowed[:, None], logits, -np.inf)
    first, last = (masked - masked.max(axis=0)).T
    together = first[:, None] + last[None, :]
    tokens = np.arange(len(first))
    width = tokens[None, :] - tokens[:, None]
    together[(width < 0) | (width >= widest)] = -np.inf
    together[0, 1:] = -np.inf
    powers = np.exp(together)
    best = int(powers.argmax())
    start, end = divmod(best, len(first))
    probability = float(powers[start, end] / powers.sum())
    begin, finish = view.places[start], view.places[end]
    if begin is None or finish is None:
        return None, probability
    return Span(begin.start, finish.end), probability


def _is_headline(hint: Pointed) -> bool:
    return hint.reason == "headline"


def _given(hint: Pointed) -> Pointed:
    return hint
