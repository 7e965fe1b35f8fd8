"""Real, tiny things that many tests share: a trained run, its bundle, the bundle that ships."""

from pathlib import Path

import pytest

from model.bundle import DEFAULT_BUNDLE, Bundle, open_bundle
from model.predictor import Predictor
from training.dataset import read_dataset
from training.export import Exported, export
from training.finetune import finetune
from training.recipe import Recipe, read_recipe
from training.runs import Run, start_run
from training.splits import Splits, split_quotes

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    return read_recipe(ROOT / "configs" / "tiny.yaml")


@pytest.fixture(scope="session")
def tiny_splits(tiny_recipe: Recipe) -> Splits:
    return split_quotes(read_dataset(tiny_recipe).quotes, tiny_recipe)


@pytest.fixture(scope="session")
def tiny_run(tiny_recipe: Recipe, tiny_splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = start_run(tmp_path_factory.mktemp("runs") / "tiny", tiny_recipe, tiny_splits, overwrite=False)
    finetune(tiny_recipe, tiny_splits, run)
    return run


@pytest.fixture(scope="session")
def exported(tiny_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(tiny_run, tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def tiny_bundle(exported: Exported) -> Bundle:
    return exported.bundle


@pytest.fixture(scope="session")
def default_bundle() -> Bundle:
    return open_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="session")
def predictor(default_bundle: Bundle):
    with Predictor(default_bundle, workers=2) as predictor:
        yield predictor
