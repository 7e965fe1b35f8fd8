"""Training and export of a pointer, small but whole: it learns, resumes, exports, and answers as its checkpoint did."""

import json
from dataclasses import replace
from itertools import count

import pytest

from model.articles.pointing import LABELS, LearnedPointer
from model.bundle import INT8_GRAPH
from model.errors import Interrupted, TrainingError
from tests.made_articles import made_articles
from training import pointer_export as export_module
from training import trainer as module
from training.article_splits import divide_articles
from training.attributions import score
from training.launch import train_new, train_on
from training.pointer import train_pointer
from training.pointer_export import export_pointer
from training.recipe import Recipe
from training.runs import open_run, start_run


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Ninety made articles."""
    path = tmp_path_factory.mktemp("data") / "articles.jsonl"
    path.write_text("".join(f"{article.model_dump_json()}\n" for article in made_articles(90)))
    return path


@pytest.fixture(scope="module")
def recipe(file):
    """A pointer of two layers."""
    return Recipe.model_validate(
        {
            "name": "tiny-pointer",
            "task": "pointer",
            "layers": 2,
            "max_tokens": 144,
            "data": {"files": [str(file)], "dev": 0.2},
            "train": {"epochs": 2, "batch_tokens": 2048, "learning_rate": 5e-4},
            "export": {"agreement": 0.8},
        }
    )


@pytest.fixture(scope="module")
def run(recipe, tmp_path_factory):
    """A trained run."""
    run, metrics = train_new(recipe, tmp_path_factory.mktemp("runs") / "pointer", lambda _: None, overwrite=False)
    assert metrics["dev_pointing"] > 0.5
    assert metrics["train_articles"] + metrics["dev_articles"] == 90
    return run


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """Its bundle."""
    return export_pointer(run, tmp_path_factory.mktemp("bundles") / "pointer")


def test_it_learns_to_point(run, exported):
    """On articles of people it has never seen most speakers and cues are right."""
    assert json.loads(run.metrics.read_bytes())["dev_pointing"] > 0.5
    report = score(made_articles(30, seed=99), LearnedPointer(exported.bundle), 0.5)
    assert report.speaker.value > 0.6
    assert report.cue.value > 0.6


def test_the_bundle_answers_as_the_checkpoint(exported):
    """Parity was measured and stands in the manifest, with the figures on dev and the pointer's labels."""
    manifest = exported.bundle.manifest
    assert manifest.labels == LABELS
    assert manifest.metrics["parity"] == exported.parity.model_dump()
    assert min(exported.parity.is_quote, exported.parity.source, exported.parity.cue) >= 0.8
    assert manifest.metrics["dev"]["f1"]["value"] == exported.metrics.f1.value
    assert 0 <= manifest.threshold <= 1
    assert "token-classification" in (exported.bundle.path / "README.md").read_text()
    assert str(exported.bundle.path) in exported.summary()


def test_the_threshold_keeps_the_recall(exported, recipe):
    """As many of dev's quotes as the recipe asks for pass the threshold."""
    assert exported.metrics.recall.value >= recipe.pointer.recall - 0.02


def test_below_the_bar_nothing_is_written(run, tmp_path, monkeypatch):
    """A graph that says something else than its checkpoint is told and not written."""
    said = export_module._said

    def astray(session, examples):
        return [replace(answer, source=None) for answer in said(session, examples)]

    monkeypatch.setattr(export_module, "_said", astray)
    with pytest.raises(TrainingError, match="nothing was written"):
        export_pointer(run, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_an_interrupted_run_goes_on_with_the_same_bits(recipe, tmp_path, monkeypatch):
    """Stopped after a few batches and resumed, the checkpoint is that of a run that nobody stopped."""
    short = recipe.model_copy(update={"train": recipe.train.model_copy(update={"epochs": 1}), "layers": 1})
    splits = divide_articles(short)
    whole = start_run(tmp_path / "whole", short, splits, overwrite=False)
    train_pointer(short, splits, whole)
    stopped = start_run(tmp_path / "stopped", short, splits, overwrite=False)
    asked = count(1)

    class After:
        """Says stop after the third batch."""

        def __enter__(self):
            return lambda: next(asked) == 3

        def __exit__(self, *_):
            return None

    with monkeypatch.context() as patch:
        patch.setattr(module, "stopping", After)
        with pytest.raises(Interrupted, match="after 3 batches"):
            train_pointer(short, splits, stopped)
    train_on(open_run(stopped.folder), short)
    weights = [(each.checkpoint / "model.safetensors").read_bytes() for each in (whole, stopped)]
    assert weights[0] == weights[1]


def test_the_graph_gives_logits_for_every_token(exported):
    """The exporter writes the last layer in full where the head reads every token."""
    pointer = LearnedPointer(exported.bundle)
    assert pointer.digest == exported.bundle.digest
    assert exported.bundle.read(INT8_GRAPH)
