"""Splits in, checkpoint out: fine-tunes the encoder on stances and keeps the epoch that reads the dev split best."""

import random
from collections.abc import Sequence
from typing import Any

import torch

from training.batches import UNLABELLED, Batch, Example, batch_by_tokens, collate
from training.encoder import new_encoder
from training.epochs import Epochs
from training.metrics import macro_f1
from training.names import fill_all
from training.optimization import class_weights, distillation, divergence
from training.recipe import Recipe
from training.runs import Run
from training.smoothing import note_wide_columns
from training.splits import Splits
from training.trainer import run_task

_EVALUATION_TOKENS = 4096


def finetune(recipe: Recipe, splits: Splits, run: Run, *, resume: bool = False) -> dict[str, Any]:
    """Fine-tune and return what metrics.json holds. Raises TrainingError and, when stopped by a signal, Interrupted.

    Runs on what `accelerate` finds or was launched with: one CPU, one GPU or several processes. Deterministic for a
    seed on one CPU, resumed or not.
    """
    return run_task(recipe, lambda: StanceTask(recipe, splits), run, resume=resume)


class StanceTask:
    """Learns the labels of quotes, a teacher's word of them, and to say the same under other names."""

    figure = "dev_macro_f1"

    def __init__(self, recipe: Recipe, splits: Splits) -> None:
        self._recipe, self._splits = recipe, splits
        self.encoder = new_encoder(recipe)
        self.sizes = {f"{name}_quotes": len(getattr(splits, name)) for name in ("train", "dev", "test")}
        self.warnings = splits.warnings
        self._pad = int(self.encoder.model.config.pad_token_id or 0)
        self._epochs = Epochs(recipe, splits, self.encoder.tokenizer)
        self._weights = class_weights(splits.train, recipe)
        self._dev = self._epochs.labelled(list(fill_all(splits.dev, random.Random(recipe.seed))))

    def examples(self, rng: random.Random) -> Sequence[Example]:
        """Return an epoch's examples: names, carriers and looks drawn anew."""
        return self._epochs.examples(rng)

    def loss(self, model: Any, examples: Sequence[Example], device: torch.device) -> tuple[torch.Tensor, int]:
        """Return the loss of a batch: against labels, the teacher, and the same quotes under other names."""
        batch, train = self._batch(examples, device), self._recipe.train
        logits = model(**batch.inputs).logits.float()
        criterion = torch.nn.CrossEntropyLoss(self._weights.to(device), label_smoothing=train.label_smoothing)
        loss = criterion(logits, batch.labels) if (batch.labels != UNLABELLED).any() else logits.new_zeros(())
        if batch.teacher is not None:
            loss = (1 - train.distillation) * loss
            loss = loss + train.distillation * distillation(logits, batch.teacher, train.softness)
        if len(batch.pairs):
            loss = loss + train.consistency * divergence(logits[batch.pairs], logits[-len(batch.pairs) :])
        return loss, batch.inputs["input_ids"].numel()

    def score(self, model: Any, device: torch.device) -> float:
        """Return macro-F1 on dev."""
        guesses = [0] * len(self._dev)
        for places in batch_by_tokens(self._dev, _EVALUATION_TOKENS):
            batch = self._batch([self._dev[i] for i in places], device)
            for i, guess in zip(places, model(**batch.inputs).logits.argmax(-1).tolist(), strict=True):
                guesses[i] = guess
        return macro_f1([example.label for example in self._dev], guesses, len(self._recipe.label_set))

    def note_wide_columns(self) -> None:
        """Note the columns that are wide for the training quotes."""
        note_wide_columns(self.encoder, self._recipe, [quote.quote for quote in self._splits.train])

    def _batch(self, examples: Sequence[Example], device: torch.device) -> Batch:
        return collate(examples, self._pad).to(device, self.encoder.inputs)
