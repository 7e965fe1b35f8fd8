"""The loop of training: epochs, steps, the best epoch kept, a state on disk to go on from; a task says what for."""

import random
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from tqdm import tqdm
from transformers import get_linear_schedule_with_warmup

from model.errors import Interrupted, TrainingError
from model.files import replaced_folder
from training.batches import Sized, batch_by_tokens
from training.encoder import Encoder, has_bf16
from training.interrupt import stopping
from training.optimization import parameter_groups
from training.progress import Progress, Stateful, load_state, save_state
from training.quantization import grid_state, quantized
from training.recipe import Recipe
from training.runs import Run, finish

_SAVE_EVERY = 120  # seconds between two states on disk
_LOG_EVERY = 20  # steps


class Task(Protocol):
    """What is learned.

    figure: the name of what decides which epoch is the best. sizes: how many train, dev and test items there are.
    """

    @property
    def encoder(self) -> Encoder: ...  # noqa: D102

    @property
    def figure(self) -> str: ...  # noqa: D102

    @property
    def sizes(self) -> Mapping[str, int]: ...  # noqa: D102

    @property
    def warnings(self) -> Sequence[str]: ...  # noqa: D102

    def examples(self, rng: random.Random) -> Sequence[Sized]:
        """Return an epoch's examples, drawn anew."""
        ...

    def loss(self, model: Any, examples: Sequence[Any], device: torch.device) -> tuple[torch.Tensor, int]:
        """Return the loss of a batch, and its tokens with padding."""
        ...

    def score(self, model: Any, device: torch.device) -> float:
        """Return how well the dev split is read: the more, the better."""
        ...

    def note_wide_columns(self) -> None:
        """Write into the encoder's config which columns of activations are wide, for training rounded."""
        ...


def run_task(recipe: Recipe, task_of: Callable[[], Task], run: Run, *, resume: bool) -> dict[str, Any]:
    """Make a task and train it; return what metrics.json holds. Raises what Trainer.train raises."""
    prepare(recipe)
    trainer = Trainer(recipe, task_of(), run)
    if resume:
        trainer.load()
    return trainer.train()


def prepare(recipe: Recipe) -> None:
    """Set torch up for a recipe, before its encoder is made: the same seed, the same weights."""
    # On a GPU determinism costs more than it is worth: its kernels differ from machine to machine anyway.
    torch.use_deterministic_algorithms(not torch.cuda.is_available(), warn_only=True)
    # It guards against reads of uninitialised memory, by filling all of it: 8 % of an epoch.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.manual_seed(recipe.seed)


class Trainer:
    """Trains a task as a recipe says, on what `accelerate` finds or was launched with."""

    def __init__(self, recipe: Recipe, task: Task, run: Run) -> None:
        self.recipe, self.task, self.run, self.encoder = recipe, task, run, task.encoder
        precision = recipe.train.precision
        bf16 = precision == "bf16" or (precision == "auto" and has_bf16())
        self.accelerator = Accelerator(mixed_precision="bf16" if bf16 else "no", cpu=not torch.cuda.is_available())
        # The first epoch is drawn to count its steps, and kept until it is trained on.
        self._batches = lru_cache(1)(self._drawn)
        if recipe.train.quantized:
            task.note_wide_columns()
        optimizer = torch.optim.AdamW(parameter_groups(self.encoder.model, recipe.train), fused=True)
        self.model, self.optimizer = self.accelerator.prepare(self.encoder.model, optimizer)
        self.steps = len(self._batches(0)[1])
        total = self.steps * recipe.train.epochs
        self.scheduler = get_linear_schedule_with_warmup(self.optimizer, int(recipe.train.warmup * total), total)
        self.progress = Progress()
        self.saved = 0.0  # when the state was

    def train(self) -> dict[str, Any]:
        """Train and return what metrics.json holds. Raises TrainingError and, when stopped by a signal, Interrupted."""
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
            postfix={"dev": f"{max(progress.best, 0):.3f}"},
        )  # fmt: skip
        with bar:
            for places in batches[progress.step :]:
                started = time.monotonic()
                loss, tokens = self._step([examples[i] for i in places])
                progress.loss += loss
                progress.tokens += tokens
                progress.step += 1
                progress.seconds += time.monotonic() - started
                bar.update()
                bar.set_postfix(loss=f"{progress.loss / progress.step:.3f}", dev=f"{max(progress.best, 0):.3f}")
                if progress.step % _LOG_EVERY == 0:
                    self._log(epoch=progress.epoch, step=progress.step, loss=progress.loss / progress.step)
                if stop():
                    self._save()
                    place = f"in epoch {progress.epoch + 1} after {progress.step} batches"
                    raise Interrupted(f"stopped {place}; go on with --resume")
                self._save_now_and_then()

    def _step(self, examples: Sequence[Sized]) -> tuple[float, int]:
        """Learn from a batch and return its loss and tokens."""
        loss, tokens = self.task.loss(self.model, examples, self.accelerator.device)
        if not torch.isfinite(loss):
            raise TrainingError("the loss is no longer finite: lower train.learning_rate in the recipe")
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.recipe.train.clip)
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad()
        return float(loss.detach()), tokens

    def _judge(self) -> None:
        """Score the dev split, keep the model if it is the best so far, and go to the next epoch."""
        progress = self.progress
        self.model.eval()
        with torch.no_grad():
            dev = self.task.score(self.model, self.accelerator.device)
        progress.history.append(
            {
                "loss": progress.loss / max(progress.step, 1),
                self.task.figure: dev,
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

    def _drawn(self, epoch: int) -> tuple[Sequence[Sized], list[list[int]]]:
        """Return an epoch's examples, names and carriers drawn anew, and this process's share of the batches."""
        rng = random.Random(f"{self.recipe.seed}-{epoch}")
        examples = self.task.examples(rng)
        batches = batch_by_tokens(examples, self.recipe.train.batch_tokens, rng)
        processes = self.accelerator.num_processes
        # Every process needs the same number of batches, or the last ones would wait for gradients for ever.
        even = len(batches) - len(batches) % processes
        return examples, batches[self.accelerator.process_index : even : processes]

    def _metrics(self) -> dict[str, Any]:
        progress = self.progress
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            self.task.figure: progress.best,
            "best_epoch": progress.best_epoch + 1,
            "epochs": progress.history,
            **self.task.sizes,
            "precision": self.accelerator.mixed_precision,
            "device": str(self.accelerator.device),
            "processes": self.accelerator.num_processes,
            "peak_memory_mb": round(peak / (1024 if sys.platform == "linux" else 1024**2)),
            "warnings": list(self.task.warnings),
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
