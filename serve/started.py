"""A server started as a process of its own, to be measured."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from model.errors import DetenteError
from serve.settings import PREFIX

_PATIENCE = 60  # seconds for the server to become ready
_OK = 200


@dataclass(frozen=True, slots=True)
class Started:
    """A server that is ready: its process, its port on this machine, and the seconds from its start until then."""

    pid: int
    port: int
    seconds: float

    @property
    def url(self) -> str:
        """The address to ask at."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def started_server(bundle: Path, **settings: str) -> Iterator[Started]:
    """Start `detente serve` with settings, by their names, and end it. Raises DetenteError when it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = ("--host", "127.0.0.1", "--port", str(port))
    command = [sys.executable, "-m", "detente", "serve", *address, "--bundle", str(bundle)]
    environment = {**os.environ, **{f"{PREFIX}{name.upper()}": value for name, value in settings.items()}}
    started = time.perf_counter()
    server = subprocess.Popen(  # noqa: S603, our own
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _ready(port):
            if server.poll() is not None or time.perf_counter() - started > _PATIENCE:
                raise DetenteError(f"the server did not become ready: `detente serve --bundle {bundle}` says why")
            time.sleep(0.01)
        yield Started(server.pid, port, time.perf_counter() - started)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == _OK
    except OSError:
        return False
    finally:
        connection.close()


def resident_mb(pid: int) -> float | None:
    """Return the resident memory of a process in MB of 2^20 bytes; None where /proc does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
