"""The baseline is transformers' own pipeline of a checkpoint, reading what the predictor reads."""

import pytest
import torch

from model.errors import TrainingError
from model.quote import Quote
from training.pipeline import TransformersPipeline

QUOTES = [Quote("We welcome their offer."), Quote("a provocation", "He called it [Q]."), Quote("word " * 2000)]


@pytest.fixture(scope="module")
def baseline(tiny_run):
    threads = torch.get_num_threads()
    yield TransformersPipeline(tiny_run.checkpoint)
    torch.set_num_threads(threads)


def test_answers_are_probabilities_over_the_labels(baseline, tiny_run):
    """One prediction a quote, in order, carriers and over-long quotes included."""
    answers = baseline.answer(QUOTES)
    assert len(answers) == len(QUOTES)
    for answer in answers:
        assert set(answer.probabilities) == set(tiny_run.recipe.label_set)
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert answer.probabilities[answer.label] == max(answer.probabilities.values())


def test_a_batch_gives_what_single_quotes_give(baseline):
    """In fp32 padding moves a probability by rounding only."""
    for single, batched in zip(QUOTES, baseline.answer(QUOTES), strict=True):
        alone = baseline.answer([single])[0].probabilities
        assert dict(batched.probabilities) == pytest.approx(dict(alone), abs=1e-4)


def test_the_carrier_is_read(baseline):
    """As a second segment: without it the answer is another one."""
    bare, carried = baseline.answer([Quote("a provocation"), QUOTES[1]])
    assert bare.probabilities != carried.probabilities


def test_a_folder_without_checkpoint_is_an_error(tmp_path):
    """It is named, and what such a folder looks like."""
    with pytest.raises(TrainingError, match=r"no checkpoint there: name a folder like runs/minilm/checkpoint"):
        TransformersPipeline(tmp_path)
