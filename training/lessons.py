"""What a teacher said of quotes: its logits for every version of each, on disk, and as examples for a student."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.encoding import Window
from model.errors import DataError
from model.quote import Quote, render
from training.batches import UNLABELLED, Example, with_twins
from training.noise import sometimes_noisy
from training.recipe import Recipe
from training.splits import Splits

_CHANCE = 0.005  # share of lessons whose words may be somebody else's in dev or test: "no comment"


@dataclass(frozen=True, slots=True)
class Version:
    """A quote as the teacher read it, with these names, with or without its carrier; logits in the label order."""

    quote: Quote
    logits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One quote of the training data, its label if it has one, and all versions that the teacher read."""

    label: str | None
    versions: tuple[Version, ...]

    def to_row(self) -> dict[str, Any]:
        """Return the lesson as a line of JSON holds it."""
        versions = [[each.quote.text, each.quote.carrier, list(each.logits)] for each in self.versions]
        return {"label": self.label, "versions": versions}


def header(labels: Sequence[str], teachers: Sequence[str], fillings: int, texts: str) -> dict[str, Any]:
    """Return the first line of a file of lessons: what it was made from; digests of weights and unlabelled texts."""
    return {"labels": list(labels), "teachers": list(teachers), "fillings": fillings, "texts": texts}


def read_lessons(recipe: Recipe, splits: Splits) -> tuple[Lesson, ...]:
    """Read the recipe's lessons; one whose very words are in dev or test is left out.

    Raises DataError for a bad file, for other labels, and for so many such lessons that the teacher's splits must have
    been others.
    """
    path = Path(recipe.train.lessons or "")
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        first, *rows = map(json.loads, lines)
        lessons = tuple(_lesson(row) for row in rows)
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}); `detente teach` writes it") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is no file of lessons: {error}") from error
    if tuple(first.get("labels", ())) != recipe.label_set:
        raise DataError(f"{path}: the teacher's labels are {first.get('labels')}, the recipe's {recipe.label_set}")
    kept_back = {render(quote.quote).text for quote in (*splits.dev, *splits.test)}
    clean = tuple(lesson for lesson in lessons if render(lesson.versions[0].quote).text not in kept_back)
    leaks = len(lessons) - len(clean)
    if leaks > _CHANCE * len(lessons):
        raise DataError(f"{path}: {leaks} lessons are about quotes of the dev or test split: teach with the same data")
    return clean


def to_lesson_examples(
    lessons: Sequence[Lesson], recipe: Recipe, encoded: Callable[[Quote], Sequence[Window]], rng: random.Random
) -> Iterator[Example]:
    """Yield examples for one epoch: of each lesson one version, or two with other names that are to agree.

    encoded: how a quote becomes windows; the same quotes come back every epoch, so it may well remember them.
    """
    places = {label: i for i, label in enumerate(recipe.label_set)}
    for lesson in lessons:
        chosen = _chosen(lesson, recipe, rng)
        label = UNLABELLED if lesson.label is None else places[lesson.label]
        # Both versions get the mean of what the teacher said of them: names must not carry a stance.
        logits = tuple(sum(each) / len(chosen) for each in zip(*(one.logits for one in chosen), strict=True))
        one, *others = (
            [
                Example(window, label, teacher=logits)
                for window in encoded(sometimes_noisy(each.quote, recipe.train.noise, rng))
            ]
            for each in chosen
        )
        yield from with_twins(one, others[0]) if others else one


def _chosen(lesson: Lesson, recipe: Recipe, rng: random.Random) -> list[Version]:
    kinds: dict[bool, list[Version]] = defaultdict(list)
    for version in lesson.versions:
        kinds[version.quote.carrier is not None].append(version)
    carried = len(kinds) == 2 and rng.random() >= recipe.train.carrier_dropout  # noqa: PLR2004
    versions = kinds[carried] or lesson.versions
    return rng.sample(versions, min(len(versions), 2 if recipe.train.consistency else 1))


def _lesson(row: Mapping[str, Any]) -> Lesson:
    versions = tuple(Version(Quote(text, carrier), tuple(logits)) for text, carrier, logits in row["versions"])
    return Lesson(row["label"], versions)
