"""Wide columns: found by what a checkpoint reads, divided exactly, and only where the config says so."""

import numpy as np
import pytest

from model.encoding import encode
from model.quote import Quote, render
from model.session import Session
from training.checkpoint import windows_of
from training.encoder import open_checkpoint
from training.graph import fp32_graph, int8_graph, written_graph
from training.products import Fp32
from training.quantization import grid_state, wide_divisors
from training.smoothing import Narrowed, largest_activations, note_wide_columns, smoothing_divisors

QUOTES = [Quote(f"On day {i} they said that they would come, and came.") for i in range(20)]


@pytest.fixture
def encoder(tiny_run):
    return open_checkpoint(tiny_run.checkpoint, tiny_run.recipe.max_tokens)


@pytest.fixture
def reaches(encoder, tiny_run):
    read = windows_of(encoder, tiny_run.recipe, QUOTES)
    return largest_activations(encoder, [window for windows in read for window in windows])


@pytest.fixture
def windows(encoder, tiny_run):
    return [encode(encoder.tokenizer, render(quote), tiny_run.recipe.max_tokens)[0] for quote in QUOTES[:3]]


def widen(encoder, column, factor):
    """Make the embeddings' norm write one column that reaches far."""
    norm = encoder.model.get_submodule("bert.embeddings.LayerNorm")
    norm.weight.data[column] *= factor


def logits(graph, windows):
    session = Session(graph)
    return np.concatenate([session.logits([window]) for window in windows])


def test_reaches_are_of_every_layer(encoder, reaches):
    """Six layers of the model with weights, each with a magnitude a column."""
    layers = encoder.model.config.num_hidden_layers
    assert len(reaches) == 6 * layers
    assert all(np.all(reach >= 0) for reach in reaches.values())
    assert reaches["bert.encoder.layer.0.output.dense"].shape == (encoder.model.config.intermediate_size,)


def test_division_leaves_the_product(encoder, reaches, windows):
    """In fp32 the graph with divided activations says what the one without says."""
    divisors = smoothing_divisors(encoder, reaches, 0.5)
    smooth = written_graph(encoder, Narrowed(Fp32(), divisors))
    assert np.allclose(logits(smooth, windows), logits(fp32_graph(encoder), windows), atol=1e-4)


def test_wide_columns_are_noted_once(encoder, tiny_run):
    """A column that reaches eight times as far is divided by a power of two; what is noted stays."""
    widen(encoder, 7, 8)
    note_wide_columns(encoder, tiny_run.recipe, QUOTES)
    noted = encoder.model.config.wide_columns
    assert noted["bert.encoder.layer.0.attention.self.query"]["7"] in {2, 4}
    divisors = wide_divisors(encoder.model.config)
    assert all(np.all(np.log2(divisor.numpy()) % 1 == 0) for divisor in divisors.values())
    assert len(divisors) == 3 * encoder.model.config.num_hidden_layers
    widen(encoder, 8, 8)
    note_wide_columns(encoder, tiny_run.recipe, QUOTES)
    assert encoder.model.config.wide_columns == noted


def test_division_is_bounded(encoder, tiny_run):
    """A column that reaches forty times as far is divided by four: its weights would else set the scale of theirs."""
    widen(encoder, 7, 40)
    note_wide_columns(encoder, tiny_run.recipe, QUOTES)
    assert encoder.model.config.wide_columns["bert.encoder.layer.0.attention.self.query"]["7"] == 4


def test_narrowed_weights_round_to_themselves(encoder, tiny_run, windows, tmp_path):
    """A rounded checkpoint keeps its wide columns in its config, and exports to the graph that it was."""
    widen(encoder, 7, 40)
    note_wide_columns(encoder, tiny_run.recipe, QUOTES)
    before = logits(int8_graph(encoder), windows)
    encoder.save(tmp_path, grid_state(encoder.model))
    again = open_checkpoint(tmp_path, tiny_run.recipe.max_tokens)
    assert again.model.config.wide_columns == encoder.model.config.wide_columns
    assert np.array_equal(logits(int8_graph(again), windows), before)
