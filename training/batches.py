"""From labelled quotes to batches of equal length and a fixed number of tokens."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from tokenizers import Tokenizer

from model.encoding import Window, encode
from model.quote import LabelledQuote, render, without_carrier

UNLABELLED = -100
"""The label of an example that only a teacher has judged; torch's losses pass over it."""


class Sized(Protocol):
    """What can be put into a batch: its tokens, and how many rows it takes."""

    @property
    def length(self) -> int: ...  # noqa: D102

    @property
    def rows(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Example:
    """One window of a quote and the place of its label in the label set; twin is the quote with other names.

    teacher: the logits of a teacher for the quote, where there is one.
    """

    window: Window
    label: int
    twin: Window | None = None
    teacher: tuple[float, ...] | None = None

    @property
    def length(self) -> int:
        """Tokens of the longer of both."""
        return max(len(self.window.ids), len(self.twin.ids) if self.twin else 0)

    @property
    def rows(self) -> int:
        """How many rows of a batch it takes."""
        return 2 if self.twin else 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (rows, longest), int64; labels of shape (rows,); teacher (rows, labels), float32, or None.

    The twins come last: row pairs[i] holds the same quote as row pairs.numel() from the end plus i.
    """

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor
    pairs: torch.Tensor
    teacher: torch.Tensor | None = None

    def to(self, device: torch.device, names: Sequence[str]) -> "Batch":
        """Return the batch on a device, with the named inputs."""
        moved = {name: self.inputs[name].to(device, non_blocking=True) for name in names}
        teacher = None if self.teacher is None else self.teacher.to(device, non_blocking=True)
        return Batch(
            moved, self.labels.to(device, non_blocking=True), self.pairs.to(device, non_blocking=True), teacher
        )


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


def with_twins(examples: Sequence[Example], others: Sequence[Example]) -> list[Example]:
    """Give the examples of one quote those of the same quote with other names as their twins.

    None where the names changed nothing, or made the quote fall into another number of windows.
    """
    if len(examples) != len(others):
        return list(examples)
    return [
        replace(example, twin=other.window) if other.window.ids != example.window.ids else example
        for example, other in zip(examples, others, strict=True)
    ]


def drop_carriers(quotes: Sequence[LabelledQuote], share: float, rng: random.Random) -> list[LabelledQuote]:
    """Leave out a share of the carriers, so that the model learns to read quotes with and without."""
    return [without_carrier(quote) if rng.random() < share else quote for quote in quotes]


def batch_by_tokens(examples: Sequence[Sized], budget: int, rng: random.Random | None = None) -> list[list[int]]:
    """Group the places of examples by length so that rows x longest <= budget, a longer example alone.

    With rng, ties and near-ties are shuffled, and so is the order of the batches; without, the order is by length.
    """
    lengths = [example.length for example in examples]
    noise = [0.0] * len(lengths) if rng is None else [rng.random() * 3 for _ in lengths]
    batches: list[list[int]] = [[]]
    longest = rows = 0
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i] + noise[i]):
        longest, rows = max(longest, lengths[i]), rows + examples[i].rows
        if batches[-1] and longest * rows > budget:
            batches.append([])
            longest, rows = lengths[i], examples[i].rows
        batches[-1].append(i)
    if rng is not None:
        rng.shuffle(batches)
    return batches if batches[0] else []


def collate(examples: Sequence[Example], pad: int) -> Batch:
    """Pad examples and, behind them, their twins to the longest of them."""
    paired = [(row, example.twin) for row, example in enumerate(examples) if example.twin]
    windows = [*(example.window for example in examples), *(twin for _, twin in paired)]
    shape = (len(windows), max(len(window.ids) for window in windows))
    ids = torch.full(shape, pad, dtype=torch.long)
    types, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    for row, window in enumerate(windows):
        length = len(window.ids)
        ids[row, :length] = torch.tensor(window.ids)
        types[row, :length] = torch.tensor(window.types)
        mask[row, :length] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    labels = [*(example.label for example in examples), *(examples[row].label for row, _ in paired)]
    pairs = torch.tensor([row for row, _ in paired], dtype=torch.long)
    judged = [*(example.teacher for example in examples), *(examples[row].teacher for row, _ in paired)]
    teacher = torch.tensor(judged) if all(each is not None for each in judged) else None
    return Batch(inputs, torch.tensor(labels), pairs, teacher)
