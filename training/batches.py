"""From labelled quotes to batches of equal length and a fixed number of tokens."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer

from model.encoding import Window, encode
from model.quote import LabelledQuote, render


@dataclass(frozen=True, slots=True)
class Example:
    """One window of a quote and the place of its label in the label set."""

    window: Window
    label: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (rows, longest), int64; labels of shape (rows,)."""

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        moved = {name: tensor.to(device, non_blocking=True) for name, tensor in self.inputs.items()}
        return Batch(moved, self.labels.to(device, non_blocking=True))


def to_examples(
    quotes: Sequence[LabelledQuote], labels: Sequence[str], tokenizer: Tokenizer, max_tokens: int
) -> list[Example]:
    """Encode quotes as the predictor does; a quote longer than the window gives an example a window."""
    place = {label: i for i, label in enumerate(labels)}
    return [
        Example(window, place[quote.label])
        for quote in quotes
        for window in encode(tokenizer, render(quote.quote), max_tokens)
    ]


def drop_carriers(quotes: Sequence[LabelledQuote], share: float, rng: random.Random) -> list[LabelledQuote]:
    """Leave out a share of the carriers, so that the model learns to read quotes with and without."""
    return [
        replace(quote, quote=replace(quote.quote, carrier=None)) if rng.random() < share else quote for quote in quotes
    ]


def batch_by_tokens(lengths: Sequence[int], budget: int, rng: random.Random | None = None) -> list[list[int]]:
    """Group places by length so that rows x longest <= budget, a longer row alone.

    With rng, ties and near-ties are shuffled, and so is the order of the batches; without, the order is by length.
    """
    noise = [0.0] * len(lengths) if rng is None else [rng.random() * 3 for _ in lengths]
    batches: list[list[int]] = [[]]
    longest = 0
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i] + noise[i]):
        longest = max(longest, lengths[i])
        if batches[-1] and longest * (len(batches[-1]) + 1) > budget:
            batches.append([])
            longest = lengths[i]
        batches[-1].append(i)
    if rng is not None:
        rng.shuffle(batches)
    return batches if batches[0] else []


def collate(examples: Sequence[Example], pad: int) -> Batch:
    """Pad examples to the longest of them."""
    shape = (len(examples), max(len(example.window.ids) for example in examples))
    ids = torch.full(shape, pad, dtype=torch.long)
    types, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    for row, example in enumerate(examples):
        length = len(example.window.ids)
        ids[row, :length] = torch.tensor(example.window.ids)
        types[row, :length] = torch.tensor(example.window.types)
        mask[row, :length] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    return Batch(inputs, torch.tensor([example.label for example in examples]))
