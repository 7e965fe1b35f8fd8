"""The run folder: where a training run keeps its recipe, splits, checkpoint, log and the state to go on from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from model.errors import TrainingError
from model.files import replaced_folder, to_json, write_whole
from model.quote import LabelledQuote, Quote
from training.recipe import Recipe, read_recipe
from training.splits import Splits

RUNS = Path("runs")


@dataclass(frozen=True, slots=True)
class Run:
    """A folder runs/NAME with recipe.yaml, splits/, checkpoint/, metrics.json, log.jsonl and, unfinished, state.pt."""

    folder: Path

    @property
    def checkpoint(self) -> Path:
        """Where the best model so far lies, in the Hugging Face layout."""
        return self.folder / "checkpoint"

    @property
    def state(self) -> Path:
        """What an interrupted run needs to go on."""
        return self.folder / "state.pt"

    @property
    def metrics(self) -> Path:
        """How training went, written when it is done."""
        return self.folder / "metrics.json"

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        return read_recipe(self.folder / "recipe.yaml")

    @property
    def splits(self) -> Splits:
        """The splits that the run was made from."""
        return Splits(self.split("train"), self.split("dev"), self.split("test"))

    def recipe_for(self, recipe: Recipe, *, same_data: bool) -> Recipe:
        """Return the run's recipe if it is the one given, but for data left unnamed. Raises TrainingError."""
        mine = self.recipe
        given = recipe.with_files(mine.data.files) if same_data else recipe
        if given.digest != mine.digest:
            raise TrainingError(f"{self.folder}: was started with another recipe; --overwrite starts anew")
        return mine

    def log(self, **values: Any) -> None:
        """Append one line to log.jsonl."""
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def split(self, name: str) -> tuple[LabelledQuote, ...]:
        """Read one of the splits that the run was made from. Raises TrainingError."""
        path = self.folder / "splits" / f"{name}.jsonl"
        try:
            # Not splitlines: a quote may hold the line separators of Unicode.
            lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        except OSError as error:
            raise TrainingError(f"{path}: can't be read ({error.strerror}); is {self.folder} a run?") from error
        rows = map(json.loads, lines)
        return tuple(
            LabelledQuote(
                Quote(row["text"], row["carrier"], row["id"]),
                row["label"],
                row["group"],
                row["pair"],
                row["split"],
                corpus=row.get("source", ""),
            )
            for row in rows
        )


class Divided(Protocol):
    """What a run is made from, divided."""

    @property
    def rows(self) -> Mapping[str, str]:
        """The parts by name, as JSON Lines."""
        ...


def start_run(folder: Path, recipe: Recipe, splits: Divided, *, overwrite: bool) -> Run:
    """Make a run folder and write down what the run is made from. Raises TrainingError when there is one already."""
    if folder.exists() and any(folder.iterdir()):
        if not overwrite:
            raise TrainingError(f"{folder}: holds a run already; --resume goes on with it, --overwrite starts anew")
        if not (folder / "recipe.yaml").exists():
            raise TrainingError(f"{folder}: is no run folder, so it is not overwritten; name another")
    with replaced_folder(folder) as new:
        (new / "splits").mkdir()
        for name, rows in splits.rows.items():
            (new / "splits" / f"{name}.jsonl").write_text(rows, encoding="utf-8")
        (new / "recipe.yaml").write_text(recipe.to_yaml(), encoding="utf-8")
    return Run(folder)


def open_run(folder: Path) -> Run:
    """Open the run in a folder. Raises TrainingError."""
    if not (folder / "recipe.yaml").exists():
        raise TrainingError(f"{folder}: is no run folder (no recipe.yaml); `detente train` makes one, runs/NAME")
    return Run(folder)


def finish(run: Run, metrics: dict[str, Any]) -> None:
    """Write the run's metrics and drop the state that is no longer needed."""
    write_whole(run.metrics, to_json(metrics))
    run.state.unlink(missing_ok=True)
