"""The description of a study: which models, on what data, with how many seeds, and where everything lies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import RecipeError

DEBATES = (
    "UNSC_2014_SPV.7138",
    "UNSC_2014_SPV.7154",
    "UNSC_2014_SPV.7165",
    "UNSC_2014_SPV.7219",
    "UNSC_2016_SPV.7643",
    "UNSC_2016_SPV.7658",
)


def slug(name: str) -> str:
    """Return a name as file names hold it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lessons(_Part):
    """What a row's student learns from: rows whose models teach, and whether they judge unlabelled texts too."""

    teachers: tuple[str, ...]
    texts: bool = False
    fillings: int = Field(default=2, ge=1)


class Row(_Part):
    """One line of the table: what differs from the base (or from another recipe file, config), and how many seeds.

    data: corpora of the division and how many training rows of each, null for all; a row without data uses its
    recipe's own files and is scored on its own test split. carriers: whether the sets are read with theirs.
    """

    name: str
    config: Path | None = None
    baseline: Literal["tfidf", "frozen", "lexicon"] | None = None  # instead of a fine-tuned encoder
    recipe: Mapping[str, Any] = {}
    data: Mapping[str, int | None] | None = None
    seeds: tuple[int, ...] | None = None
    lessons: Lessons | None = None
    start: str | None = None  # the row whose first model it goes on from, instead of the recipe's encoder
    carriers: bool = True
    debates: bool = False  # leave one UNSCon debate out at a time and score on it; without data: on UNSCon's own marks

    @property
    def stage(self) -> int:
        """Its turn: models that learn from labels, from teachers, and that go on from another."""
        return 2 if self.start else 1 if self.lessons else 0

    @property
    def slug(self) -> str:
        """The row's name in file names."""
        return slug(self.name)


class Study(_Part):
    """The rows, what all of them share, and their seeds."""

    base: Mapping[str, Any]
    seeds: tuple[int, ...] = (1,)
    rows: tuple[Row, ...]
    compare: tuple[tuple[str, str], ...] = ()  # rows whose difference is tested

    def seeds_of(self, row: Row) -> tuple[int, ...]:
        """Return a row's own seeds, or those of all."""
        return row.seeds or self.seeds

    def row(self, name: str) -> Row:
        """Return the row of a name. Raises RecipeError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise RecipeError(f"the study has no row {name!r}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study finds its data and puts its models: out/data, out/runs, out/scores, out/lessons."""

    out: Path
    copies: Path | None = None  # folder with newsmtsc_quotes.jsonl and unscon_sents.jsonl, to score on these too

    @property
    def data(self) -> Path:
        """The divided corpora."""
        return self.out / "data"

    @property
    def texts(self) -> Path:
        """Unlabelled texts."""
        return self.out / "texts.jsonl"

    def scores(self, job: "Job") -> Path:
        """Return the file with what a model got right."""
        return self.out / "scores" / f"{job.name}.json"


@dataclass(frozen=True, slots=True)
class Job:
    """One model: a row with a seed and, where one is left out, a debate."""

    row: Row
    seed: int
    without: str = ""

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.row.slug}-{self.seed}" + (f"-{self.without[-4:]}" if self.without else "")


def read_study(path: Path) -> Study:
    """Read a study. Raises RecipeError."""
    try:
        return Study.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        fault = f"{where}: {first['msg']}; configs/study.yaml is an example"
        raise RecipeError(f"{path}: is no study: {fault}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: is no study: {error}") from error


def jobs_of(study: Study) -> list[Job]:
    """Return every model of a study, teachers before their students."""
    whole = (row for row in study.rows if row.data is not None or not row.debates)
    jobs = [Job(row, seed) for row in whole for seed in study.seeds_of(row)]
    left_out = [Job(row, study.seeds_of(row)[0], name) for row in study.rows if row.debates for name in DEBATES]
    return sorted([*jobs, *left_out], key=lambda job: job.row.stage)
