"""Training: reproducible, resumable, loadable by everybody."""

import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from transformers import pipeline

from model.errors import Interrupted, TrainingError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training import trainer as module
from training.encoder import new_encoder
from training.finetune import StanceTask, finetune
from training.runs import open_run, start_run


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    train = tiny_recipe.train.model_copy(update={"epochs": 2, "batch_tokens": 2048})
    return tiny_recipe.model_copy(update={"train": train, "layers": 1})


def weights(run):
    return digest((run.checkpoint / "model.safetensors").read_bytes())


def new_run(folder, recipe, splits):
    return start_run(folder, recipe, splits, overwrite=False)


def test_run_folder_tells_everything(tiny_run, tiny_recipe, tiny_splits):
    """The resolved recipe, the splits, a log and the metrics are there; no state is left of a finished run."""
    assert tiny_run.recipe == tiny_recipe
    assert [quote.quote for quote in tiny_run.split("test")] == [quote.quote for quote in tiny_splits.test]
    metrics = json.loads(tiny_run.metrics.read_text())
    assert len(metrics["epochs"]) == tiny_recipe.train.epochs
    assert metrics["dev_macro_f1"] == max(epoch["dev_macro_f1"] for epoch in metrics["epochs"])
    assert "loss" in json.loads((tiny_run.folder / "log.jsonl").read_text().splitlines()[0])
    assert not tiny_run.state.exists()


def test_splits_survive_the_disk(tmp_path, recipe, tiny_splits):
    """Quotes with Unicode's own line separators come back as they were, with their group, pair and corpus."""
    words = Quote("one\u2028two\u0085three", "he said [Q]\u2029", "7")
    odd = LabelledQuote(words, "neutral", "g1", "p1", "test", corpus="polnear")
    run = new_run(tmp_path / "run", recipe, replace(tiny_splits, test=(odd,)))
    assert run.split("test") == (odd,)


def test_encoder_is_not_stretched(recipe):
    """More layers or longer windows than the encoder has are errors."""
    for change in ({"layers": 12}, {"encoder": "/nowhere"}):
        with pytest.raises(TrainingError, match=r"can't be loaded"):
            new_encoder(recipe.model_copy(update=change))


def test_training_learns(tiny_run):
    """The loss falls from epoch to epoch."""
    losses = [epoch["loss"] for epoch in json.loads(tiny_run.metrics.read_text())["epochs"]]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.95 * losses[0]


def test_transformers_loads_the_checkpoint(tiny_run):
    """`transformers.pipeline` reads it and knows the labels."""
    classify = pipeline("text-classification", model=str(tiny_run.checkpoint), device="cpu")
    (answer,) = classify("We thank them.")
    assert answer["label"] in {"conciliatory", "hostile", "neutral"}


def test_interrupted_run_ends_like_an_uninterrupted_one(tmp_path, recipe, tiny_splits, monkeypatch):
    """Stopped by a signal in the middle of the second epoch and resumed: the same bits; and so is a second run."""
    whole = new_run(tmp_path / "whole", recipe, tiny_splits)
    finetune(recipe, tiny_splits, whole)
    stopped = new_run(tmp_path / "stopped", recipe, tiny_splits)
    step, steps = module.Trainer._step, []

    def interrupt(self, batch):
        steps.append(1)
        if len(steps) == self.steps + 3:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch)

    monkeypatch.setattr(module.Trainer, "_step", interrupt)
    with pytest.raises(Interrupted, match="stopped in epoch 2 after 3 batches"):
        finetune(recipe, tiny_splits, stopped)
    monkeypatch.undo()
    finetune(recipe, tiny_splits, stopped, resume=True)
    assert weights(stopped) == weights(whole)


