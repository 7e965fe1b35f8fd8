"""Splits in, checkpoint out: fine-tunes the encoder and keeps the epoch that reads the dev split best."""

import random
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import torch
from accelerate import Accelerator
from tqdm import tqdm
from transformers import get_linear_schedule_with_warmup

from model.errors import Interrupted, TrainingError
from model.files import replaced_folder
from training.batches import (
    UNLABELLED,
    Batch,
    Example,
    batch_by_tokens,
    collate,
)
from training.encoder import has_bf16, new_encoder
from training.epochs import Epochs
from training.interrupt import stopping
from training.metrics import macro_f1
from training.names import fill_all
from training.optimization import class_weights, distillation, divergence, parameter_groups
from training.progress import Progress, Stateful, load_state, save_state
from training.quantization import grid_state, quantized
from training.recipe import Recipe
from training.runs import Run, finish
from training.smoothing import note_wide_columns
from training.splits import Splits

_SAVE_EVERY = 120  # seconds between two states on disk
_LOG_EVERY = 20  # steps
_EVALUATION_TOKENS = 4096


def finetune(recipe: Recipe, splits: Splits, run: Run, *, resume: bool = False) -> dict[str, Any]:
    """Fine-tune and return what metrics.json holds. Raises TrainingError and, when stopped by a signal, Interrupted.

    Runs on what `accelerate` finds or was launched with: one CPU, one GPU or several processes. Deterministic for a
    seed on one CPU, resumed or not.
    """
    trainer = _Trainer(recipe, splits, run)
    if resume:
        trainer.load()
    return trainer.train()


