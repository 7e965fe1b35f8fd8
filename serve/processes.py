"""Several processes that share one port: started, watched, told what the parent is told, and ended together."""

import os
import shutil
import signal
import socket
import time
from collections import deque
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from types import FrameType

from serve.logs import configure_logs, get_logger
from serve.metrics import prepare_processes, process_gone
from serve.server import FAILED, Server, url_of
from serve.settings import Settings

_log = get_logger()

_PATIENCE = 0.2  # seconds between two looks at the signals
_PAUSE = 1.0  # seconds before a process that died is followed by another


def serve_processes(settings: Settings, listening: socket.socket) -> int:
    """Serve in settings.workers processes until a signal ends them, and return the exit code: 130 after Ctrl-C."""
    metrics = prepare_processes()
    try:
        return _Parent(settings, listening).run()
    finally:
        shutil.rmtree(metrics, ignore_errors=True)


class _Parent:
    """Starts children and hands on signals; a child that dies is replaced, one that can't start ends all."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings, self._listening = settings, listening
        self._spawn = get_context("spawn")
        self._children: list[SpawnProcess] = []
        self._signals: deque[int] = deque()
        self._ending: int | None = None  # the signal that ends it
        self._exit = 0

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)
        _log.info("serving", url=url_of(self._listening), processes=self._settings.workers)
        self._start_missing()
        while self._children:
            connection.wait([child.sentinel for child in self._children], timeout=_PATIENCE)
            while self._signals:
                self._obey(self._signals.popleft())
            for child in [child for child in self._children if not child.is_alive()]:
                self._bury(child)
        return 128 + self._ending if self._ending == signal.SIGINT and not self._exit else self._exit

    def _note(self, number: int, _: FrameType | None) -> None:
        self._signals.append(number)

    def _obey(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._tell(signal.SIGHUP)
            return
        if self._ending is not None:
            self._exit = 128 + number
        self._ending = number
        self._tell(signal.SIGTERM)

    def _tell(self, number: int) -> None:
        for child in self._children:
            if child.is_alive() and child.pid is not None:
                os.kill(child.pid, number)

    def _bury(self, child: SpawnProcess) -> None:
        self._children.remove(child)
        process_gone(child.pid or 0)
        if child.exitcode == FAILED or self._ending is not None:
            code = child.exitcode or 0
            # SIGTERM itself ends a process that has not got as far as to handle it, and so has taken no request.
            self._exit = self._exit or (0 if code == -signal.SIGTERM else abs(code))
            if self._ending is None:
                self._ending = signal.SIGTERM
                self._tell(signal.SIGTERM)
            return
        _log.error("a process died", pid=child.pid, exit_code=child.exitcode)
        time.sleep(_PAUSE)
        self._start_missing()

    def _start_missing(self) -> None:
        while len(self._children) < self._settings.workers:
            child = self._spawn.Process(target=_serve, args=(self._settings, self._listening, os.getpid()))
            child.start()
            self._children.append(child)


def _serve(settings: Settings, listening: socket.socket, parent: int) -> None:
    """Serve in a child process until the parent says otherwise."""
    configure_logs(settings)
    server = Server(settings, parent=parent)
    # A reload that one process was asked for is for all of them.
    server.service.spread = lambda: os.kill(parent, signal.SIGHUP)
    server.run([listening])
    if server.service.failure is not None:
        raise SystemExit(FAILED)
    raise SystemExit(1 if server.cut_off else 0)
