"""What training pulls at: learning rates by depth, class weights, and the bond between a quote and its twin."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from model.quote import LabelledQuote
from training.recipe import Recipe, TrainRecipe

_UNEVEN = 1.5  # largest over smallest class from which weights are applied


def parameter_groups(model: torch.nn.Module, recipe: TrainRecipe) -> Iterator[dict[str, Any]]:
    """Yield parameters by depth: lower layers learn slower, biases and norms don't decay."""
    depths = {name: _depth(name) for name, _ in model.named_parameters()}
    top = max(depth for depth in depths.values() if depth < math.inf) + 1
    groups: dict[tuple[float, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        groups.setdefault((min(depths[name], top), parameter.ndim > 1), []).append(parameter)
    for (depth, decays), parameters in groups.items():
        yield {
            "params": parameters,
            "lr": recipe.learning_rate * recipe.layer_decay ** (top - depth),
            "weight_decay": recipe.weight_decay if decays else 0.0,
        }


def divergence(logits: torch.Tensor, twins: torch.Tensor) -> torch.Tensor:
    """Return the mean symmetric Kullback-Leibler divergence of two sets of logits of shape (pairs, labels).

    Pulls the answers for one quote with two sets of names together (counterfactual logit pairing: Garg et al.,
    "Counterfactual Fairness in Text Classification through Robustness", AIES 2019; the divergence is R-Drop's).
    """
    one, other = torch.log_softmax(logits, -1), torch.log_softmax(twins, -1)
    return ((one.exp() - other.exp()) * (one - other)).sum(-1).mean() / 2


def distillation(logits: torch.Tensor, teacher: torch.Tensor, softness: float) -> torch.Tensor:
    """Return how far logits of shape (rows, labels) are from a teacher's: a divergence of tempered probabilities.

    Scaled by the temperature's square, so that its gradients stay comparable with those of labels (Hinton, Vinyals and
    Dean, "Distilling the Knowledge in a Neural Network", 2015).
    """
    mine, goal = torch.log_softmax(logits / softness, -1), torch.log_softmax(teacher / softness, -1)
    return softness**2 * torch.nn.functional.kl_div(mine, goal, reduction="batchmean", log_target=True)


def _depth(name: str) -> float:
    layer = re.search(r"layers?\.(\d+)\.", name)
    if layer:
        return int(layer[1]) + 1
    return 0 if "embeddings" in name else math.inf


def class_weights(quotes: Sequence[LabelledQuote], recipe: Recipe) -> torch.Tensor:
    """Return a weight a label: 1 where the classes are even enough, else the inverse of its frequency."""
    counts = Counter(quote.label for quote in quotes)
    sizes = torch.tensor([counts[label] for label in recipe.label_set], dtype=torch.float32)
    if recipe.train.class_weights == "none" or sizes.max() <= _UNEVEN * sizes.min():
        return torch.ones(len(sizes))
    return sizes.sum() / (len(sizes) * sizes.clamp(min=1))