class _Trainer:
    def __init__(self, recipe: Recipe, splits: Splits, run: Run) -> None:
        self.recipe, self.splits, self.run = recipe, splits, run
        # On a GPU determinism costs more than it is worth: its kernels differ from machine to machine anyway.
        torch.use_deterministic_algorithms(not torch.cuda.is_available(), warn_only=True)
        # It guards against reads of uninitialised memory, by filling all of it: 8 % of an epoch.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        torch.manual_seed(recipe.seed)
        precision = recipe.train.precision
        bf16 = precision == "bf16" or (precision == "auto" and has_bf16())
        self.accelerator = Accelerator(mixed_precision="bf16" if bf16 else "no", cpu=not torch.cuda.is_available())
        self.encoder = new_encoder(recipe)
        self.pad = int(self.encoder.model.config.pad_token_id or 0)
        self.epochs = Epochs(recipe, splits, self.encoder.tokenizer)
        # The first epoch is drawn to count its steps, and kept until it is trained on.
        self._batches = lru_cache(1)(self._drawn)
        if recipe.train.quantized:
            note_wide_columns(self.encoder, recipe, [quote.quote for quote in splits.train])
        optimizer = torch.optim.AdamW(parameter_groups(self.encoder.model, recipe.train), fused=True)
        self.model, self.optimizer = self.accelerator.prepare(self.encoder.model, optimizer)
        self.steps = len(self._batches(0)[1])
        total = self.steps * recipe.train.epochs
        self.scheduler = get_linear_schedule_with_warmup(self.optimizer, int(recipe.train.warmup * total), total)
        weights = class_weights(splits.train, recipe).to(self.accelerator.device)
        self.criterion = torch.nn.CrossEntropyLoss(weights, label_smoothing=recipe.train.label_smoothing)
        self.dev = self.epochs.labelled(list(fill_all(splits.dev, random.Random(recipe.seed))))
        self.progress = Progress()
        self.saved = 0.0  # when the state was

    def train(self) -> dict[str, Any]:
        progress, patience = self.progress, self.recipe.train.patience
        # Scored as it is trained: what the int8 graph will say decides which epoch is the best.
        rounding = quantized(self.encoder.model) if self.recipe.train.quantized else nullcontext()
        with stopping() as stop, rounding:
            self.saved = time.monotonic()
            while progress.epoch < self.recipe.train.epochs and progress.epoch - progress.best_epoch <= patience:
                self._epoch(stop)
                self._judge()
                self._save_now_and_then()
        metrics = self._metrics()
        if self.accelerator.is_main_process:
            finish(self.run, metrics)
        self.accelerator.wait_for_everyone()
        return metrics

    def _epoch(self, stop: Any) -> None:
        """Train on the rest of the current epoch."""
        progress = self.progress
        started = time.monotonic()
        examples, batches = self._batches(progress.epoch)
        progress.seconds += time.monotonic() - started
        self.model.train()
        bar = tqdm(
            total=len(batches), initial=progress.step, desc=f"epoch {progress.epoch + 1}/{self.recipe.train.epochs}",
            unit="batch", file=sys.stderr, disable=None if self.accelerator.is_main_process else True,
            postfix={"dev_f1": f"{max(progress.best, 0):.3f}"},
        )  # fmt: skip
        with bar:
            for places in batches[progress.step :]:
                started = time.monotonic()
                batch = self._batch(examples, places)
                progress.loss += self._step(batch)
                progress.tokens += batch.inputs["input_ids"].numel()
                progress.step += 1
                progress.seconds += time.monotonic() - started
                bar.update()
                bar.set_postfix(loss=f"{progress.loss / progress.step:.3f}", dev_f1=f"{max(progress.best, 0):.3f}")
                if progress.step % _LOG_EVERY == 0:
                    self._log(epoch=progress.epoch, step=progress.step, loss=progress.loss / progress.step)
                if stop():
                    self._save()
                    place = f"in epoch {progress.epoch + 1} after {progress.step} batches"
                    raise Interrupted(f"stopped {place}; go on with --resume")
                self._save_now_and_then()

    def _step(self, batch: Batch) -> float:
        logits = self.model(**batch.inputs).logits.float()
        train = self.recipe.train
        loss = self.criterion(logits, batch.labels) if (batch.labels != UNLABELLED).any() else logits.new_zeros(())
        if batch.teacher is not None:
            loss = (1 - train.distillation) * loss
            loss = loss + train.distillation * distillation(logits, batch.teacher, train.softness)
        if len(batch.pairs):
            loss = loss + train.consistency * divergence(logits[batch.pairs], logits[-len(batch.pairs) :])
        if not torch.isfinite(loss):
            raise TrainingError("the loss is no longer finite: lower train.learning_rate in the recipe")
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.recipe.train.clip)
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad()
        return float(loss.detach())

    def _judge(self) -> None:
        """Score the dev split, keep the model if it is the best so far, and go to the next epoch."""
        progress = self.progress
        dev = macro_f1(
            [example.label for example in self.dev], self._predict(self.dev), len(self.recipe.label_set)
        )  # fmt: skip
        progress.history.append(
            {
                "loss": progress.loss / max(progress.step, 1),
                "dev_macro_f1": dev,
                "seconds": round(progress.seconds, 2),
                "tokens_per_second": round(progress.tokens / max(progress.seconds, 1e-9), 1),
            }
        )
        self._log(epoch=progress.epoch, **progress.history[-1])
        if dev > progress.best:
            progress.best, progress.best_epoch = dev, progress.epoch
            if self.accelerator.is_main_process:
                with replaced_folder(self.run.checkpoint) as folder:
                    state = grid_state(self.encoder.model) if self.recipe.train.quantized else None
                    self.encoder.save(folder, state)
        progress.next_epoch()

    def _predict(self, examples: Sequence[Example]) -> list[int]:
        self.model.eval()
        guesses = [0] * len(examples)
        with torch.no_grad():
            for places in batch_by_tokens(examples, _EVALUATION_TOKENS):
                batch = self._batch(examples, places)
                for i, guess in zip(places, self.model(**batch.inputs).logits.argmax(-1).tolist(), strict=True):
                    guesses[i] = guess
        return guesses

    def _drawn(self, epoch: int) -> tuple[list[Example], list[list[int]]]:
        """Return an epoch's examples, names and carriers drawn anew, and this process's share of the batches."""
        rng = random.Random(f"{self.recipe.seed}-{epoch}")
        examples = self.epochs.examples(rng)
        batches = batch_by_tokens(examples, self.recipe.train.batch_tokens, rng)
        processes = self.accelerator.num_processes
        # Every process needs the same number of batches, or the last ones would wait for gradients for ever.
        even = len(batches) - len(batches) % processes
        return examples, batches[self.accelerator.process_index : even : processes]

    def _batch(self, examples: Sequence[Example], places: Sequence[int]) -> Batch:
        batch = collate([examples[i] for i in places], self.pad)
        return batch.to(self.accelerator.device, self.encoder.inputs)

    def _metrics(self) -> dict[str, Any]:
        progress = self.progress
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "dev_macro_f1": progress.best,
            "best_epoch": progress.best_epoch + 1,
            "epochs": progress.history,
            "train_quotes": len(self.splits.train),
            "dev_quotes": len(self.splits.dev),
            "test_quotes": len(self.splits.test),
            "precision": self.accelerator.mixed_precision,
            "device": str(self.accelerator.device),
            "processes": self.accelerator.num_processes,
            "peak_memory_mb": round(peak / (1024 if sys.platform == "linux" else 1024**2)),
            "warnings": list(self.splits.warnings),
        }

    def _log(self, **values: Any) -> None:
        if self.accelerator.is_main_process:
            self.run.log(**values)

    def _save_now_and_then(self) -> None:
        if time.monotonic() - self.saved > _SAVE_EVERY:
            self._save()
            self.saved = time.monotonic()

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            save_state(self.run.state, self.recipe, self.progress, self._parts())

    def load(self) -> None:
        """Go on from the state on disk. Raises TrainingError when there is none or it is another recipe's."""
        self.progress = load_state(self.run.state, self.recipe, self._parts())

    def _parts(self) -> dict[str, Stateful]:
        return {"model": self.encoder.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
