"""Measures a bundle as it is served: rate in process and over HTTP, time to ready, memory, latency of one quote."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

from rich.table import Table

from model.bundle import TOKENIZER, Bundle
from model.cores import usable_cores
from model.encoding import encode, open_tokenizer
from model.errors import DetenteError, QuoteError
from model.predictor import Predictor
from model.quote import Quote, render

_BATCH = 50  # quotes a request
_CLIENTS = 4
_SINGLES = 300
_PATIENCE = 60  # seconds for the server to become ready


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; rates in quotes a second, latencies in milliseconds, memory in MB, times in seconds.

    busy: the machine's load average when the measurement began; over about 0.3 the figures are too low.
    """

    quotes: int
    mean_tokens: float
    cores: int
    busy: float
    in_process_rate: float
    http_rate: float
    http_p50_ms: float
    http_p99_ms: float
    seconds_to_ready: float
    resident_mb: float

    def table(self) -> Table:
        """Return the figures for people."""
        table = Table("figure", "value")
        for name, value in asdict(self).items():
            table.add_row(name.replace("_", " "), f"{value:,.1f}" if isinstance(value, float) else f"{value:,}")
        return table


def read_quotes(path: Path) -> list[Quote]:
    """Read distinct quotes from JSONL with `text` and `carrier`, or from lines of text. Raises DetenteError."""
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DetenteError(f"{path}: can't be read: {error}") from error
    quotes: dict[tuple[str, str | None], Quote] = {}
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line) if path.suffix == ".jsonl" else {"text": line}
            quote = Quote(row["text"], row.get("carrier"))
        except (ValueError, KeyError, TypeError, QuoteError) as error:
            raise DetenteError(f"{path}:{number}: is no quote: {error}") from error
        quotes[quote.text, quote.carrier] = quote
    if len(quotes) < _SINGLES:
        raise DetenteError(f"{path}: has {len(quotes)} distinct quotes, a measurement needs {_SINGLES} or more")
    return list(quotes.values())


def bench(bundle: Bundle, quotes: Sequence[Quote]) -> Report:
    """Measure on all quotes, each asked once a way; the HTTP client shares the machine with the server."""
    busy = os.getloadavg()[0]
    in_process = _in_process(bundle, quotes)
    with _server(bundle.path) as (server, port, ready):
        http = _over_http(port, quotes)
        latencies = sorted(_singles(port, quotes[:_SINGLES]))
        resident = _resident_mb(server.pid)
    return Report(
        quotes=len(quotes),
        mean_tokens=_tokens(bundle, quotes) / len(quotes),
        cores=usable_cores(),
        busy=busy,
        in_process_rate=in_process,
        http_rate=http,
        http_p50_ms=1000 * latencies[len(latencies) // 2],
        http_p99_ms=1000 * latencies[int(len(latencies) * 0.99)],
        seconds_to_ready=ready,
        resident_mb=resident,
    )


def _tokens(bundle: Bundle, quotes: Sequence[Quote]) -> int:
    tokenizer = open_tokenizer(bundle.read(TOKENIZER))
    encoded = (encode(tokenizer, render(quote), bundle.manifest.max_tokens) for quote in quotes)
    return sum(len(window.ids) for windows in encoded for window in windows)


def _in_process(bundle: Bundle, quotes: Sequence[Quote]) -> float:
    with Predictor(bundle) as predictor:
        predictor.predict(quotes[: 20 * predictor.workers])
        started = time.perf_counter()
        for _ in predictor.stream(quotes):
            pass
        return len(quotes) / (time.perf_counter() - started)


def _over_http(port: int, quotes: Sequence[Quote]) -> float:
    bodies = [_body(quotes[start : start + _BATCH]) for start in range(0, len(quotes), _BATCH)]
    with ThreadPoolExecutor(_CLIENTS) as clients:
        started = time.perf_counter()
        list(clients.map(lambda body: _post(port, body), bodies))
        return len(quotes) / (time.perf_counter() - started)


def _singles(port: int, quotes: Sequence[Quote]) -> Iterator[float]:
    for quote in quotes:
        body = _body([quote])
        started = time.perf_counter()
        _post(port, body)
        yield time.perf_counter() - started


def _body(quotes: Sequence[Quote]) -> bytes:
    return json.dumps({"quotes": [{"text": quote.text, "carrier": quote.carrier} for quote in quotes]}).encode()


def _post(port: int, body: bytes) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/stance", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    results = json.loads(answer.read())
    connection.close()
    if answer.status != 200 or any("error" in result for result in results["results"]):  # noqa: PLR2004
        raise DetenteError(f"the server did not answer every quote (status {answer.status}): nothing was measured")


@contextmanager
def _server(bundle: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Yield a server of its own process, its port, and the seconds from its start until it was ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = ("--host", "127.0.0.1", "--port", str(port))
    command = [sys.executable, "-m", "detente", "serve", *address, "--bundle", str(bundle)]
    started = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603, our own
    try:
        while not _ready(port):
            if server.poll() is not None or time.perf_counter() - started > _PATIENCE:
                raise DetenteError(f"the server did not become ready: `detente serve --bundle {bundle}` says why")
            time.sleep(0.01)
        yield server, port, time.perf_counter() - started
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except OSError:
        return False
    finally:
        connection.close()


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process, from /proc; NaN where there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return float("nan")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
