"""The engine of a cluster: Ray actors that label shards; when one dies, others do again what it had not finished."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from model.device import Device
from model.untrusted import told
from serve.labelling.faults import LabelError
from serve.labelling.provenance import versions
from serve.labelling.raycluster import cluster
from serve.labelling.rayworker import Worker
from serve.labelling.shards import Receipt, Shard
from serve.labelling.stage import Engine, Note, Task
from serve.labelling.work import Work

_HELD = 2  # shards a worker has: one is read or written while the other is scored
_DEATHS = 3  # of workers with the same shard, or of a worker that opens: then it is no accident
_WAY_OUT = "see whether the machines have memory enough, then go on with --resume"


@contextmanager
def ray_engine(task: Task, work: Work, note: Note) -> Iterator[Engine]:
    """Open the engine of a cluster: one worker a CPU, or a GPU when the task is for one.

    Raises LabelError for a cluster that can't be reached, and where a worker can't open bundle or work folder.
    """
    with cluster() as ray:
        pool = _Pool(ray, replace(task, bundle=task.bundle.absolute()), work.folder.absolute(), note)
        try:
            yield pool.run
        finally:
            pool.close()


@dataclass(eq=False, slots=True)
class _Member:
    """A worker of the pool. deaths: of those before it that ended while they opened."""

    actor: Any
    deaths: int = 0
    open: bool = False
    held: int = 0


@dataclass(eq=False, slots=True)
class _Job:
    """A shard to label. number: its place among all of the run; data: a reference to it in Ray's object store."""

    number: int
    rows: range
    data: Any
    deaths: int = 0


class _Call(NamedTuple):
    """What a worker is at: a job, or opening."""

    member: _Member
    job: _Job | None


class _Pool:
    """Workers, what each is at, and what is to be done again."""

    def __init__(self, ray: Any, task: Task, folder: Path, note: Note) -> None:
        self._ray, self._note = ray, note
        on_gpu = task.device is Device.CUDA
        kind = ray.remote(Worker).options(num_cpus=1, num_gpus=int(on_gpu), max_concurrency=_HELD)
        self._new_actor: Callable[[], Any] = partial(kind.remote, task, folder, versions())
        self._size = int(ray.cluster_resources().get("GPU" if on_gpu else "CPU", 0))
        if not self._size:
            raise LabelError(f"the Ray cluster has no {'GPU' if on_gpu else 'CPU'} to label on")
        self._members: list[_Member] = []
        self._calls: dict[Any, _Call] = {}
        self._waiting: deque[_Job] = deque()

    def run(self, shards: Iterable[Shard]) -> Generator[Receipt, None, None]:
        """Label shards and yield the receipts in their order; those that are early wait here, without their data."""
        jobs = (_Job(number, range(s.first, s.first + s.rows), self._ray.put(s)) for number, s in enumerate(shards))
        if self._has_more(jobs):
            for _ in range(self._size):
                self._hire()
        early: dict[int, Receipt] = {}
        wanted = 0
        while self._has_more(jobs) or any(call.job for call in self._calls.values()):
            while (member := self._free()) and self._has_more(jobs):
                self._give(member, self._waiting.popleft())
            early.update(self._ended())
            while wanted in early:
                yield early.pop(wanted)
                wanted += 1

    def close(self) -> None:
        """End all workers; what they are at is not saved."""
        for member in self._members:
            self._ray.kill(member.actor)

    def _has_more(self, jobs: Iterator[_Job]) -> bool:
        """Tell whether a job waits; a shard is cut only when none does."""
        if not self._waiting:
            self._waiting.extend(islice(jobs, 1))
        return bool(self._waiting)

    def _free(self) -> _Member | None:
        """Return the worker that has least to do, None while all have enough."""
        free = [member for member in self._members if member.open and member.held < _HELD]
        return min(free, key=lambda member: member.held, default=None)

    def _give(self, member: _Member, job: _Job) -> None:
        member.held += 1
        self._calls[member.actor.label.remote(job.data)] = _Call(member, job)

    def _hire(self, deaths: int = 0) -> None:
        member = _Member(self._new_actor(), deaths)
        self._members.append(member)
        self._calls[member.actor.open.remote()] = _Call(member, None)

    def _ended(self) -> Iterator[tuple[int, Receipt]]:
        """Wait until something has ended, and yield the shards that are labelled by then."""
        for future in self._ray.wait(list(self._calls), num_returns=1)[0]:
            member, job = self._calls[future]
            try:
                result = self._ray.get(future)
            except self._ray.exceptions.RayTaskError as error:  # raised by the worker, which lives
                raise (error.cause or error) from None
            except self._ray.exceptions.RayError as error:
                self._replace(member, error)
                continue
            del self._calls[future]
            if job is None:
                member.open = True
                continue
            member.held -= 1
            self._note(len(job.rows))
            yield job.number, result

    def _replace(self, member: _Member, error: Exception) -> None:
        """Put another worker in the place of one that died, and what it was at before all that is still to be done."""
        why = told(error)
        self._members.remove(member)
        self._ray.kill(member.actor)  # it may only be out of reach
        lost = [future for future, call in self._calls.items() if call.member is member]
        for job in [self._calls.pop(future).job for future in lost]:
            if job is not None:
                self._waiting.appendleft(job)
                job.deaths += 1
                if job.deaths == _DEATHS:
                    rows = f"rows {job.rows.start:,} to {job.rows.stop - 1:,}"
                    raise LabelError(f"{rows}: {_DEATHS} workers died at them; {_WAY_OUT} ({why})")
        deaths = 0 if member.open else member.deaths + 1
        if deaths == _DEATHS:
            raise LabelError(f"{_DEATHS} workers died while they opened the bundle; {_WAY_OUT} ({why})")
        self._hire(deaths)
