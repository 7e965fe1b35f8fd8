"""Export: the bundle says what the checkpoint says, or is not written."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import yaml

from model.bundle import FP32_GRAPH, INT8_GRAPH
from model.errors import TrainingError
from model.predictor import Predictor
from model.quote import Quote
from model.reference import LENGTH_EDGES
from training import export as module
from training.breakdown import Breakdown
from training.calibrate import Calibration
from training.encoder import open_checkpoint
from training.runs import Run, start_run


def with_corpora(tiny_run, folder, calibrate_on):
    """Return the run anew with a recipe that calibrates on some corpora, a third of its dev quotes from press."""
    splits = tiny_run.splits
    dev = tuple(replace(quote, corpus="press") if i % 3 == 0 else quote for i, quote in enumerate(splits.dev))
    export = tiny_run.recipe.export.model_copy(update={"calibrate_on": tuple(calibrate_on)})
    recipe = tiny_run.recipe.model_copy(update={"export": export})
    run = start_run(folder, recipe, replace(splits, dev=dev), overwrite=False)
    run.checkpoint.symlink_to(tiny_run.checkpoint)
    return run


def test_bundle_agrees_with_the_checkpoint(exported):
    """The parity that was measured on the test split is above the recipe's bar and stands in the manifest."""
    assert exported.parity.agreement >= 0.9
    assert exported.bundle.manifest.metrics["parity"] == exported.parity.model_dump()
    assert exported.bundle.manifest.metrics["test"]["macro_f1"] == exported.metrics.macro_f1


def test_manifest_tells_calibration_and_parts(exported, tiny_run):
    """What the threshold was fitted on and came to, on all of dev, and the test quotes in parts."""
    metrics = exported.bundle.manifest.metrics
    assert set(metrics) == {"test", "parity", "calibration", "parts"}
    fit = Calibration.model_validate(metrics["calibration"])
    assert fit.quotes == len(tiny_run.split("dev"))
    assert fit.certain == tiny_run.recipe.export.certain
    assert fit.certain_accuracy is None or fit.certain_accuracy >= fit.certain
    assert sum(row.quotes for row in Breakdown.model_validate(metrics["parts"]).shape) == exported.metrics.quotes


def test_parts_have_the_bundles_threshold(exported):
    """The threshold was chosen before test was scored: parts and whole are not uncertain in the same share."""
    (row,) = Breakdown.model_validate(exported.bundle.manifest.metrics["parts"]).corpus
    assert row.metrics == exported.metrics


def test_named_corpora_calibrate(tiny_run, tmp_path):
    """With export.calibrate_on only their dev quotes fit temperature and threshold; test is scored whole."""
    run = with_corpora(tiny_run, tmp_path / "run", ["press"])
    manifest = module.export(run, tmp_path / "bundle").bundle.manifest
    fit = Calibration.model_validate(manifest.metrics["calibration"])
    assert fit.corpora == ("press",)
    assert fit.quotes == sum(quote.corpus == "press" for quote in run.split("dev")) < len(run.split("dev"))
    assert manifest.metrics["test"]["quotes"] == len(run.split("test"))


def test_unknown_corpora_write_nothing(tiny_run, tmp_path):
    """The message names the recipe's key and the corpora that dev has."""
    run = with_corpora(tiny_run, tmp_path / "run", ["radio"])
    with pytest.raises(TrainingError, match=r"export\.calibrate_on: dev has no quote of radio; it has .*press"):
        module.export(run, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_disagreement_writes_nothing(tiny_run, tmp_path, monkeypatch):
    """Below the bar the export fails and no folder appears."""
    monkeypatch.setattr(
        module, "checkpoint_probabilities", lambda *_: np.eye(3)[np.zeros(len(tiny_run.split("test")), int)]
    )
    with pytest.raises(TrainingError, match="nothing was written"):
        module.export(tiny_run, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_fp32_graph_comes_on_request(tiny_run, tiny_splits, tmp_path):
    """With export.fp32 the bundle holds both graphs, and the predictor can run either."""
    recipe = tiny_run.recipe.model_copy(update={"export": tiny_run.recipe.export.model_copy(update={"fp32": True})})
    run = start_run(tmp_path / "run", recipe, tiny_splits, overwrite=False)
    run.checkpoint.symlink_to(tiny_run.checkpoint)
    bundle = module.export(run, tmp_path / "bundle").bundle
    quote = Quote("They broke their word.")
    with Predictor(bundle) as int8, Predictor(bundle, graph=FP32_GRAPH) as fp32:
        one, other = int8.predict_one(quote), fp32.predict_one(quote)
    assert one.probabilities != other.probabilities
    assert one.probabilities == pytest.approx(other.probabilities, abs=0.1)


def test_card_can_be_read_by_a_hub(exported):
    """README.md has front matter with the model index and the figures of the manifest, and names no pictures."""
    _, front, text = (exported.bundle.path / "README.md").read_text().split("---\n", 2)
    values = yaml.safe_load(front)
    assert values["model-index"][0]["results"][0]["metrics"][0]["value"] == round(exported.metrics.macro_f1, 4)
    assert f"macro-F1 {exported.metrics.macro_f1:.3f}" in text
    assert "![" not in text


def test_bundle_names_its_makers(exported, root):
    """Versions of what made it, and digests of recipe and data."""
    manifest = json.loads((exported.bundle.path / "bundle.json").read_text())
    pinned = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]["train"]
    assert f"torch=={manifest['versions']['torch'].split('+')[0]}" in pinned
    assert len(manifest["recipe"]) == len(manifest["data"]) == 64
    assert INT8_GRAPH in manifest["files"]


def test_bundle_knows_its_training_quotes(exported, tiny_run):
    """Shares of the train split, by label and by length, for telling how far other quotes are from them."""
    reference, train = exported.bundle.manifest.reference, tiny_run.split("train")
    hostile = sum(quote.label == "hostile" for quote in train)
    assert reference.labels["hostile"] == pytest.approx(hostile / len(train))
    assert reference.edges == LENGTH_EDGES
    assert 0 < reference.lengths[0] < 1


def test_checkpoint_of_nothing_is_an_error(tmp_path):
    """The message says where checkpoints come from."""
    with pytest.raises(TrainingError, match="`detente train` writes one"):
        open_checkpoint(Run(tmp_path).checkpoint)
