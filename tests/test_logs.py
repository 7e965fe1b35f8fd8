"""Logs: one line each, that programs can read, and that hold nobody's words."""

import asyncio
import contextlib
import io
import json
import logging
import sys
import threading
import warnings
from datetime import UTC, datetime

import pytest
import structlog
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from serve.logs import configure_logs, describe, get_logger
from serve.settings import Settings

WORDS = "we will bury them"
FORMATS = pytest.mark.parametrize("form", ["json", "console"])


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Logging is the process' own: every test gives it back."""
    loggers = [logging.getLogger(name) for name in (None, "uvicorn", "uvicorn.error", "uvicorn.access")]
    kept = [(logger, logger.handlers, logger.level, logger.propagate) for logger in loggers]
    for where, name in ((warnings, "showwarning"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(where, name, getattr(where, name))
    yield
    structlog.reset_defaults()
    for logger, handlers, level, propagate in kept:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@contextlib.contextmanager
def told(**settings):
    with contextlib.redirect_stderr(io.StringIO()) as stream:
        configure_logs(Settings(**settings))
        yield stream


def fail():
    quote = WORDS  # a local value
    try:
        dict[str, str]()[quote]
    except KeyError as error:
        raise ExceptionGroup(quote, [ValueError(quote), OSError(quote)]) from error


def failed():
    try:
        fail()
    except ExceptionGroup as error:
        error.add_note(WORDS)
        return error


def through_structlog():
    get_logger().error("failed", exc_info=failed())


def through_logging():
    try:
        fail()
    except ExceptionGroup:
        get_logger().exception("failed")
        logging.getLogger("somebody").exception("failed")


def through_uvicorn():
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=failed())


def through_a_thread():
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


class Failing:
    def __del__(self):
        fail()


WAYS = pytest.mark.parametrize("way", [through_structlog, through_logging, through_uvicorn, through_a_thread, Failing])


def test_lines_are_json_objects():
    """Time in UTC, level and event come first, then what the code and the request's context add."""
    with told() as stream, bound_contextvars(request_id="r1"):
        get_logger().info("reloaded", digest="abc", seconds=1.5)
    line = json.loads(stream.getvalue())
    assert list(line)[:3] == ["time", "level", "event"]
    time = datetime.fromisoformat(line.pop("time"))
    assert abs((time - datetime.now(UTC)).total_seconds()) < 60
    assert line == {"level": "info", "event": "reloaded", "digest": "abc", "seconds": 1.5, "request_id": "r1"}


@FORMATS
@given(text=st.text())
@example(text="\x7f\x1b[2J\x85\ud800\u2028")
def test_any_text_stays_in_its_line(form, text):
    """Newlines, control characters and halves of characters are escaped, and come back when JSON is read."""
    with told(log_format=form) as stream:
        get_logger().info("request", key=text)
        logging.getLogger("uvicorn.error").warning("said %s", text)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    if form == "json":
        assert json.loads(lines[0])["key"] == text
        assert json.loads(lines[1])["event"] == f"said {text}".strip()


def test_console_lines_are_readable():
    """Time, level, event, and fields with quotes where they need them."""
    with told(log_format="console") as stream:
        get_logger().info("request", method="GET", status=200, key="two words", quotes=None, texts=["a b"])
    assert (
        stream.getvalue()[25:]
        == "info     request method=GET status=200 key='two words' quotes=null texts='[\"a b\"]'\n"
    )


@FORMATS
@WAYS
def test_exceptions_are_told_without_words(way, form):
    """Types and frames of the whole chain are logged whatever way they come; words are not, unless asked for."""
    with told(log_format=form) as stream:
        way()
    text = stream.getvalue()
    assert WORDS not in text
    assert all(kind in text for kind in ("ExceptionGroup", "KeyError", "ValueError", "OSError"))
    assert f"{__file__}:" in text
    assert "in fail" in text
    assert form == "console" or all(json.loads(line)["raised"] for line in text.splitlines())
    with told(log_format=form, log_quotes=True) as stream:
        way()
    assert WORDS in stream.getvalue()


@pytest.mark.parametrize("texts", [True, False])
def test_lost_tasks_are_told_without_words(texts):
    """The event loop puts the exception of a task that nobody waited for, and arguments, into its messages."""

    async def lose():
        task = asyncio.create_task(asyncio.to_thread(fail))
        await asyncio.wait([task])
        loop = asyncio.get_running_loop()
        loop.call_soon(int, WORDS)
        await asyncio.sleep(0)

    with told(log_quotes=texts) as stream:
        asyncio.run(lose())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    lost = next(line for line in lines if "never retrieved" in line["event"])
    assert lost["raised"][0]["type"] == "ExceptionGroup"
    assert any(line["event"].startswith("Exception in callback") for line in lines)
    assert (WORDS in stream.getvalue()) == texts


@pytest.mark.parametrize("texts", [True, False])
def test_warnings_are_told(texts):
    """As a line with their kind and place; their text, in which libraries put values, only with log_quotes."""
    with warnings.catch_warnings(), told(log_quotes=texts) as stream:
        warnings.simplefilter("always")
        warnings.warn(WORDS, UserWarning, stacklevel=1)
    line = json.loads(stream.getvalue())
    assert (line["level"], line["type"], line["at"].rpartition(":")[0]) == ("warning", "UserWarning", __file__)
    assert (WORDS in stream.getvalue()) == texts


def test_uvicorn_goes_the_same_way():
    """Its loggers write our lines, once, its access log nothing; its own and a second set-up change nothing."""
    with told() as stream:
        configure_logs(Settings())
        uvicorn.Config("serve.app:create_app", log_config=None)
        logging.getLogger("uvicorn.error").info("Started %d", 5, extra={"color_message": "Started \x1b[36m%d"})
        logging.getLogger("uvicorn.access").info("GET /?q=%s", WORDS)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"], line["level"]) == ("Started 5", "uvicorn.error", "info")
    assert not logging.getLogger("uvicorn.access").hasHandlers()


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["ours debug", "ours info", "server info", "ours error", "library warning"]),
        ("info", ["ours info", "server info", "ours error", "library warning"]),
        ("error", ["ours error"]),
    ],
)
def test_levels_are_kept(level, expected):
    """Below the level nothing is written; of libraries no more than warnings."""
    with told(log_level=level) as stream:
        get_logger().debug("ours debug")
        get_logger().info("ours info")
        logging.getLogger("uvicorn.error").info("server info")
        get_logger().error("ours error")
        logging.getLogger("library").info("library info")
        logging.getLogger("library").warning("library warning")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == expected


