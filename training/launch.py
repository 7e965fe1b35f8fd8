"""Which process of a run this is; `accelerate launch` starts several and tells each by its environment."""

import os
import time
from pathlib import Path

from model.errors import TrainingError
from training.runs import Run, open_run

_PATIENCE = 60  # seconds that other processes wait for the main one to write the run folder


def is_main_process() -> bool:
    """Tell whether this process is the only one or the first of several."""
    return os.environ.get("RANK", "0") == "0"


def wait_for_run(folder: Path) -> Run:
    """Open the run folder, which the main process writes. Raises TrainingError when it does not come."""
    until = time.monotonic() + (0 if is_main_process() else _PATIENCE)
    while True:
        try:
            return open_run(folder)
        except TrainingError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
