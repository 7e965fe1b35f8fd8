"""The division of articles: whole stories, the asked share, every article once."""

import json

import pytest

from model.errors import DataError
from tests.made_articles import made_articles
from training.article_splits import divide_articles, read_splits
from training.recipe import Recipe
from training.runs import start_run


def recipe_for(path, **data):
    """Return a pointer's recipe for a file."""
    return Recipe.model_validate({"name": "p", "task": "pointer", "data": {"files": [str(path)], **data}})


@pytest.fixture
def file(tmp_path):
    """Forty articles, the first of which stands there again under another id, with another last line."""
    rows = [json.loads(article.model_dump_json()) for article in made_articles(40)]
    twin = {**rows[0], "id": "copy", "text": rows[0]["text"] + "By our own reporter.\n"}
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, twin]))
    return path


def test_copies_of_a_story_stay_together(file):
    """An article and its copy are in the same part, for any seed."""
    for seed in range(6):
        splits = divide_articles(recipe_for(file, dev=0.2, seed=seed))
        parts = [{article.id for article in part} for part in (splits.train, splits.dev)]
        assert len(parts[0]) + len(parts[1]) == 41
        assert any({"made_0", "copy"} <= part for part in parts)


def test_dev_has_about_its_share_and_the_seed_decides(file):
    """The same seed divides the same way, another one another way."""
    one, same, other = (divide_articles(recipe_for(file, dev=0.2, seed=seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert 0.15 <= len(one.dev) / 41 <= 0.3
    assert one.sizes["dev_quotes"] == sum(len(article.quotes) for article in one.dev)


def test_a_run_keeps_its_articles(file, tmp_path):
    """What a run was made from is read back from its folder."""
    recipe = recipe_for(file)
    splits = divide_articles(recipe)
    assert read_splits(start_run(tmp_path / "run", recipe, splits, overwrite=False)) == splits


def test_an_article_twice_is_told(tmp_path):
    """Two articles of one id would be in train and dev at once."""
    path = tmp_path / "twice.jsonl"
    row = made_articles(1)[0].model_dump_json()
    path.write_text(f"{row}\n{row}\n")
    with pytest.raises(DataError, match="made_0 is there twice"):
        divide_articles(recipe_for(path))


def test_too_few_articles_are_told(tmp_path):
    """One article can't be both learned from and chosen by."""
    path = tmp_path / "one.jsonl"
    path.write_text(f"{made_articles(1)[0].model_dump_json()}\n")
    with pytest.raises(DataError, match="too few articles"):
        divide_articles(recipe_for(path))


def test_no_articles_at_all_are_told():
    """A recipe without files says where the articles come from."""
    with pytest.raises(DataError, match="give a file of marked articles with --data"):
        divide_articles(Recipe.model_validate({"name": "p", "task": "pointer", "data": {"files": []}}))
