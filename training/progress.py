"""How far a training run has come, and all that is needed to go on from there with the same bits."""

import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from model.errors import TrainingError
from model.files import write_whole
from training.recipe import Recipe


@dataclass
class Progress:
    """Where a run stands; best and best_epoch are of the dev split, history has an entry an epoch."""

    epoch: int = 0
    step: int = 0  # batches of this epoch that are done
    loss: float = 0.0  # summed over them
    tokens: int = 0
    seconds: float = 0.0  # tokenising and training, not scoring dev
    best: float = -1.0
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)

    def next_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch, self.step, self.loss, self.tokens, self.seconds = self.epoch + 1, 0, 0.0, 0, 0.0


class Stateful(Protocol):
    """Anything of torch that can be put away and taken up again."""

    def state_dict(self) -> dict[str, Any]:
        """Return what has to be kept."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Take it up again."""
        ...


def save_state(path: Path, recipe: Recipe, progress: Progress, parts: dict[str, Stateful]) -> None:
    """Write progress, the parts' states and the random generator's, whole or not at all."""
    state = {
        "recipe": recipe.digest,
        "progress": asdict(progress),
        "rng": torch.get_rng_state(),
        **{name: part.state_dict() for name, part in parts.items()},
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())


def load_state(path: Path, recipe: Recipe, parts: dict[str, Stateful]) -> Progress:
    """Take up a state. Raises TrainingError when there is none or it is another recipe's."""
    if not path.exists():
        raise TrainingError(
            f"{path.parent}: nothing to resume: no {path.name} (stopped before the first, or finished); "
            "--overwrite starts anew"
        )
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["recipe"] != recipe.digest:
        raise TrainingError(f"{path.parent}: was started with another recipe; --overwrite starts anew")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["rng"])
    return Progress(**state["progress"])