def test_a_crash_costs_no_more_than_two_states_lie_apart(tmp_path, recipe, tiny_splits, monkeypatch):
    """States are saved by the clock: a run that was killed goes on from the last one and ends with the same bits."""
    whole = new_run(tmp_path / "whole", recipe, tiny_splits)
    finetune(recipe, tiny_splits, whole)
    killed = new_run(tmp_path / "killed", recipe, tiny_splits)
    step, times = module.Trainer._step, []

    def kill(self, batch):
        times.append(1)
        # The first two batches of the second epoch take longer than two states may lie apart.
        monkeypatch.setattr(module, "_SAVE_EVERY", -1 if self.steps < len(times) <= self.steps + 2 else 1e9)
        if len(times) == self.steps + 4:
            raise MemoryError
        return step(self, batch)

    monkeypatch.setattr(module.Trainer, "_step", kill)
    with pytest.raises(MemoryError):
        finetune(recipe, tiny_splits, killed)
    assert torch.load(killed.state, weights_only=True)["progress"]["step"] == 2
    assert torch.load(killed.state, weights_only=True)["progress"]["epoch"] == 1
    monkeypatch.undo()
    finetune(recipe, tiny_splits, killed, resume=True)
    assert weights(killed) == weights(whole)


def test_another_recipe_is_not_resumed(tmp_path, recipe, tiny_splits):
    """A state belongs to its recipe, and a finished run has none."""
    run = new_run(tmp_path / "run", recipe, tiny_splits)
    with pytest.raises(TrainingError, match="nothing to resume"):
        finetune(recipe, tiny_splits, run, resume=True)
    torch.save({"recipe": "other"}, run.state)
    with pytest.raises(TrainingError, match="another recipe"):
        finetune(recipe, tiny_splits, run, resume=True)


def test_runs_are_not_overwritten_by_accident(tmp_path, recipe, tiny_splits):
    """A folder with a run needs --overwrite, a folder with other things is never taken."""
    new_run(tmp_path / "run", recipe, tiny_splits)
    with pytest.raises(TrainingError, match=r"--resume goes on with it, --overwrite starts anew"):
        new_run(tmp_path / "run", recipe, tiny_splits)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(TrainingError, match="is no run folder"):
        start_run(tmp_path / "mine", recipe, tiny_splits, overwrite=True)
    with pytest.raises(TrainingError, match="is no run folder"):
        open_run(tmp_path / "mine")


def epoch_of(recipe, splits, **changes):
    """The examples of the first epoch, by what is read: the ids of a window and those of its twin."""
    train = recipe.train.model_copy(update={"noise": 0.0, "consistency": 0.0, **changes})
    recipe = recipe.model_copy(update={"train": train})
    examples = StanceTask(recipe, splits).examples(random.Random(f"{recipe.seed}-0"))
    return [(one.window.ids, one.twin.ids if one.twin else None) for one in examples]


def test_quotes_are_disturbed_and_twinned_as_the_recipe_says(recipe, tiny_splits):
    """Noise changes what is read; a quote with a real name has a twin with another, one without names has none."""
    told = [LabelledQuote(Quote(text), "hostile") for text in ("Germany has lied to us.", "They complained loudly.")]
    splits = replace(tiny_splits, train=tuple(told))
    plain = epoch_of(recipe, splits)
    assert [twin for _, twin in plain] == [None, None]
    (named, twin), (unnamed, none) = epoch_of(recipe, splits, consistency=1.0)
    assert [named, unnamed] == [ids for ids, _ in plain]
    assert twin not in (None, named)
    assert none is None
    # Not each: the encoder reads no capitals.
    assert epoch_of(recipe, splits, noise=1.0) != plain


def test_two_processes_train_together(tmp_path, root):
    """Two processes in the environment that `accelerate launch` and `torchrun` set up give one run, one checkpoint."""
    recipe = (root / "configs" / "tiny.yaml").read_text().replace("epochs: 3", "epochs: 1")
    (tmp_path / "two.yaml").write_text(recipe.replace("limit: 900", "limit: 200").replace("layers: 2", "layers: 1"))
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *(str(root / "detente.py"), "train", str(tmp_path / "two.yaml"), "--out", str(tmp_path / "run")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["processes"] == 2
    assert (tmp_path / "run" / "checkpoint" / "model.safetensors").exists()


def test_resuming_needs_the_same_recipe(tiny_run):
    """The run's own data and splits are gone on with, under its own recipe only."""
    recipe = tiny_run.recipe
    assert tiny_run.recipe_for(recipe.with_files(["elsewhere.csv"]), same_data=True) == recipe
    with pytest.raises(TrainingError, match="another recipe"):
        tiny_run.recipe_for(recipe.model_copy(update={"seed": 99}), same_data=True)
    with pytest.raises(TrainingError, match="another recipe"):
        tiny_run.recipe_for(recipe.with_files(["elsewhere.csv"]), same_data=False)
