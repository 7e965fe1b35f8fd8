"""Recipes: every key and value is checked, and what is left out is written down."""

import pytest

from model.errors import RecipeError
from training.recipe import Recipe, read_recipe


def write(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["minilm.yaml", "mpnet.yaml", "tiny.yaml"])
def test_shipped_recipes_are_valid(root, name):
    """The recipes in configs/ can be read."""
    assert read_recipe(root / "configs" / name).label_set == ("conciliatory", "hostile", "neutral")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nepoch: 3", "unknown key 'epoch'"),
        ("name: x\ntrain: {epochs: 0}", r"train\.epochs: .* \(it is 0\)"),
        ("name: x\ntrain: {learning_rat: 1}", r"unknown key 'train\.learning_rat'"),
        ("name: x\npooling: max", r"pooling: .*'first' or 'mean' \(it is 'max'\)"),
        ("name: x\ntrain: {noise: 1.5}", r"train\.noise: .* \(it is 1\.5\)"),
        ("name: ../x", "name"),
        ("seed: 1", "name: Field required"),
        ("- a", "a recipe is a mapping"),
        ("name: [", "is no YAML"),
        ("name: x\nlabels: [one]", "at least two"),
    ],
)
def test_bad_recipes_are_named(tmp_path, text, message):
    """An unknown key or a bad value is an error with file, key and value."""
    with pytest.raises(RecipeError, match=message) as caught:
        read_recipe(write(tmp_path, text))
    assert "recipe.yaml" in str(caught.value)


def test_missing_recipe_is_an_error(tmp_path):
    """The path is in the message."""
    with pytest.raises(RecipeError, match=r"nothing\.yaml: can't be read"):
        read_recipe(tmp_path / "nothing.yaml")


def test_resolved_recipe_means_the_same(tmp_path):
    """A recipe written out with all defaults reads back to the same digest."""
    recipe = Recipe(name="x", labels={"pos": "good", "neg": "bad", "junk": None})
    assert read_recipe(write(tmp_path, recipe.to_yaml())).digest == recipe.digest


def test_labels_can_be_mapped():
    """Mapped names lead to stances in their own order; numbers work as names; null drops."""
    recipe = Recipe.model_validate({"name": "x", "labels": {0: "hostile", 1: "conciliatory", 2: None}})
    assert recipe.label_set == ("conciliatory", "hostile")
    assert recipe.label_names["0"] == "hostile"
    assert recipe.label_names["2"] is None
    assert Recipe(name="x", labels=("b", "a")).label_set == ("b", "a")


def test_two_models_of_other_seeds_are_other_recipes_for_the_same_data():
    """The seed of the division is its own: it stays while the model's changes."""
    one, other = Recipe(name="x", seed=1), Recipe(name="x", seed=2)
    assert one.digest != other.digest
    assert one.data == other.data
    assert Recipe.model_validate({"name": "x", "data": {"seed": 5}}).data != one.data
