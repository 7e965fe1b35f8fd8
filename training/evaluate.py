"""Bundle and labelled quotes in, figures out: scores what is served, never the checkpoint."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from model.bundle import Bundle
from model.predictor import Predictor
from model.quote import LabelledQuote
from training.breakdown import Answers, Evaluation, ask, break_down
from training.names import fill_all
from training.swaps import swap_rate

_SEED = 0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The figures, and the answers that pictures are drawn from."""

    evaluation: Evaluation
    answers: Answers


def evaluate(bundle: Bundle, quotes: Sequence[LabelledQuote]) -> Evaluated:
    """Score a bundle on labelled quotes, whole and in parts; every quote without a group is a group of its own."""
    with Predictor(bundle) as predictor:
        answers = ask(predictor, fill_all(quotes, random.Random(_SEED)))
        breakdown = break_down(predictor, answers)
        swaps = swap_rate(predictor, quotes, _SEED)
    evaluation = Evaluation(bundle=bundle.digest, metrics=answers.metrics(), breakdown=breakdown, swaps=swaps)
    return Evaluated(evaluation, answers)
