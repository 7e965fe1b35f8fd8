"""Articles marked by hand in, checkpoint out: teaches an encoder to point at the speaker and the cue of a string."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from model.articles.pointing import read
from model.articles.spans import Span
from training.article_splits import ArticleSplits
from training.attribution_match import overlap
from training.batches import UNLABELLED, Example, collate
from training.checkpoint import logits_of
from training.encoder import Encoder, new_encoder
from training.pointer_examples import PointerExample, PointerExamples
from training.recipe import Recipe
from training.runs import Run
from training.smoothing import QUOTES, note_wide
from training.trainer import run_task


def train_pointer(recipe: Recipe, splits: ArticleSplits, run: Run, *, resume: bool = False) -> dict[str, Any]:
    """Train and return what metrics.json holds. Raises TrainingError and, when stopped by a signal, Interrupted."""
    return run_task(recipe, lambda: PointerTask(recipe, splits), run, resume=resume)


class PointerTask:
    """Learns whether a string is a quote, and the first and last token of its source and its cue."""

    figure = "dev_pointing"
    warnings: tuple[str, ...] = ()

    def __init__(self, recipe: Recipe, splits: ArticleSplits) -> None:
        self.encoder = new_encoder(recipe)
        self.sizes = splits.sizes
        self._train = PointerExamples(splits.train, self.encoder.tokenizer, recipe.pointer)
        self._dev = PointerExamples(splits.dev, self.encoder.tokenizer, recipe.pointer).plain()

    def examples(self, rng: random.Random) -> Sequence[PointerExample]:
        """Return an epoch's examples: names and reported speech drawn anew."""
        return self._train.drawn(rng)

    def loss(self, model: Any, examples: Sequence[PointerExample], device: torch.device) -> tuple[torch.Tensor, int]:
        """Return the loss of a batch: of quote or not, and of the four ends among the tokens that can be one."""
        logits, tokens = _logits(self.encoder, model, examples, device)
        targets = torch.tensor([example.targets for example in examples], device=device)
        judged = targets[:, 0] != UNLABELLED
        loss = logits.new_zeros(())
        if judged.any():
            said = logits[judged, 0, 0], targets[judged, 0].float()
            loss = loss + torch.nn.functional.binary_cross_entropy_with_logits(*said)
        closed = ~torch.tensor(_open(examples, logits.shape[1]), device=device)
        for end in range(1, targets.shape[1]):
            if (targets[:, end] != UNLABELLED).any():
                places = logits[..., end].masked_fill(closed, -torch.inf)
                loss = loss + torch.nn.functional.cross_entropy(places, targets[:, end], ignore_index=UNLABELLED) / 2
        return loss, tokens

    def score(self, model: Any, device: torch.device) -> float:
        """Return the mean of two shares of dev's quotes: the source, and the cue, overlaps the right one."""
        del model, device  # the encoder's own, where it was put
        source, cue, _ = pointing(self.encoder, self._dev)
        return float(np.mean([source, cue]))

    def note_wide_columns(self) -> None:
        """Note the columns that are wide for dev's strings."""
        note_wide(self.encoder, [example.view.window for example in self._dev][:QUOTES])


def pointing(encoder: Encoder, examples: Sequence[PointerExample]) -> tuple[list[bool], list[bool], list[float]]:
    """Tell for each quote whether source and cue overlap the right ones, for each example how likely it is a quote."""
    source, cue = list[bool](), list[bool]()
    likely = [0.0] * len(examples)
    for i, logits in logits_of(encoder, [example.view.window for example in examples]):
        example = examples[i]
        pointed = read(logits.double().cpu().numpy(), example.view, example.hint)
        likely[i] = pointed.is_quote
        if example.targets[0] == 1:
            source.append(overlap(pointed.source, _place(example, 1)))
            cue.append(overlap(pointed.cue, _place(example, 3)))
    return source, cue, likely


def _place(example: PointerExample, end: int) -> Span | None:
    first, last = (example.view.places[at] for at in example.targets[end : end + 2])
    return Span(first.start, last.end) if first and last else None


def _logits(
    encoder: Encoder, model: Any, examples: Sequence[PointerExample], device: torch.device
) -> tuple[torch.Tensor, int]:
    """Return logits of shape (examples, longest, 5), and the number of tokens with padding."""
    pad = int(encoder.model.config.pad_token_id or 0)
    batch = collate([Example(example.view.window, UNLABELLED) for example in examples], pad).to(device, encoder.inputs)
    return model(**batch.inputs).logits.float(), batch.inputs["input_ids"].numel()


def _open(examples: Sequence[PointerExample], longest: int) -> npt.NDArray[np.bool_]:
    """Tell for each token, of shape (examples, longest), whether a mention can stand there; the first means "none"."""
    opened = np.zeros((len(examples), longest), dtype=np.bool_)
    for row, example in enumerate(examples):
        opened[row, : example.length] = [place is not None for place in example.view.places]
    opened[:, 0] = True
    return opened
