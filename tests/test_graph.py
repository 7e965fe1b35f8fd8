"""The graph: it says what the checkpoint says, alone and among others, and computes no more than that takes."""

from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from transformers import BertForTokenClassification

from model.encoding import encode
from model.errors import TrainingError
from model.quote import Quote, render
from model.session import Session
from training.encoder import open_checkpoint
from training.graph import fp32_graph, int8_graph
from training.quantization import grid_state, quantized

QUOTES = [
    Quote("We will sit down with them on Monday."),
    Quote("a provocation", "The ministry called it [Q] and recalled its envoy."),
    Quote("No."),
    Quote("They broke what they had signed, and they did so before the ink was dry, and they laughed."),
]


@pytest.fixture
def encoder(tiny_run):
    encoder = open_checkpoint(tiny_run.checkpoint, tiny_run.recipe.max_tokens)
    encoder.model.eval()
    return encoder


@pytest.fixture
def windows(encoder, tiny_run):
    return [encode(encoder.tokenizer, render(quote), tiny_run.recipe.max_tokens)[0] for quote in QUOTES]


def checkpoint_logits(encoder, windows):
    with torch.no_grad():
        return np.concatenate(
            [
                encoder.model(
                    input_ids=torch.tensor([window.ids]),
                    token_type_ids=torch.tensor([window.types]),
                    attention_mask=torch.ones(1, len(window.ids), dtype=torch.long),
                ).logits.numpy()
                for window in windows
            ]
        )


def alone(graph, windows):
    session = Session(graph)
    return np.concatenate([session.logits([window]) for window in windows])


def test_fp32_is_the_checkpoint(encoder, windows):
    """With and without a carrier, short and long: the same logits to the sixth place."""
    assert np.allclose(alone(fp32_graph(encoder), windows), checkpoint_logits(encoder, windows), atol=1e-5)


def test_fp32_pads_like_the_checkpoint(encoder, windows):
    """Other tools batch and pad: padded rows get the same logits as alone."""
    graph = fp32_graph(encoder)
    assert np.allclose(Session(graph).logits(windows), alone(graph, windows), atol=1e-5)


def test_int8_is_what_training_rounds(encoder, windows):
    """The graph and the checkpoint that computes as the graph does differ by roundings' last digits, not by int8's."""
    rounded = alone(int8_graph(encoder), windows)
    plain = checkpoint_logits(encoder, windows)
    with quantized(encoder.model):
        simulated = checkpoint_logits(encoder, windows)
    assert np.abs(rounded - simulated).max() < 0.3 * np.abs(simulated - plain).max() + 1e-4


def test_int8_does_not_depend_on_company(encoder, windows):
    """A scale belongs to a token: in a padded batch of other texts the logits are the same to float's last digits."""
    graph = int8_graph(encoder)
    assert np.abs(Session(graph).logits(windows) - alone(graph, windows)).max() < 0.01


def test_rounded_weights_round_to_themselves(encoder, windows):
    """What a rounded run saves loses nothing when it is exported."""
    before = int8_graph(encoder)
    encoder.model.load_state_dict(grid_state(encoder.model))
    after = int8_graph(encoder)
    assert np.array_equal(alone(before, windows), alone(after, windows))


def test_int8_is_a_quarter(encoder):
    """Weights of one byte instead of four."""
    assert len(int8_graph(encoder)) < 0.3 * len(fp32_graph(encoder))


def test_nothing_is_computed_twice(encoder):
    """One product for query, key and value, one table of places, and of the last layer only the first token's."""
    nodes = onnx.load_from_string(fp32_graph(encoder)).graph.node
    layers = encoder.model.config.num_hidden_layers
    counts = Counter(node.op_type for node in nodes)
    assert counts["MultiHeadAttention"] == layers
    assert counts["MatMul"] == 4 * layers + 2  # the last layer's query is apart; the pooler
    assert counts["SkipLayerNormalization"] == 2 * layers + 1
    assert counts["Gather"] == 4  # words, places, the length of the text, the first token


def test_other_architectures_are_refused(encoder):
    """An encoder that is no BERT can teach, and the message says so."""
    encoder.model.config.model_type = "mpnet"
    with pytest.raises(TrainingError, match=r"mpnet.*only BERT's .* export; it may teach"):
        fp32_graph(encoder)


def test_a_head_that_reads_every_token_gets_every_token(encoder, windows):
    """A token classifier's graph gives the checkpoint's logits for each token of a text."""
    model = BertForTokenClassification(encoder.model.config)
    model.load_state_dict(encoder.model.state_dict(), strict=False)
    teller = replace(encoder, model=model.eval())
    expected = [
        model(input_ids=torch.tensor([window.ids]), token_type_ids=torch.tensor([window.types])).logits.detach().numpy()
        for window in windows
    ]
    session = Session(fp32_graph(teller))
    for window, logits in zip(windows, expected, strict=True):
        assert np.allclose(session.logits([window]), logits, atol=1e-5)
