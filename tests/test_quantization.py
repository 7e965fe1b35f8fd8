"""Rounding: integers within their range, the error within half a step, gradients untouched."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from training.encoder import open_checkpoint
from training.quantization import (
    GELU_FLOOR,
    TABLE_LEVELS,
    WEIGHT_LEVELS,
    activations_on_grid,
    grid_state,
    on_grid,
    quantized,
    rounded,
)

MATRICES = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.floats(-100, 100, width=32)
)


@example(np.array([[6.6e-43]], np.float32), WEIGHT_LEVELS)
@given(MATRICES, st.sampled_from([WEIGHT_LEVELS, TABLE_LEVELS]))
def test_weights_are_off_by_half_a_step(weight, levels):
    """Each row has its own step; rows of (nearly) zeros become zeros."""
    integers, scale = rounded(weight, levels)
    assert np.abs(integers).max() <= levels
    assert np.all(np.abs(integers * scale - weight) <= scale / 2 * (1 + 1e-5))


@given(MATRICES)
def test_torch_rounds_as_arrays_do(weight):
    """Training sees the very weights that the graph will hold."""
    integers, scale = rounded(weight, WEIGHT_LEVELS)
    assert np.allclose(on_grid(torch.from_numpy(weight), WEIGHT_LEVELS).numpy(), integers * scale, atol=1e-6)


def test_neighbours_fit_into_sixteen_bits():
    """Processors without VNNI add two products of 8 by 7 bits in 16: the largest sum just fits."""
    assert 2 * 255 * WEIGHT_LEVELS <= np.iinfo(np.int16).max < 2 * 255 * (WEIGHT_LEVELS + 2)


@given(MATRICES, st.booleans())
def test_activations_are_off_by_half_a_step(values, behind_gelu):
    """A row's step depends on that row alone."""
    read = torch.nn.functional.gelu(torch.from_numpy(values)) if behind_gelu else torch.from_numpy(values)
    grid = activations_on_grid(read, behind_gelu=behind_gelu)
    reach = (read.amax(-1) - GELU_FLOOR) / 255 if behind_gelu else read.abs().amax(-1).clamp(min=1e-6) / 127
    assert torch.all((grid - read).abs().amax(-1) <= reach / 2 * 1.001 + 1e-6)
    assert torch.equal(grid[:1], activations_on_grid(read[:1], behind_gelu=behind_gelu))


def test_gradients_pass_through():
    """Rounding is flat; training goes on as if it were not there."""
    weight = torch.tensor([[0.3, -1.0, 0.7]], requires_grad=True)
    on_grid(weight, WEIGHT_LEVELS).sum().backward()
    assert weight.grad is not None
    assert torch.allclose(weight.grad, torch.ones(1, 3))


def test_model_is_itself_again(tiny_run):
    """Inside it computes rounded, afterwards as before; the weights that it trains are never rounded."""
    model = open_checkpoint(tiny_run.checkpoint).model.eval()
    ids = torch.tensor([[101, 2057, 4067, 2068, 102]])
    before = model(input_ids=ids).logits
    with quantized(model):
        inside = model(input_ids=ids).logits
    assert not torch.equal(before, inside)
    assert torch.equal(before, model(input_ids=ids).logits)
    assert torch.allclose(before, inside, atol=0.5)


def test_grid_state_changes_products_and_words_only(tiny_run):
    """Biases, norms and the classifier stay in fp32."""
    model = open_checkpoint(tiny_run.checkpoint).model
    state, grid = model.state_dict(), grid_state(model)
    changed = {name for name in state if not torch.equal(state[name], grid[name])}
    assert all(name.endswith(("dense.weight", "query.weight", "key.weight", "value.weight", "word_embeddings.weight"))
               for name in changed)  # fmt: skip
    assert "bert.pooler.dense.weight" in changed
    assert grid["bert.encoder.layer.0.output.dense.weight"].unique(dim=None).numel() > WEIGHT_LEVELS


@pytest.mark.parametrize("quantize", [False, True])
def test_rounded_runs_save_int8s_weights(tiny_run, tiny_splits, tmp_path, quantize):
    """With train.quantized the checkpoint's weights lie on the grid, otherwise not."""
    from training.finetune import finetune
    from training.runs import start_run

    train = tiny_run.recipe.train.model_copy(update={"quantized": quantize, "epochs": 1})
    recipe = tiny_run.recipe.model_copy(update={"train": train})
    run = start_run(tmp_path / "run", recipe, tiny_splits, overwrite=False)
    finetune(recipe, tiny_splits, run)
    model = open_checkpoint(run.checkpoint).model
    same = all(torch.allclose(value, grid_state(model)[name], atol=1e-6) for name, value in model.state_dict().items())
    assert same is quantize
