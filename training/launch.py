"""Sets a run up and trains, in one process or several: `accelerate launch` tells each by its environment."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from model.errors import TrainingError
from training.article_splits import divide_articles, read_splits
from training.dataset import read_dataset
from training.finetune import finetune
from training.pointer import train_pointer
from training.recipe import Recipe
from training.runs import Run, open_run, start_run
from training.splits import Splits, split_quotes

_PATIENCE = 60  # seconds that other processes wait for the main one to write the run folder


def new_run(
    recipe: Recipe, folder: Path, warn: Callable[[Iterable[str]], None], *, overwrite: bool
) -> tuple[Run, Splits]:
    """Read and divide the recipe's quotes and write the run folder; warn gets what was left out, before it can fail."""
    dataset = read_dataset(recipe)
    warn(dataset.warnings if is_main_process() else ())
    splits = split_quotes(dataset.quotes, recipe)
    if is_main_process():
        warn(splits.warnings)
        start_run(folder, recipe, splits, overwrite=overwrite)
    return wait_for_run(folder), splits


def train_new(
    recipe: Recipe, folder: Path, warn: Callable[[Iterable[str]], None], *, overwrite: bool
) -> tuple[Run, dict[str, Any]]:
    """Train what the recipe's task is on the recipe's data; return the run and what its metrics.json holds."""
    if recipe.task == "stance":
        run, splits = new_run(recipe, folder, warn, overwrite=overwrite)
        return run, finetune(recipe, splits, run)
    articles = divide_articles(recipe)
    if is_main_process():
        start_run(folder, recipe, articles, overwrite=overwrite)
    run = wait_for_run(folder)
    return run, train_pointer(recipe, articles, run)


def train_on(run: Run, recipe: Recipe) -> dict[str, Any]:
    """Go on with an interrupted run; return what metrics.json holds."""
    if recipe.task == "stance":
        return finetune(recipe, run.splits, run, resume=True)
    return train_pointer(recipe, read_splits(run), run, resume=True)


def is_main_process() -> bool:
    """Tell whether this process is the only one or the first of several."""
    return os.environ.get("RANK", "0") == "0"


def wait_for_run(folder: Path) -> Run:
    """Open the run folder, which the main process writes. Raises TrainingError when it does not come."""
    until = time.monotonic() + (0 if is_main_process() else _PATIENCE)
    while True:
        try:
            return open_run(folder)
        except TrainingError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
