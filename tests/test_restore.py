"""A bundle back into a checkpoint: the same weights, ready to train on, with the same labels or others."""

import json

import numpy as np
import pytest
import torch

from model.bundle import INT8_GRAPH, Card, write_bundle
from model.encoding import encode
from model.errors import TrainingError
from model.quote import Quote, render
from model.session import Session
from training.encoder import new_encoder, open_checkpoint
from training.graph import int8_graph
from training.nodes import Nodes
from training.quantization import grid_state
from training.recipe import Recipe
from training.smoothing import note_wide_columns

QUOTES = [Quote("We will meet."), Quote("a provocation", "The ministry called it [Q] and recalled its envoy.")]


def recipe(bundle, **more):
    return Recipe(name="again", encoder=str(bundle.path), max_tokens=bundle.manifest.max_tokens, **more)


def test_weights_come_back(tiny_bundle, tiny_run):
    """Every weight is the checkpoint's after rounding; positions and types in their sum."""
    encoder = open_checkpoint(tiny_run.checkpoint)
    note_wide_columns(encoder, tiny_run.recipe, [quote.quote for quote in tiny_run.split("train")])
    expected = grid_state(encoder.model)
    restored = new_encoder(recipe(tiny_bundle)).model.state_dict()
    for name, weight in expected.items():
        if "position" not in name and "token_type" not in name:
            assert torch.allclose(restored[name], weight, atol=1e-5), name
    types, positions = (f"bert.embeddings.{table}.weight" for table in ("token_type_embeddings", "position_embeddings"))
    one, other = (state[types][1] + state[positions][3] for state in (expected, restored))
    assert torch.allclose(one, other, atol=1e-5)


def test_restored_model_exports_to_what_it_was(tiny_bundle):
    """Bundle, checkpoint, bundle: the same answers."""
    encoder = new_encoder(recipe(tiny_bundle))
    before, after = Session(tiny_bundle.read(INT8_GRAPH)), Session(int8_graph(encoder))
    for quote in QUOTES:
        windows = encode(encoder.tokenizer, render(quote), tiny_bundle.manifest.max_tokens)
        assert np.allclose(before.logits(windows), after.logits(windows), atol=0.02)


def test_other_labels_get_a_fresh_head(tiny_bundle):
    """The encoder is the bundle's, the head has as many rows as there are labels."""
    encoder = new_encoder(recipe(tiny_bundle, labels=("agree", "disagree")))
    assert encoder.model.state_dict()["classifier.weight"].shape[0] == 2
    assert encoder.model.config.id2label == {0: "agree", 1: "disagree"}


def test_graphs_of_other_makers_are_refused(tiny_bundle, tmp_path):
    """A bundle whose graph was not written here says so."""
    nodes = Nodes()
    nodes.add("Identity", "values", name="out")
    ends = {"values": (1, ("rows",))}, {"out": (1, ("rows",))}
    files = {name: tiny_bundle.read(name) for name in tiny_bundle.manifest.files} | {INT8_GRAPH: nodes.graph(*ends)}
    card = Card(**{name: value for name, value in tiny_bundle.manifest if name in Card.model_fields})
    other = write_bundle(tmp_path / "other", card, files)
    assert json.loads(other.read("config.json"))["model_type"] == "bert"
    with pytest.raises(TrainingError, match="its graph was written by another version"):
        new_encoder(recipe(other))
