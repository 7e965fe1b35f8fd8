"""What training pulls at."""

import pytest
import torch

from training.optimization import class_weights, divergence, parameter_groups
from training.recipe import TrainRecipe


def test_divergence_is_a_distance_of_answers():
    """Zero for the same answer whatever the logits' level, symmetric, and it falls along its gradient."""
    one, other = torch.tensor([[1.0, 0.0, -1.0]]), torch.tensor([[0.0, 2.0, 0.0]], requires_grad=True)
    assert divergence(one, one + 5).item() == pytest.approx(0, abs=1e-6)
    before = divergence(one, other)
    assert before.item() == pytest.approx(divergence(other, one).item())
    (slope,) = torch.autograd.grad(before, other)
    assert divergence(one, other - 0.1 * slope) < before


def test_lower_layers_learn_slower():
    """With layer_decay each layer has a rate of its own; norms and biases don't decay."""
    model = torch.nn.ModuleDict(
        {"embeddings": torch.nn.Embedding(3, 2), "layer": torch.nn.ModuleList([torch.nn.Linear(2, 2)] * 1)}
    )
    model["head"] = torch.nn.Linear(2, 2)
    recipe = TrainRecipe(learning_rate=1.0, layer_decay=0.5, weight_decay=0.1)
    groups = list(parameter_groups(model, recipe))
    assert sorted({group["lr"] for group in groups}) == [0.25, 0.5, 1.0]
    assert {group["weight_decay"] for group in groups if group["params"][0].ndim == 1} == {0.0}
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_uneven_classes_are_weighted(tiny_splits, tiny_recipe):
    """Rare classes count more where the data need it, and not where the recipe says none."""
    hostile = [quote for quote in tiny_splits.train if quote.label == "hostile"]
    others = [quote for quote in tiny_splits.train if quote.label != "hostile"]
    uneven = class_weights([*others, *hostile[:20]], tiny_recipe)
    assert uneven[1] > 2 * uneven[2]
    off = tiny_recipe.model_copy(update={"train": tiny_recipe.train.model_copy(update={"class_weights": "none"})})
    assert class_weights([*others, *hostile[:20]], off).tolist() == [1, 1, 1]