def test_a_closed_log_stops_nothing():
    """When standard error is gone the server goes on."""
    with told() as stream:
        stream.close()
        get_logger().info("unheard")
        logging.getLogger("uvicorn.error").warning("unheard")


def test_wrong_records_are_told_without_words():
    """A record whose arguments don't fit is told as such; the logging module would print them."""
    with told() as stream:
        logging.getLogger("somebody").error("%d quotes", WORDS)
    line = json.loads(stream.getvalue())
    assert (line["logger"], line["raised"][0]["type"]) == ("somebody", "TypeError")
    assert WORDS not in stream.getvalue()


@FORMATS
def test_what_is_no_json_is_named(form, tmp_path):
    """Paths are written, other objects by their type: how they look might hold somebody's words."""
    with told(log_format=form) as stream:
        get_logger().info("opened", bundle=tmp_path, error=ValueError(WORDS))
    assert WORDS not in stream.getvalue()
    assert str(tmp_path) in stream.getvalue()
    assert "<ValueError>" in stream.getvalue()


def test_descriptions_are_bounded():
    """A recursion without end, a circle of causes and a very large group give descriptions that end."""

    def recurse():
        recurse()

    with pytest.raises(RecursionError) as deep:
        recurse()
    assert len(describe(deep.value)[0]["frames"]) == 50
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert [(one["type"], one.get("link")) for one in describe(first)] == [("ValueError", None), ("KeyError", "cause")]
    assert len(describe(ExceptionGroup("many", [ValueError() for _ in range(1000)]))) == 20
