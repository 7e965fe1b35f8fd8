"""Several processes on one port: one is replaced when it dies, all reload and end together, figures are sums."""

import os
import re
import shutil
import signal
import time
from pathlib import Path

from serve.keys import new_key

QUOTE = {"quotes": [{"text": "We agree."}]}


def children(server):
    return [
        int(pid) for pid in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    ]


def serving_pids(server):
    """Return the workers, without multiprocessing's own helper."""
    return [pid for pid in children(server) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def count(server, **headers):
    text = server.ask("/metrics", **headers)[2]
    return sum(float(value) for value in re.findall(r"^stance_predictions_total\S* (\S+)", text, re.MULTILINE))


def test_figures_are_of_all_processes(serving):
    """Whichever process is asked, it tells the sum over all; what a dead one had counted stays."""
    server = serving("--workers", "2").ready()
    server.until(lambda: len(serving_pids(server)) == 2)
    time.sleep(1)
    for _ in range(40):
        assert server.ask("/v1/stance", QUOTE)[0] == 200
    assert {count(server) for _ in range(10)} == {40}
    before = serving_pids(server)
    os.kill(before[0], signal.SIGKILL)
    server.until(lambda: len(set(serving_pids(server)) - set(before)) == 1)
    server.ready()
    server.until(lambda: count(server) == 40)
    assert "a process died" in server.log
    assert server.end() == 0


def test_one_reload_is_for_all(serving, default_bundle, tmp_path, rename):
    """An admin asks one process; soon every answer comes from the new bundle."""
    folder = shutil.copytree(default_bundle.path, tmp_path / "bundle")
    token, line = new_key("ops", admin=True, rate=None)
    server = serving("--workers", "2", bundle=str(folder), keys=line).ready()
    rename(folder, "second")
    assert server.ask("/v1/model/reload", {}, x_api_key=token)[2]["name"] == "second"
    server.until(
        lambda: {server.ask("/v1/stance", QUOTE, x_api_key=token)[2]["model"]["name"] for _ in range(20)} == {"second"}
    )


def test_all_end_together(serving):
    """Ctrl-C ends them with 130, SIGTERM with 0, a second signal at once; nothing is left behind."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 0)):
        server = serving("--workers", "2").ready()
        server.until(lambda server=server: len(serving_pids(server)) == 2)
        pids = serving_pids(server)
        assert server.end(number) == code
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        assert "Traceback" not in server.log


def test_orphans_end(serving):
    """When the parent is killed its processes drain and go."""
    server = serving("--workers", "2").ready()
    server.until(lambda: len(serving_pids(server)) == 2)
    pids = serving_pids(server)
    server.end(signal.SIGKILL)
    for _ in range(200):
        if not [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
            return
        time.sleep(0.05)
    raise AssertionError("processes are left")
