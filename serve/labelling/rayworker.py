"""What runs on a node of a cluster: a labeller on one core or one GPU, which reads and saves in the shared folder."""

import platform
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from model.device import Device
from model.errors import DetenteError
from serve.labelling.faults import LabelError
from serve.labelling.provenance import versions
from serve.labelling.shards import Receipt, Shard
from serve.labelling.stage import Task, open_labeller, process
from serve.labelling.work import Work

if TYPE_CHECKING:
    from serve.labelling.labeller import Labeller


class Worker:
    """Labels shards of a task, several at once from threads of their own; ends with its process.

    folder: the work folder, under the path that all machines know. expected: the versions of the machine that asks.
    """

    def __init__(self, task: Task, folder: Path, expected: Mapping[str, str]) -> None:
        self._task, self._work, self._expected = task, Work(folder), expected
        self._stack = ExitStack()
        self._labeller: Labeller | None = None

    def open(self) -> None:
        """Open the labeller. Raises LabelError when bundle or versions are not those of the machine that asks."""
        if (own := versions()) != self._expected:
            differs = ", ".join(name for name in own if own[name] != self._expected.get(name))
            raise LabelError(f"{platform.node()}: another version of {differs}: install the same on all machines")
        try:
            # Without answers: each worker would find its own again only, and a killed one leaves its file behind.
            opened = open_labeller(self._task, None, lambda _: None, threads=_threads(self._task.device))
            self._labeller = self._stack.enter_context(opened)
        except DetenteError as error:
            raise LabelError(f"{platform.node()}: a worker can't begin: {error}") from error

    def label(self, shard: Shard) -> Receipt:
        """Label a shard and save it. Raises LabelError when the work folder is not here."""
        if self._labeller is None:
            raise RuntimeError("the worker was never opened")
        if not self._work.folder.is_dir():  # saving would make one that nobody else sees
            what = f"{self._work.folder} is not on this machine"
            way_out = "OUT and the bundle must lie where all machines see them under the same path"
            raise LabelError(f"{platform.node()}: {what}: {way_out}")
        return process(shard, self._labeller, self._work)


def _threads(device: Device) -> int | None:
    """Return how many threads a worker's predictor may have: one on the one core that Ray gave it."""
    return 1 if device is Device.CPU else None
