"""How long one epoch takes, against transformers.Trainer with its defaults: same quotes, same machine, same run."""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from rich.console import Console
from rich.table import Table
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

from model.quote import LabelledQuote, render
from training.batches import drop_carriers
from training.dataset import read_dataset
from training.encoder import encoder_source
from training.finetune import finetune
from training.metrics import macro_f1
from training.names import fill_all
from training.recipe import Recipe, read_recipe
from training.runs import start_run
from training.splits import Splits, split_quotes


@dataclass(frozen=True, slots=True)
class Epoch:
    """seconds: tokenising and training on the train split once; dev_macro_f1: afterwards."""

    seconds: float
    dev_macro_f1: float


def main(recipe_file: str) -> None:
    """Time both, each in a fresh process and one after the other, and print a table."""
    recipe = read_recipe(Path(recipe_file))
    splits = split_quotes(read_dataset(recipe).quotes, recipe)
    ours = _alone(detente_epoch, recipe, splits)
    theirs = _alone(trainer_epoch, recipe, splits)
    table = Table("", "seconds", "dev macro-F1", title=f"one epoch of {len(splits.train):,} quotes")
    table.add_row("detente train", f"{ours.seconds:.1f}", f"{ours.dev_macro_f1:.4f}")
    table.add_row("transformers.Trainer, defaults", f"{theirs.seconds:.1f}", f"{theirs.dev_macro_f1:.4f}")
    table.add_row(
        "ratio, difference", f"{theirs.seconds / ours.seconds:.2f}", f"{ours.dev_macro_f1 - theirs.dev_macro_f1:+.4f}"
    )
    Console().print(table)


def detente_epoch(recipe: Recipe, splits: Splits) -> Epoch:
    """Train one epoch as `detente train` does."""
    once = recipe.model_copy(update={"train": recipe.train.model_copy(update={"epochs": 1})})
    with tempfile.TemporaryDirectory() as folder:
        metrics = finetune(once, splits, start_run(Path(folder) / "run", once, splits, overwrite=False))
    return Epoch(metrics["epochs"][0]["seconds"], metrics["dev_macro_f1"])


def trainer_epoch(recipe: Recipe, splits: Splits) -> Epoch:
    """Train one epoch by Trainer's defaults: fp32, 8 quotes a batch in random order, padded to the longest."""
    set_seed(recipe.seed)
    source = encoder_source(recipe.encoder)
    tokenizer = AutoTokenizer.from_pretrained(source)
    labels = len(recipe.label_set)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=labels, dtype=torch.float32)
    rng = random.Random(f"{recipe.seed}-0")
    train = drop_carriers(list(fill_all(splits.train, rng)), recipe.train.carrier_dropout, rng)
    started = time.monotonic()
    tokenized = _tokenized(train, recipe, tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(folder, num_train_epochs=1, report_to=[], save_strategy="no", seed=recipe.seed)
        trainer = Trainer(
            model, arguments, train_dataset=tokenized, data_collator=DataCollatorWithPadding(tokenizer)
        )  # fmt: skip
        trainer.train()
        seconds = time.monotonic() - started
        dev = _tokenized(list(fill_all(splits.dev, random.Random(recipe.seed))), recipe, tokenizer)
        guesses = np.asarray(trainer.predict(dev).predictions).argmax(-1)
    return Epoch(seconds, macro_f1(dev["label"][:], guesses, labels))


def _tokenized(quotes: Sequence[LabelledQuote], recipe: Recipe, tokenizer: Any) -> Dataset:
    rows = []
    for quote in quotes:
        rendering = render(quote.quote)
        row = tokenizer(rendering.text, rendering.carrier, truncation=True, max_length=recipe.max_tokens)
        rows.append({**row, "label": recipe.label_set.index(quote.label)})
    return Dataset.from_list(rows)


def _alone(epoch: Callable[[Recipe, Splits], Epoch], recipe: Recipe, splits: Splits) -> Epoch:
    """Run in a process of its own, so that neither warms caches or sets threads for the other."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(epoch, recipe, splits).result()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "configs/minilm.yaml")
