"""Logs: one JSON object a line on standard error, without anybody's words unless they are asked for."""

import json
import logging
import re
import sys
import threading
import traceback
import warnings
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from serve.settings import Settings

_MOST_FRAMES = 50  # of one exception, the innermost: a recursion without end has thousands
_MOST_ERRORS = 20  # of a chain or group
_PLAIN = re.compile(r"[\w ,.'<>-]*")  # how the event loop begins its messages, before it shows values
_LEVEL_WIDTH = 8


def get_logger() -> FilteringBoundLogger:
    """Return a logger for a module to keep; `_log.info("bundle reloaded", digest=digest)` writes a line.

    The event is a constant in plain words, what varies goes into fields; `exc_info=error` tells where it was raised.
    """
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def configure_logs(settings: Settings) -> None:
    """Set up structlog, the loggers of other packages, warnings and failing threads; a command calls it, once.

    Comes before what keeps a bound logger, such as the application. uvicorn is to be told log_config=None.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    texts = settings.log_quotes
    chain: list[Processor] = [merge_contextvars, _Errors(messages=texts), _begin]
    watched = settings.log_format == "auto" and sys.stderr.isatty()
    render = _as_console if watched or settings.log_format == "console" else _as_json
    sink = _Sink()
    structlog.configure(
        processors=[*chain, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    meta = ProcessorFormatter.remove_processors_meta
    handler = _Handler(sink)
    handler.setFormatter(ProcessorFormatter(processors=[_Foreign(texts=texts), meta, *chain, render]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))  # what libraries tell below that is for their own developers
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(level)
    access = logging.getLogger("uvicorn.access")  # serve.observe tells of requests
    access.handlers, access.propagate = [], False
    _hook(texts=texts)


def describe(error: BaseException, *, messages: bool = False) -> list[dict[str, Any]]:
    """Return an exception, its causes and members as types and stack frames.

    Without messages and notes unless asked for, and never with local values: both may hold a quote.
    """
    described: list[dict[str, Any]] = []
    seen: set[int] = set()
    waiting: deque[tuple[BaseException, str | None]] = deque([(error, None)])
    while waiting and len(described) < _MOST_ERRORS:
        each, link = waiting.popleft()
        if id(each) in seen:
            continue
        seen.add(id(each))
        one: dict[str, Any] = {"type": _type_name(type(each)), "frames": _frames(each)}
        if link is not None:
            one["link"] = link
        if messages:
            one["message"] = "".join(traceback.format_exception_only(each)).strip()
        described.append(one)
        if each.__cause__ is not None:
            waiting.append((each.__cause__, "cause"))
        elif each.__context__ is not None and not each.__suppress_context__:
            waiting.append((each.__context__, "context"))
        if isinstance(each, BaseExceptionGroup):
            waiting.extend((member, "member") for member in each.exceptions)
    return described


def _frames(error: BaseException) -> list[str]:
    frames: deque[str] = deque(maxlen=_MOST_FRAMES)
    for frame, line in traceback.walk_tb(error.__traceback__):
        frames.append(f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}")
    return list(frames)


def _type_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


class _Errors:
    """Puts descriptions in the place of exceptions, so that no renderer sees one."""

    def __init__(self, *, messages: bool) -> None:
        self._messages = messages

    def __call__(self, _: WrappedLogger, __: str, fields: EventDict) -> EventDict:
        raised = fields.pop("exc_info", None)
        if raised is True:
            raised = sys.exc_info()
        if isinstance(raised, tuple):
            raised = raised[1]
        if isinstance(raised, BaseException):
            fields["raised"] = describe(raised, messages=self._messages)
        return fields


class _Foreign:
    """Names the logger of a record of the logging module, and takes values out of what the event loop tells."""

    def __init__(self, *, texts: bool) -> None:
        self._texts = texts

    def __call__(self, _: WrappedLogger, __: str, fields: EventDict) -> EventDict:
        name = fields["logger"] = fields["_record"].name
        event = fields["event"].strip()
        # asyncio writes a future with the exception in it, and a callback with its arguments.
        plain = _PLAIN.match(event) if name == "asyncio" and not self._texts else None
        fields["event"] = event if plain is None else plain[0].strip()
        return fields


def _begin(_: WrappedLogger, level: str, fields: EventDict) -> EventDict:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"time": f"{now[:-6]}Z", "level": level, "event": fields.pop("event"), **fields}


def _fallback(value: Any) -> str:
    """Name what is no JSON by its type: its text might show somebody's words."""
    return str(value) if isinstance(value, Path) else f"<{_type_name(type(value))}>"


_encode = json.JSONEncoder(default=_fallback).encode


def _as_json(_: WrappedLogger, __: str, fields: EventDict) -> str:
    return _encode(fields)  # in ASCII, with all control characters escaped


def _as_console(_: WrappedLogger, __: str, fields: EventDict) -> str:
    time, level, event = (fields.pop(name) for name in ("time", "level", "event"))
    errors = fields.pop("raised", ())
    line = f"{time} {level:{_LEVEL_WIDTH}} {_escaped(event)}"
    line += "".join(f" {name}={_shown(value)}" for name, value in fields.items())
    for error in errors:
        told = f"{error.get('link', 'raised')} {error.get('message', error['type'])}"
        line += "".join(f"\n    {_escaped(each)}" for each in (told, *error["frames"]))
    return line


def _shown(value: Any) -> str:
    if not isinstance(value, str):
        value = _encode(value)
    bare = value.isprintable() and not set(value) & set(" ='\"")
    return value if bare else repr(value)


def _escaped(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]


class _Sink:
    """Writes lines to standard error. A log that nobody reads any more must not fail requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Write one line, whole even when threads write at once."""
        try:
            with self._lock:
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()
        except (OSError, ValueError):
            pass

    debug = info = warning = error = critical = write


class _Handler(logging.Handler):
    """Writes records of the logging module to the same lines."""

    def __init__(self, sink: _Sink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or that it can't be read; the logging module would print its arguments."""
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001, it may come from any argument's own code
            get_logger().error("a log record that can't be written", logger=record.name, exc_info=error)
        else:
            self._sink.write(line)


def _hook(*, texts: bool) -> None:
    """Log warnings and exceptions that nobody caught; Python would print their messages."""

    def warned(message: Warning | str, kind: type[Warning], file: str, line: int, *_: Any) -> None:
        told = {"message": str(message)} if texts else {}
        get_logger().warning("warning", type=_type_name(kind), at=f"{file}:{line}", **told)

    def thread_failed(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_type is not SystemExit:
            name = None if failed.thread is None else failed.thread.name
            get_logger().error("a thread failed", thread=name, exc_info=failed.exc_value)

    def unraisable(failed: "sys.UnraisableHookArgs") -> None:
        get_logger().error("an exception that can't be raised", exc_info=failed.exc_value)

    warnings.showwarning = warned  # type: ignore[assignment]  # it is called by position
    threading.excepthook = thread_failed
    sys.unraisablehook = unraisable
