"""A soak notices what goes wrong, counts what goes right, and leaves a server that stands alone."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from model.errors import DetenteError
from serve.client import Client
from serve.soak import soak_bundle, soak_url
from serve.soakload import Load
from serve.soakreport import Outcome, Sample, Soak, look
from serve.started import started_server

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at processes in /proc")

TEXTS = [f"We met on day {number} and agreed on nothing." for number in range(20)]
GOOD = {"single quotes": {Outcome.RIGHT: 10}}


def soak(resident, files=(20,), threads=(6,), **given):
    """A soak of a hundred samples; figures are repeated to fill it."""
    columns = [[values[i * len(values) // 100] for i in range(100)] for values in (resident, files, threads)]
    samples = [Sample(second, *each) for second, each in enumerate(zip(*columns, strict=True))]
    return Soak(1, samples, **{"counts": GOOD, "latencies": (1, 2), **given})


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (soak([100.0]), None),
        (soak([50.0, 100.0, 104.0, 104.0]), None),  # it takes its time to warm up
        (soak([100.0, 100.0, 300.0, 100.0]), None),  # a peak
        (soak([100.0, 100.0, 103.0, 106.0]), "memory grew: 100.0 MB"),
        (soak([100 + 0.2 * i for i in range(100)]), "memory grew"),
        (soak([100.0], files=[20] * 99 + [24]), None),
        (soak([100.0], files=[20, 40, 40, 25]), "files grew: 20 before the load, 25 after it"),
        (soak([100.0], threads=[6, 6, 6, 11]), "threads grew"),
        (soak([100.0, 900.0], died=True), "the server died"),
        (soak([100.0], counts={"a": {Outcome.WRONG: 2}, **GOOD}), "wrong: 2 of a"),
        (soak([100.0], counts={"a": {Outcome.FAILED: 1}, **GOOD}), "failed: 1 of a"),
        (soak([100.0], counts={"a": {Outcome.BUSY: 5}}), "no request was answered right"),
        (Soak(1, [], GOOD, (1, 2)), "not looked at"),
        (Soak(1, [], GOOD, (1, 2), watched=False), None),
    ],
)
def test_verdicts(found, fault):
    """Growth from the first quarter on, what stays open, death and wrong answers are faults; a peak is none."""
    faults = found.faults()
    if fault is None:
        assert faults == []
    else:
        assert len(faults) == 1
        assert fault in faults[0]
    assert found.tables()[0].row_count == len(found.counts)


def test_processes_are_looked_at():
    """Memory, files and threads of one that runs; nothing of one that has ended, asked for or not."""
    mine = look(os.getpid())
    assert mine is not None
    assert (mine.resident_mb > 10, mine.files > 2, mine.threads > 0) == (True, True, True)
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        ended.stdout.read()
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert look(ended.pid) is None
    assert look(ended.pid) is None


def test_a_server_that_stands(default_bundle):
    """All kinds of requests come to the right outcome while the bundle is exchanged; nothing stays open."""
    found = soak_bundle(default_bundle.path, TEXTS, 0.1)
    assert not found.died
    assert found.notes == []
    assert {"single quotes", "inference protocol", "bad requests", "broken off", "reloads"} <= set(found.counts)
    assert all(set(counts) <= {Outcome.RIGHT, Outcome.BUSY} for counts in found.counts.values()), found.counts
    assert not [fault for fault in found.faults() if not fault.startswith("memory")]  # seconds say nothing of that
    assert found.latencies[0] <= found.latencies[1]
    assert [table.row_count for table in found.tables()] == [len(found.counts), 3]


def test_a_server_that_dies(default_bundle):
    """It is noticed at once, not at the end."""
    with started_server(default_bundle.path) as server:
        killing = threading.Timer(1.5, os.kill, (server.pid, signal.SIGKILL))
        killing.start()
        found = soak_url(server.url, server.pid, TEXTS, 30)
        killing.join()
    assert found.died
    assert found.samples[-1].seconds < 60
    assert "the server died" in found.faults()


def test_wrong_answers_are_noticed(default_bundle):
    """An answer that differs in its last bit from what is expected is wrong, whichever way it was asked."""

    async def ask(server):
        right = {"label": "neutral", "probabilities": {"conciliatory": 0.0, "hostile": 0.0, "neutral": 1.0}}
        async with Client("127.0.0.1", server.port) as client:
            address = ("127.0.0.1", server.port)
            load = Load(client, address, dict.fromkeys(TEXTS, right), list(right["probabilities"]), "minilm")
            await load.run(2, None)
        return load.counts

    with started_server(default_bundle.path) as server:
        counts = asyncio.run(ask(server))
    for kind in ("single quotes", "bad quotes among good ones", "inference protocol"):
        assert set(counts[kind]) == {Outcome.WRONG}
    assert set(counts["bad requests"]) == {Outcome.RIGHT}


def test_the_command(default_bundle, tmp_path):
    """A server that runs can be asked; figures go to a file, and the exit code is the verdict."""
    out = tmp_path / "soak.json"
    with started_server(default_bundle.path) as server:
        command = [sys.executable, "-m", "serve.soak", "--url", server.url, "--minutes", "0.03", "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "stood" in done.stdout
    assert json.loads(out.read_text())["faults"] == []
    with pytest.raises(DetenteError, match="no address"):
        soak_url("localhost:8000", None, TEXTS, 1)
