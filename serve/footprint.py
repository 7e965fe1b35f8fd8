"""A server as a process: time to ready, memory under requests, its rate and latency over HTTP."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import median

import numpy as np
from rich.table import Table

from model.bundle import Bundle
from model.cores import usable_cores
from model.errors import DetenteError
from model.quote import Quote
from serve.started import resident_mb, started_server
from serve.subjects import HttpSubject, InProcess, Subject

_CLIENTS = 16
_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is asked: requests before each reading of the memory, single quotes a latency, quotes of a bulk."""

    first: int = 1_000
    last: int = 10_000
    singles: int = 500
    bulk: int = 1_000


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory in MB, None off Linux; rates in quotes a second, medians over segments in turn; latencies in ms.

    A request holds one quote. http_rate: by 16 clients that keep their connections, http_share: over the rate in
    process, both asked in turns. client_share: of the cores' time during HTTP segments that the clients took.
    p99_ms: one client alone; p99_beside_bulk_ms: while another sends requests of `bulk` quotes.
    """

    seconds_to_ready: float
    resident_mb: float | None
    requests: tuple[int, int]
    resident_after_mb: tuple[float | None, float | None]
    clients: int
    http_rate: float
    in_process_rate: float
    http_share: float
    client_share: float
    bulk: int
    p99_ms: float
    p99_beside_bulk_ms: float
    bulk_ratio: float

    def table(self) -> Table:
        """Return the figures for people."""
        table = Table("server process", "value")
        for name, value in asdict(self).items():
            values = value if isinstance(value, tuple) else (value,)
            table.add_row(name.replace("_", " "), ", ".join(_shown(one) for one in values))
        return table


def measure_footprint(
    bundle: Bundle, quotes: Sequence[Quote], effort: Effort = Effort(), note: Callable[[str], None] = lambda _: None
) -> Footprint:
    """Start a server of the bundle and measure it. Raises DetenteError when it fails to start or to answer a quote."""
    note("starting a server")
    with (
        started_server(bundle.path) as started,
        HttpSubject(started.url, bundle) as server,
        InProcess(bundle) as ours,
    ):
        resident = resident_mb(started.pid)
        note(f"{effort.last:,} requests")
        _ask(server, quotes, effort.first, _CLIENTS)
        after_first = resident_mb(started.pid)
        turns = _turns(server, ours, quotes, (effort.last - effort.first) // _SEGMENTS)
        after_last = resident_mb(started.pid)
        note("one client, idle and beside bulk requests")
        idle = _p99(server, quotes, effort.singles)
        with _bulk(started.url, bundle, [quotes[i % len(quotes)] for i in range(effort.bulk)]):
            beside = _p99(server, quotes, effort.singles)
    return Footprint(
        seconds_to_ready=started.seconds,
        resident_mb=resident,
        requests=(effort.first, effort.last),
        resident_after_mb=(after_first, after_last),
        clients=_CLIENTS,
        http_rate=turns.http,
        in_process_rate=turns.in_process,
        http_share=turns.share,
        client_share=turns.client_share,
        bulk=effort.bulk,
        p99_ms=idle,
        p99_beside_bulk_ms=beside,
        bulk_ratio=beside / idle,
    )


@dataclass(frozen=True, slots=True)
class _Turns:
    http: float
    in_process: float
    share: float
    client_share: float


def _turns(server: Subject, ours: InProcess, quotes: Sequence[Quote], size: int) -> _Turns:
    """Ask the server and the predictor in turns; return medians."""
    https, in_processes, clients = list[float](), list[float](), list[float]()
    for _ in range(_SEGMENTS):
        spent = time.process_time()
        seconds = _ask(server, quotes, size, _CLIENTS)
        clients.append((time.process_time() - spent) / (seconds * usable_cores()))
        https.append(size / seconds)
        in_processes.append(size / _ask(ours, quotes, size, ours.threads))
    shares = [over / within for over, within in zip(https, in_processes, strict=True)]
    return _Turns(median(https), median(in_processes), median(shares), median(clients))


def _ask(subject: Subject, quotes: Sequence[Quote], count: int, clients: int) -> float:
    """Ask `count` quotes one at a time by so many threads and return the seconds it took."""

    def work(client: int) -> None:
        for number in range(client, count, clients):
            subject.answer([quotes[number % len(quotes)]])

    with ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        list(pool.map(work, range(clients)))
        return time.perf_counter() - started


def _p99(subject: Subject, quotes: Sequence[Quote], count: int) -> float:
    """Return the 99th percentile, in ms, of single quotes asked one after the other."""
    times = list[float]()
    for number in range(count):
        started = time.perf_counter()
        subject.answer([quotes[number % len(quotes)]])
        times.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(times, 99))


@contextmanager
def _bulk(url: str, bundle: Bundle, quotes: Sequence[Quote]) -> Iterator[None]:
    """Send requests of all quotes, one after the other, until the block ends; by a process of its own.

    Within this one, reading a long answer would hold up the client whose latency is measured.
    """
    context = get_context("spawn")
    begun, done = context.Event(), context.Event()
    sender = context.Process(target=_send, args=(url, bundle, quotes, begun, done))
    sender.start()
    try:
        while not begun.wait(0.1) and sender.is_alive():
            pass
        yield
    finally:
        done.set()
        sender.join()
    if sender.exitcode:
        raise DetenteError(f"{url}: a request of {len(quotes):,} quotes failed, as told above")


def _send(url: str, bundle: Bundle, quotes: Sequence[Quote], begun: Event, done: Event) -> None:
    with HttpSubject(url, bundle) as server:
        while not done.is_set():
            begun.set()
            server.answer(quotes)


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
