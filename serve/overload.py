"""Overload: a server is offered more than it can do; what it answers, what it refuses and how fast is measured.

    python -m serve.overload [--seconds 10] [--out FILE]

Requests come in Poisson arrivals, whatever became of the ones before, and latency counts from when one was due. The
client has a core of its own, the server all others.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import numpy as np
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from model.bundle import DEFAULT_BUNDLE, open_bundle
from model.cores import usable_cores
from serve.client import Client, Reply
from serve.soakload import PATH, quotes_body
from serve.started import Started, resident_mb, started_server
from serve.workload import CORPUS, draw_workload, read_texts

_SHARES = (0.5, 0.8, 1.0, 1.5, 2.0, 3.0)  # of the sustainable rate
_CLIENTS = 16  # who measure the sustainable rate, each with one request at a time
_SETTLE = 1.0  # seconds between two steps
_SINGLES = 200  # requests one after the other, before and after
_OK, _BUSY = 200, 503


@dataclass(frozen=True, slots=True)
class Step:
    """One rate that was offered for some seconds; rates in requests a second, latencies in ms.

    served, refused: answered with 200 and with 503. failed: requests, neither. without_retry_after: refusals that did
    not say when to ask again. late_p99: how much later than due the client sent. client_share: of its cores' time that
    the client took; near 1 it is the client that can't keep up.
    """

    share: float
    offered: float
    served: float
    refused: float
    failed: int
    without_retry_after: int
    p50: float | None
    p99: float | None
    refused_p99: float | None
    late_p99: float | None
    client_share: float
    resident_mb: float | None


@dataclass(frozen=True, slots=True)
class Overload:
    """Sustainable: the rate in which 16 clients are answered, each waiting for its answer. before, after: ms a request.

    kept: what was served at the highest offer over the best of all.
    """

    quotes: int
    sustainable: float
    steps: tuple[Step, ...]
    kept: float
    before: float
    after: float

    def tables(self) -> list[Table]:
        """Return the figures for people."""
        names = [name.replace("_", " ") for name in Step.__dataclass_fields__]
        table = Table(*names, title=f"requests of {self.quotes} quotes; sustainable {self.sustainable:.0f}/s")
        for step in self.steps:
            table.add_row(*("-" if value is None else f"{value:.4g}" for value in asdict(step).values()))
        rest = Table("", "value")
        rest.add_row("served at the highest offer, of the best", f"{self.kept:.1%}")
        rest.add_row("median before and right after, ms", f"{self.before:.2f}, {self.after:.2f}")
        return [table, rest]


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each step.")] = 10,
    quotes: Annotated[int, typer.Option(min=1, help="Of each request.")] = 1,
    bundle: Annotated[Path, typer.Option(help="Folder of the bundle.")] = DEFAULT_BUNDLE,
    out: Annotated[Path | None, typer.Option(help="File for the figures as JSON.")] = None,
) -> None:
    """Offer a server of its own up to three times what it can do."""
    texts = [quote.text for quote in draw_workload(read_texts(CORPUS), open_bundle(bundle), 2000).quotes]
    overload = measure_overload(bundle, texts, seconds=seconds, quotes=quotes)
    if out is not None:
        out.write_text(json.dumps(asdict(overload), indent=2))
    Console().print(*overload.tables())


def measure_overload(
    bundle: Path, texts: Sequence[str], *, seconds: float, quotes: int = 1, shares: Sequence[float] = _SHARES
) -> Overload:
    """Start a server, find the rate that it sustains, and offer it shares of that. Raises DetenteError."""
    bodies = _bodies(texts, quotes)
    with _apart() as step_aside, started_server(bundle) as server:
        step_aside()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_measure(server, bodies, seconds, quotes, shares))


@contextmanager
def _apart() -> Iterator[Callable[[], None]]:
    """Leave all cores but one to what is started within, and take that one when the function that is yielded says so.

    Three times what a server can do is work for its client too, which would be taken from the server. Where there is
    one core, or the system assigns none, both share what there is.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    if len(cores) < 2:  # noqa: PLR2004
        yield lambda: None
        return
    os.sched_setaffinity(0, cores[:-1])
    try:
        yield lambda: os.sched_setaffinity(0, cores[-1:])
    finally:
        os.sched_setaffinity(0, cores)


