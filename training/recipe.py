"""The recipe of a model: everything that decides what comes out, read from a YAML file, frozen and checked."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from model.articles.pointing import LABELS as POINTER_LABELS
from model.errors import RecipeError
from model.files import digest
from model.stance import STANCES

CORPUS = "corpus"
"""The name by which a recipe calls the project's own corpus."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecipe(_Part):
    """Where the labelled quotes come from and how they are divided."""

    files: tuple[str, ...] = (CORPUS,)  # the corpus, files, folders of datasets.save_to_disk, or names on the hub
    columns: Mapping[str, str] = {}  # ours -> theirs, where the file has other names, e.g. {text: sentence}
    dev: float = Field(default=0.1, gt=0, lt=0.5)  # share of the quotes
    test: float = Field(default=0.1, gt=0, lt=0.5)
    near_duplicates: float = Field(default=0.7, gt=0, le=1)  # Jaccard of word sets from which two texts stay together
    limit: int | None = Field(default=None, ge=10)  # take only so many quotes, drawn at random: for quick trials
    seed: int = 13  # of the division: models of other seeds are tested on the same quotes


class TrainRecipe(_Part):
    """How the encoder is fine-tuned."""

    epochs: int = Field(default=6, ge=1)
    batch_tokens: int = Field(default=1536, ge=64)  # tokens a batch, padding included
    learning_rate: float = Field(default=2e-4, gt=0)
    layer_decay: float = Field(default=1.0, gt=0, le=1)  # each layer below learns slower by this factor
    warmup: float = Field(default=0.1, ge=0, lt=1)  # share of the steps
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float = Field(default=1.0, gt=0)  # largest gradient norm
    dropout: float = Field(default=0.1, ge=0, lt=1)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    carrier_dropout: float = Field(default=0.5, ge=0, le=1)  # share of carriers left out, anew each epoch
    consistency: float = Field(default=2.0, ge=0)  # weight of a quote's answers agreeing under two sets of names
    noise: float = Field(default=0.0, ge=0, le=1)  # share of quotes disturbed as print and typing do, anew each epoch
    quantized: bool = False  # round weights and activations as int8 does; the checkpoint's weights are then int8's own
    lessons: str | None = None  # what teachers said of the training quotes: a file that `detente teach` wrote
    distillation: float = Field(default=0.7, ge=0, le=1)  # weight of the teacher's word against the labels'
    softness: float = Field(default=2.0, gt=0)  # temperature of teacher and student in that comparison
    class_weights: Literal["auto", "none"] = "auto"  # auto: inverse frequency where the classes differ by over 1.5
    precision: Literal["auto", "bf16", "fp32"] = "auto"  # auto: bf16 autocast where the hardware has it
    patience: int = Field(default=2, ge=1)  # epochs without a better dev macro-F1 before it stops


class PointerRecipe(_Part):
    """What a pointer learns besides the quotes as they stand."""

    indirect: float = Field(default=0.4, ge=0, le=1)  # share of reported speech that is put into marks, anew each epoch
    unsaid: float = Field(default=1.0, ge=0)  # titles and words nobody said that are put into marks, an article
    hint_dropout: float = Field(default=0.3, ge=0, le=1)  # share of strings for which it isn't told what the rules say
    recall: float = Field(default=0.98, gt=0, le=1)  # share of dev's quotes that the threshold must let pass


class ExportRecipe(_Part):
    """What a bundle must hold up to before it is written."""

    agreement: float = Field(default=0.98, ge=0, le=1)  # share of test quotes on which int8 and checkpoint agree
    certain: float = Field(default=0.9, gt=0, le=1)  # accuracy on dev that what is not "uncertain" shall have
    calibrate_on: tuple[str, ...] = ()  # corpora whose dev quotes fit temperature and threshold; none named: all
    fp32: bool = False  # put the fp32 graph into the bundle too
    fp16: bool = False  # and the one for a GPU


class Recipe(_Part):
    """One model, from labelled quotes to bundle.

    task: judge quotes, or point at the speakers of an article's strings. labels: the label set in logit order; or, as a
    mapping, the names in the data and the label that each stands for (null drops such rows); a pointer has its own.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    task: Literal["stance", "pointer"] = "stance"
    seed: int = 13
    encoder: str = "minilm"  # the packaged MiniLM weights, a folder with a checkpoint, or a name on the hub
    layers: int | None = Field(default=None, ge=1)  # keep only the first layers of the encoder
    pooling: Literal["first", "mean"] = "first"  # what the head reads; only "first" exports
    max_tokens: int = Field(default=128, ge=16, le=512)  # the window; longer quotes are read in several
    labels: tuple[str, ...] | Mapping[str, str | None] = STANCES
    data: DataRecipe = DataRecipe()
    train: TrainRecipe = TrainRecipe()
    pointer: PointerRecipe = PointerRecipe()
    export: ExportRecipe = ExportRecipe()

    @field_validator("labels", mode="before")
    @classmethod
    def _as_names(cls, labels: Any) -> Any:
        if isinstance(labels, Mapping):  # YAML reads {0: hostile} with a number as key
            return {str(name): label for name, label in labels.items()}
        return labels

    @model_validator(mode="after")
    def _at_least_two(self) -> "Recipe":
        if len(self.label_set) < 2:  # noqa: PLR2004
            raise ValueError("labels: a model needs at least two different labels")
        return self

    @property
    def label_set(self) -> tuple[str, ...]:
        """The labels in logit order: the stances in theirs, other labels as the recipe first names them."""
        if self.task == "pointer":
            return POINTER_LABELS
        named = dict.fromkeys(label for label in self.label_names.values() if label is not None)
        if set(named) <= set(STANCES):
            return tuple(stance for stance in STANCES if stance in named)
        return tuple(named)

    @property
    def label_names(self) -> Mapping[str, str | None]:
        """What a label is called in the data -> the label it stands for, None to drop it."""
        if isinstance(self.labels, Mapping):
            return {**{label: label for label in self.labels.values() if label}, **self.labels}
        return {label: label for label in self.labels}

    @property
    def digest(self) -> str:
        """SHA-256 of the resolved recipe: the same for two files that mean the same."""
        return digest(self.model_dump_json().encode())

    def with_files(self, files: Iterable[str]) -> "Recipe":
        """Return the recipe for other data."""
        return self.model_copy(update={"data": self.data.model_copy(update={"files": tuple(files)})})

    def to_yaml(self) -> str:
        """Return the recipe with every default written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises RecipeError, which names the file, the key and what is wrong with its value."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: can't be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: is no YAML: {error}") from error
    if not isinstance(values, dict):
        raise RecipeError(f"{path}: a recipe is a mapping of keys to values; configs/minilm.yaml is an example")
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError("\n".join(_explain(path, problem) for problem in error.errors())) from error


def _explain(path: Path, problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "recipe"
    if problem["type"] == "extra_forbidden":
        return f"{path}: unknown key {key!r}"
    return f"{path}: {key}: {problem['msg']} (it is {problem['input']!r})"
