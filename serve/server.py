"""One process that serves: starts, drains, reloads and ends as signals say."""

import asyncio
import functools
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from types import FrameType

import uvicorn

from model.errors import DetenteError
from serve.app import create_app
from serve.engine import Models
from serve.logs import get_logger
from serve.service import Phase, Service
from serve.settings import Settings
from serve.shedding import SheddingProtocol

_log = get_logger()

FAILED = 3
"""Exit code of a process that could not start; another one would fail in the same way."""

_LAST_SECONDS = 1  # for requests that were cut off to be told so
_BACKLOG = 2048
_OTHER_FILES = 64  # beside connections


class Server(uvicorn.Server):
    """Uvicorn's server, but that the socket stays open while it drains, and that SIGHUP reloads the model.

    The first SIGTERM or Ctrl-C drains, after a while of being unready where one is set: requests in flight are
    answered, new ones get 503. The second ends at once.
    """

    def __init__(self, settings: Settings, opened: Models | None = None, parent: int | None = None) -> None:
        app = create_app(settings, opened)
        self.service: Service = app.state.service
        self.service.on_failure = self._fail
        self.signal: int | None = None  # the one that ended it
        self.cut_off = 0  # requests
        self._parent = parent
        self._since = 0.0  # when it was told to end
        protocol = functools.partial(SheddingProtocol, self.service)
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,  # type: ignore[arg-type]
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # anybody on this machine could say to be somebody else
                timeout_keep_alive=settings.keep_alive_seconds,  # type: ignore[arg-type]
                timeout_graceful_shutdown=_LAST_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and listen to SIGHUP."""
        allow_files(self.service.settings.max_connections)
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002, uvicorn's signature
        """Drain; the second time end at once, whatever is being done."""
        if sig == signal.SIGINT and self._parent is not None:
            return  # Ctrl-C reaches all processes of a terminal: the parent says what comes of it
        if self.signal is not None:
            sys.stderr.flush()
            os._exit(128 + sig)
        self.signal = sig
        self._leave()

    async def on_tick(self, counter: int) -> bool:
        """Tell, ten times a second, whether it is time to end."""
        if self._parent is not None and os.getppid() != self._parent and not self._since:
            _log.warning("the parent process is gone")
            self._leave()
        return await super().on_tick(counter) or self._drained()

    def _leave(self) -> None:
        self._since = time.monotonic()
        if self.service.settings.unready_seconds:
            self.service.leave()
        else:
            self.service.drain()

    def _drained(self) -> bool:
        if not self._since:
            return False
        settings, passed = self.service.settings, time.monotonic() - self._since
        if passed < settings.unready_seconds:
            return False
        self.service.drain()
        left = len(self.server_state.tasks)
        if left and passed < settings.unready_seconds + settings.drain_seconds:
            return False
        self.cut_off = left
        if left:
            self._closing = asyncio.ensure_future(self.service.close())  # who still waits is told so
        _log.info("drained", seconds=round(passed, 1), cut_off=left)
        return True

    def _fail(self) -> None:
        self.should_exit = True

    def _reload(self) -> None:
        self._reloading = asyncio.ensure_future(self._reload_or_say_why())

    async def _reload_or_say_why(self) -> None:
        if self.service.phase is not Phase.READY:
            return
        try:
            await self.service.reload()
        except DetenteError:
            return  # the service has logged why


def allow_files(connections: int) -> None:
    """Raise the limit of open files to what so many connections need, as far as the system lets a process."""
    try:
        import resource  # noqa: PLC0415, there is none on Windows, nor a limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Connections that are refused are accepted first, as many as wait at once.
    wanted = connections + _BACKLOG + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    if soft != resource.RLIM_INFINITY and soft < connections + _OTHER_FILES:
        _log.warning("too few open files for max_connections: raise ulimit -n", files=soft, max_connections=connections)


def listen(settings: Settings) -> socket.socket:
    """Return the socket of the address that is set. Raises DetenteError when it can't be had."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        place = f"{settings.host}, port {settings.port}"
        raise DetenteError(f"{place}: {error.strerror or error}; name another with --host or --port") from error


def url_of(listening: socket.socket) -> str:
    """Return the address to ask at."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve_here(settings: Settings, opened: Models, listening: socket.socket) -> int:
    """Serve in this process until a signal ends it, and return the exit code: 130 after Ctrl-C."""
    server = Server(settings, opened)
    _log.info("serving", url=url_of(listening), processes=1)
    server.run([listening])
    if server.signal == signal.SIGINT:
        return 128 + server.signal
    return 1 if server.cut_off else 0
