"""What a checkpoint says of quotes, in batches; a longer quote's windows are averaged as the predictor does."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from model.encoding import Window, encode
from model.quote import Quote, render
from training.batches import UNLABELLED, Example, batch_by_tokens, collate
from training.encoder import Encoder
from training.recipe import Recipe

_TOKENS = 4096  # a batch


def answers_by_quote(
    encoder: Encoder, recipe: Recipe, quotes: Sequence[Quote], answer: Callable[[torch.Tensor], torch.Tensor]
) -> npt.NDArray[np.float64]:
    """Return, of shape (quotes, labels), the mean by tokens over a quote's windows of what `answer` makes of logits."""
    read = windows_of(encoder, recipe, quotes)
    windows = [window for each in read for window in each]
    owners = [owner for owner, each in enumerate(read) for _ in each]
    sums = np.zeros((len(quotes), len(recipe.label_set)))
    weights = np.zeros((len(quotes), 1))
    for i, logits in logits_of(encoder, windows):
        weight = max(windows[i].weight, 1)
        sums[owners[i]] += weight * answer(logits).cpu().numpy()
        weights[owners[i]] += weight
    return np.asarray(sums / weights)


def windows_of(encoder: Encoder, recipe: Recipe, quotes: Sequence[Quote]) -> list[tuple[Window, ...]]:
    """Return what is read of each quote."""
    return [encode(encoder.tokenizer, render(quote), recipe.max_tokens) for quote in quotes]


def logits_of(encoder: Encoder, windows: Sequence[Window]) -> Iterator[tuple[int, torch.Tensor]]:
    """Yield the logits of each window with its place, in no order; a pointer's have a row for each token."""
    model, pad = encoder.model.eval(), int(encoder.model.config.pad_token_id or 0)
    examples = [Example(window, UNLABELLED) for window in windows]
    with torch.no_grad():
        for places in batch_by_tokens(examples, _TOKENS):
            batch = collate([examples[i] for i in places], pad).to(model.device, encoder.inputs)
            for i, row in zip(places, model(**batch.inputs).logits, strict=True):
                yield i, row[: examples[i].length] if row.ndim > 1 else row
