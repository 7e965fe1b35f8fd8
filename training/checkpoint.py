"""What a checkpoint says of quotes, in batches; a longer quote's windows are averaged as the predictor does."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from model.encoding import encode
from model.quote import Quote, render
from training.batches import UNLABELLED, Example, batch_by_tokens, collate
from training.encoder import Encoder
from training.recipe import Recipe

_TOKENS = 4096  # a batch


def answers_by_quote(
    encoder: Encoder, recipe: Recipe, quotes: Sequence[Quote], answer: Callable[[torch.Tensor], torch.Tensor]
) -> npt.NDArray[np.float64]:
    """Return, of shape (quotes, labels), the mean by tokens over a quote's windows of what `answer` makes of logits."""
    model, pad = encoder.model.eval(), int(encoder.model.config.pad_token_id or 0)
    examples, owners = list[Example](), list[int]()
    for i, quote in enumerate(quotes):
        windows = encode(encoder.tokenizer, render(quote), recipe.max_tokens)
        examples.extend(Example(window, UNLABELLED) for window in windows)
        owners.extend([i] * len(windows))
    sums = np.zeros((len(quotes), len(recipe.label_set)))
    weights = np.zeros((len(quotes), 1))
    with torch.no_grad():
        for places in batch_by_tokens(examples, _TOKENS):
            batch = collate([examples[i] for i in places], pad).to(model.device, encoder.inputs)
            for i, row in zip(places, answer(model(**batch.inputs).logits).cpu().numpy(), strict=True):
                weight = max(examples[i].window.weight, 1)
                sums[owners[i]] += weight * row
                weights[owners[i]] += weight
    return np.asarray(sums / weights)
