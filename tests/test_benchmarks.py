"""The recipes of the published benchmarks read their labels and keep their division."""

import json

import pytest

from training.dataset import read_dataset
from training.recipe import read_recipe
from training.splits import split_quotes

QUADS = {"verbal cooperation", "material cooperation", "verbal conflict", "material conflict"}
ROOTS = set(
    "agree consult support cooperate aid yield request accuse reject threaten protest mobilize sanction coerce"  # noqa: SIM905
    " assault".split()
)
LABELS = {"cameo": QUADS | {"statement"}, "plv-quad": QUADS, "plv-root": ROOTS}
WORDS = "north south harbour bridge market river summit council valley airport".split()  # noqa: SIM905


def recipe_of(root, name):
    return read_recipe(root / "configs" / f"{name}.yaml")


def rows_of(recipe):
    """Invent a data set: of each label 20 rows for training, every two of them a group, and 3 for the test."""
    theirs = [label for label, ours in recipe.labels.items() if ours]
    for i, label in enumerate(theirs):
        for j in range(23):
            split = "train" if j < 20 else "test"
            text = " ".join(f"{word}{i}x{j}" for word in WORDS)
            group = f"g{i}-{j // 2 if split == 'train' else j}"
            yield {"text": text, "original_label": label, "split": split, "dup_group": group, "source_id": f"{i}-{j}"}


@pytest.fixture(params=LABELS)
def recipe(request, root, tmp_path):
    recipe = recipe_of(root, request.param)
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(recipe)))
    return recipe.with_files([str(path)])


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_those_of_the_benchmark(root, name):
    """Every class that the published scores average over, and no other."""
    assert set(recipe_of(root, name).label_set) == LABELS[name]


def test_roots_and_quads_are_two_views_of_the_same_rows(root):
    """Both recipes know the same original labels: the root is what stands before the bar, the quad what follows."""
    quads, roots = recipe_of(root, "plv-quad"), recipe_of(root, "plv-root")
    assert set(quads.labels) == set(roots.labels)
    assert all(theirs.split("|")[0].lower() == ours for theirs, ours in roots.labels.items())
    assert len({(theirs.split("|")[1], ours) for theirs, ours in quads.labels.items()}) == 4


def test_the_published_division_is_kept(recipe):
    """The test part is the published one, the dev part is divided off train, and no near-duplicates part."""
    dataset = read_dataset(recipe)
    splits = split_quotes(dataset.quotes, recipe)
    assert dataset.warnings == splits.warnings == ()
    assert {quote.quote.id for quote in splits.test} == {q.quote.id for q in dataset.quotes if q.split == "test"}
    assert {quote.split for quote in (*splits.train, *splits.dev)} == {"train"}
    assert 0 < len(splits.dev) < len(splits.train) / 4
    places = {quote.quote.id: place for place in ("train", "dev") for quote in getattr(splits, place)}
    assert all(places[f"{i}-{j}"] == places[f"{i}-{j + 1}"] for i in range(len(recipe.labels)) for j in range(0, 20, 2))
