"""The engine of one machine: two shards at a time, so that one is read or written while the other is scored."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from serve.labelling.shards import Shard
from serve.labelling.stage import Engine, Note, Task, open_labeller, process
from serve.labelling.work import Work

_THREADS = 2
_AHEAD = 1  # shards that wait for a thread

_Result = TypeVar("_Result")


@contextmanager
def local_engine(task: Task, work: Work, note: Note) -> Iterator[Engine]:
    """Open the engine of this machine, which reads what comes again once in the whole run."""
    with open_labeller(task, work.answers, note) as labeller:
        stage = partial(process, labeller=labeller, work=work)
        yield lambda shards: overlapped(stage, shards, labeller.stop)


def overlapped(
    stage: Callable[[Shard], _Result], shards: Iterable[Shard], stop: Callable[[], None]
) -> Generator[_Result, None, None]:
    """Run a stage over shards and yield the results in order; stop makes the stage give up when something fails."""
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="shard") as threads:
        try:
            for shard in shards:
                waiting.append(threads.submit(stage, shard))
                if len(waiting) >= _THREADS + _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            stop()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