def _bodies(texts: Sequence[str], quotes: int) -> list[bytes]:
    """Return requests of so many quotes; every text comes in its turn."""
    count = max(1, len(texts) // quotes)
    return [quotes_body([texts[(place * quotes + i) % len(texts)] for i in range(quotes)]) for place in range(count)]


async def _measure(
    server: Started, bodies: Sequence[bytes], seconds: float, quotes: int, shares: Sequence[float]
) -> Overload:
    async with Client("127.0.0.1", server.port) as client:
        await _one_by_one(client, bodies)  # warms connections and caches
        before = await _one_by_one(client, bodies)
        sustainable = await _closed(client, bodies, seconds)
        steps = []
        for share in shares:
            steps.append(await _offered(client, server, bodies, sustainable, share=share, seconds=seconds))
            if share != shares[-1]:
                await asyncio.sleep(_SETTLE)
        after = await _one_by_one(client, bodies)
    best = max(sustainable, *(step.served for step in steps))
    return Overload(quotes, sustainable, tuple(steps), steps[-1].served / best, before, after)


async def _one_by_one(client: Client, bodies: Sequence[bytes]) -> float:
    return 1000 * median([(await client.ask(PATH, bodies[i % len(bodies)])).seconds for i in range(_SINGLES)])


async def _closed(client: Client, bodies: Sequence[bytes], seconds: float) -> float:
    """Return the rate of clients that each wait for their answer."""
    until, served = time.perf_counter() + seconds, list[int]()

    async def work(place: int) -> None:
        while time.perf_counter() < until:
            place += _CLIENTS
            reply = await client.ask(PATH, bodies[place % len(bodies)])
            served.append(reply.status)

    started = time.perf_counter()
    await asyncio.gather(*(work(place) for place in range(_CLIENTS)))
    return served.count(_OK) / (time.perf_counter() - started)


async def _offered(
    client: Client, server: Started, bodies: Sequence[bytes], sustainable: float, *, share: float, seconds: float
) -> Step:
    rate = sustainable * share
    draw, started, spent = random.Random(0), time.perf_counter(), time.process_time()
    outcomes: list[tuple[float, Reply | None]] = []
    late, asked, resident = list[float](), set[asyncio.Task[None]](), list[float]()

    async def ask(due: float, body: bytes) -> None:
        try:
            reply = await client.ask(PATH, body)
        except OSError:
            reply = None
        outcomes.append((1000 * (time.perf_counter() - due), reply))

    due = started
    while (due := due + draw.expovariate(rate)) < started + seconds:
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        late.append(1000 * (time.perf_counter() - due))
        task = asyncio.create_task(ask(due, bodies[len(late) % len(bodies)]))
        asked.add(task)
        task.add_done_callback(asked.discard)
        if len(late) % 100 == 0:
            resident.append(resident_mb(server.pid) or 0)
    spent = time.process_time() - spent
    in_time = list(outcomes)  # what comes after the last arrival belongs to no rate
    await asyncio.gather(*asked)
    served = [latency for latency, reply in outcomes if reply is not None and reply.status == _OK]
    refused = [(latency, reply) for latency, reply in outcomes if reply is not None and reply.status == _BUSY]
    return Step(
        share=share,
        offered=len(late) / seconds,
        served=_count(in_time, _OK) / seconds,
        refused=_count(in_time, _BUSY) / seconds,
        failed=len(outcomes) - len(served) - len(refused),
        without_retry_after=sum("retry-after" not in reply.headers for _, reply in refused),
        p50=_percentile(served, 50),
        p99=_percentile(served, 99),
        refused_p99=_percentile([latency for latency, _ in refused], 99),
        late_p99=_percentile(late, 99),
        client_share=spent / (seconds * usable_cores()),
        resident_mb=max(resident, default=0) or None,
    )


def _count(outcomes: Sequence[tuple[float, Reply | None]], status: int) -> int:
    return sum(reply is not None and reply.status == status for _, reply in outcomes)


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None


if __name__ == "__main__":
    typer.run(main)
