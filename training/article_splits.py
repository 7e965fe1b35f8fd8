"""Divides articles marked by hand into train and dev: copies of one story stay together."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from model.errors import DataError
from training.attribution_data import Article, read_articles
from training.recipe import Recipe
from training.runs import Run
from training.splits import near_duplicates

_PARTS = ("train", "dev")


@dataclass(frozen=True, slots=True)
class ArticleSplits:
    """Two sets of articles that share no story."""

    train: tuple[Article, ...]
    dev: tuple[Article, ...]

    @property
    def rows(self) -> Mapping[str, str]:
        """The articles as a run folder keeps them: JSON Lines by part."""
        return {name: "".join(f"{each.model_dump_json()}\n" for each in getattr(self, name)) for name in _PARTS}

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many articles and quotes there are."""
        return {f"{name}_articles": len(getattr(self, name)) for name in _PARTS} | {
            f"{name}_quotes": sum(len(article.quotes) for article in getattr(self, name)) for name in _PARTS
        }


def divide_articles(recipe: Recipe) -> ArticleSplits:
    """Read the recipe's files and divide them by its seed; dev gets its share of the articles. Raises DataError."""
    if not recipe.data.files:
        raise DataError(
            "no articles are named: give a file of marked articles with --data; docs/training.md describes it"
        )
    articles = [article for file in recipe.data.files for article in read_articles(Path(file))]
    repeated = [name for name, count in Counter(article.id for article in articles).items() if count > 1]
    if repeated:
        raise DataError(f"{', '.join(recipe.data.files)}: article {repeated[0]} is there twice; leave one out")
    rng = random.Random(recipe.data.seed)
    if recipe.data.limit is not None:
        articles = rng.sample(articles, min(recipe.data.limit, len(articles)))
    stories = _stories(articles, recipe.data.near_duplicates)
    order = sorted(set(stories))
    rng.shuffle(order)
    dev: set[int] = set()
    for story in order:
        if sum(each in dev for each in stories) >= recipe.data.dev * len(articles):
            break
        dev.add(story)
    train = tuple(article for article, story in zip(articles, stories, strict=True) if story not in dev)
    kept = tuple(article for article, story in zip(articles, stories, strict=True) if story in dev)
    if not train or not any(article.quotes for article in train) or not any(article.quotes for article in kept):
        raise DataError(f"{', '.join(recipe.data.files)}: too few articles with quotes for train and dev")
    return ArticleSplits(train, kept)


def read_splits(run: Run) -> ArticleSplits:
    """Read the parts that a run was made from. Raises DataError."""
    train, dev = (tuple(read_articles(run.folder / "splits" / f"{name}.jsonl")) for name in _PARTS)
    return ArticleSplits(train, dev)


def _stories(articles: Sequence[Article], threshold: float) -> list[int]:
    edges = np.array(list(near_duplicates([article.text for article in articles], threshold)), dtype=np.int64)
    rows, columns = edges.reshape(-1, 2).T
    size = (len(articles), len(articles))
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=size)
    return [int(story) for story in connected_components(graph, directed=False)[1]]
