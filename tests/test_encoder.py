"""The encoder: what its head reads, and what can't be loaded."""

import pytest
import torch

from model.encoding import encode
from model.errors import TrainingError
from model.quote import Quote, render
from training.batches import UNLABELLED, Example, collate
from training.encoder import new_encoder, open_checkpoint
from training.export import export
from training.recipe import Recipe
from training.runs import start_run

RECIPE = Recipe.model_validate({"name": "x", "layers": 1, "pooling": "mean", "max_tokens": 64})


@pytest.fixture(scope="module")
def mean():
    torch.manual_seed(1)
    encoder = new_encoder(RECIPE)
    encoder.model.eval()
    return encoder


def batch(encoder, *texts):
    examples = [
        Example(window, UNLABELLED)
        for text in texts
        for window in encode(encoder.tokenizer, render(Quote(text)), RECIPE.max_tokens)
    ]
    return collate(examples, 0).to(torch.device("cpu"), encoder.inputs).inputs


def test_mean_pooling_reads_the_mean_of_the_tokens(mean):
    """The head sees the mean of what the last layer says of all tokens, padding left out."""
    inputs = batch(mean, "No.", "We will not forget what they did to our friends in the valley.")
    mask = inputs["attention_mask"].bool()
    model = mean.model.base_model
    with torch.no_grad():
        logits = mean.model(**inputs).logits
        mixed = model.embeddings(inputs["input_ids"], inputs["token_type_ids"])
        # One text at a time and without padding, layer by layer: no hook takes part.
        for row, (states, kept) in enumerate(zip(mixed, mask, strict=True)):
            known = states[kept][None]
            for layer in model.encoder.layer:
                known = layer(known)
                known = known[0] if isinstance(known, tuple) else known
            pooled = model.pooler(known.mean(1, keepdim=True))
            assert torch.allclose(mean.model.classifier(pooled)[0], logits[row], atol=1e-5)


def test_the_first_token_alone_is_another_answer(mean, tmp_path):
    """A checkpoint opened as it was trained says the same again, and something else when the head reads otherwise."""
    inputs = batch(mean, "We will not forget what they did to our friends in the valley.")
    mean.save(tmp_path)
    with torch.no_grad():
        logits = mean.model(**inputs).logits
        again, first = (open_checkpoint(tmp_path, 64, pooling).model.eval() for pooling in ("mean", "first"))
        assert torch.allclose(again(**inputs).logits, logits, atol=1e-6)
        assert not torch.allclose(first(**inputs).logits, logits, atol=1e-3)


def test_mean_pooling_does_not_export(tiny_splits, tmp_path):
    """It is refused before any work, with the key, its value and the way out."""
    run = start_run(tmp_path / "run", RECIPE, tiny_splits, overwrite=False)
    with pytest.raises(TrainingError, match=r"run: its recipe says `pooling: mean`, and only `pooling: first` exports"):
        export(run, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_folder_without_a_checkpoint_is_an_error(tmp_path):
    """The message says what writes one; a broken one is named too."""
    with pytest.raises(TrainingError, match="`detente train` writes one"):
        open_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(TrainingError, match="is no checkpoint that can be loaded"):
        open_checkpoint(tmp_path)
