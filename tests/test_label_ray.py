"""`detente label --engine ray`: two workers of a small cluster, one killed in the middle; going on; what is told."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from model.device import Device
from serve.labelling.faults import LabelError
from serve.labelling.kinds import Format, Kind
from serve.labelling.options import Options
from serve.labelling.provenance import versions
from serve.labelling.raterays import workers
from serve.labelling.rayworker import Worker
from serve.labelling.shards import Shard
from serve.labelling.stage import task_of
from tests.labelled import SAYINGS, StopAfter, relabel, write_csv, write_jsonl

ROOT = Path(__file__).parent.parent
SECONDS = 90  # for anything to happen, on a slow machine too
FEW = Options(shard_rows=16)
TEXTS = [f"{SAYINGS[n % 4]} Number {n}." for n in range(400)] + [""]

# The cluster lives until its standard input ends.
DRIVER = """
import sys
from pathlib import Path
import ray
from serve.labelling.raycluster import start
start(Path(sys.argv[1]), 2)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
"""

Started = Callable[..., "subprocess.Popen[str]"]


def started(given: Path, out: Path, *more: str, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "detente", "label", str(given), str(out), "--engine", "ray", *more]
    mine = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return subprocess.Popen(
        command, env={**mine, **environment}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """Return the exit code and the lines on standard error, but for Ray's own about workers that died."""
    printed, told = process.communicate(timeout=SECONDS)
    assert printed == ""
    return process.returncode, [line for line in told.splitlines() if "(raylet)" not in line]


def wait_for(true: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + SECONDS
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as name:  # its sockets want short names
        yield Path(name)


@pytest.fixture(scope="module")
def label(home: Path) -> Iterator[Started]:
    """Start labelling on a cluster that is there: Ray finds its token in the folder that it was started with."""
    with (home / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        text=True,
    ) as driver:  # fmt: skip
        assert driver.stdin is not None
        assert driver.stdout is not None
        address = driver.stdout.readline().strip()
        assert address, (home / "log").read_text()

        def start(given: Path, out: Path, *more: str) -> "subprocess.Popen[str]":
            return started(
                given, out, "--shard-rows", "16", *more, HOME=str(home), RAY_ADDRESS=address, RAY_AUTH_MODE="token"
            )

        try:
            yield start
            driver.stdin.close()
            assert driver.wait(SECONDS) == 0
        finally:
            driver.kill()


def receipts(out: Path) -> int:
    return len(list(out.with_name(f"{out.name}.parts").glob("*/*.json")))


def test_a_killed_worker_loses_nothing(label, home, predictor, tmp_path):
    """Two workers label a folder, one is killed in the middle: bytes and counts are those of one machine."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_jsonl(tmp_path / "in" / "a.jsonl", [{"text": text} for text in TEXTS])
    write_csv(tmp_path / "in" / "deep" / "b.csv", [["n", "text"], *([str(n), text] for n, text in enumerate(TEXTS))])
    process = label(tmp_path / "in", tmp_path / "ray")
    wait_for(lambda: receipts(tmp_path / "ray") > 3, process)
    before = workers(home)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(set(workers(home)) - set(before)) == 1, process)
    code, told = ended(process)
    assert (code, len(told)) == (0, 2)
    assert told[0].startswith(f"{tmp_path / 'ray'}: 802 rows: ")
    counts = relabel(predictor, tmp_path / "in", tmp_path / "local", FEW)
    for name in ("a.jsonl", "deep/b.csv"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    facts = json.loads((tmp_path / "ray.provenance.json").read_bytes())
    # Without a file of answers that all share, what comes again is read again.
    assert facts["counts"] == {**json.loads(counts.model_dump_json()), "read": 800}
    assert not (tmp_path / "ray.parts").exists()


def test_either_engine_goes_on_with_the_others_run(label, predictor, tmp_path):
    """Begun on one machine, gone on with on a cluster, stopped by Ctrl-C, ended on one machine: the same bytes."""
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in TEXTS])
    out = tmp_path / "out.jsonl"
    with pytest.raises(StopAfter):
        relabel(predictor, given, out, FEW, shards=2)
    process = label(given, out, "--resume")
    wait_for(lambda: receipts(out) > 6, process)
    process.send_signal(signal.SIGINT)
    code, told = ended(process)
    assert (code, len(told)) == (130, 1)
    assert re.search(
        r"stopped: \d+ of about \d+ rows are labelled and kept in .*; --resume goes on from there", told[0]
    )
    kept = receipts(out)
    assert 6 < kept < len(TEXTS) // 16
    relabel(predictor, given, out, FEW, resume=True)
    assert json.loads((tmp_path / "out.jsonl.provenance.json").read_bytes())["sittings"] == 3
    relabel(predictor, given, tmp_path / "whole.jsonl", FEW)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_workers_that_always_die_end_the_run(label, home, tmp_path):
    """After the third death at the same rows nobody tries again; what to do is told in a line."""
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in TEXTS])
    process = label(given, tmp_path / "out.jsonl")
    until = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < until:
        for worker in workers(home):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        time.sleep(0.02)
    code, told = ended(process)
    assert (code, len(told)) == (1, 1)
    assert re.search(r"3 workers died (at them|while they opened the bundle); see whether .* --resume", told[0])


def test_a_bundle_that_workers_do_not_see_is_told(label, default_bundle, tmp_path):
    """What a worker says about its machine is the error of the run, in one line; the run can be gone on with."""
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in TEXTS])
    bundle = shutil.copytree(default_bundle.path, tmp_path / "bundle")
    process = label(given, tmp_path / "out.jsonl", "--bundle", str(bundle))
    wait_for((tmp_path / "out.jsonl.parts" / "run.json").exists, process)
    shutil.rmtree(bundle)  # before a worker has begun, which takes a second
    code, told = ended(process)
    assert (code, len(told)) == (1, 1)
    assert f": a worker can't begin: {bundle}: no such folder" in told[0]
    assert (tmp_path / "out.jsonl.parts").exists()


def test_without_a_cluster_this_machine_is_one(predictor, tmp_path):
    """A Ray of its own is started and ended: nothing but the result is told or left, not even in the home."""
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in TEXTS[:40]])
    (tmp_path / "home").mkdir()
    with tempfile.TemporaryDirectory(prefix="ray-") as temporary:
        code, told = ended(started(given, tmp_path / "o.jsonl", HOME=str(tmp_path / "home"), TMPDIR=temporary))
        assert (code, len(told)) == (0, 1), told
        assert list(Path(temporary).iterdir()) == list((tmp_path / "home").iterdir()) == []
    relabel(predictor, given, tmp_path / "local.jsonl")
    assert (tmp_path / "o.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()


def test_what_a_worker_lacks_is_told(default_bundle, tmp_path):
    """A bundle, a work folder or a version that a worker's machine does not have is named, with the way out."""
    task = task_of(default_bundle, Options(), Device.CPU)
    gone = replace(task, bundle=tmp_path / "gone")
    with pytest.raises(LabelError, match=r"a worker can't begin: .*gone: no such folder"):
        Worker(gone, tmp_path, versions()).open()
    with pytest.raises(LabelError, match="another version of numpy: install the same on all machines"):
        Worker(task, tmp_path, {**versions(), "numpy": "0"}).open()
    worker = Worker(task, tmp_path / "out.parts", versions())
    worker.open()
    shard = Shard(0, 0, 1, 1, ("text",), Kind(Format.JSONL), Kind(Format.JSONL), b'{"text": "We thank them."}\n')
    with pytest.raises(LabelError, match=r"out.parts is not on this machine: OUT and the bundle must lie where"):
        worker.label(shard)
    (tmp_path / "out.parts").mkdir()
    assert worker.label(shard).counts.rows == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("-", "--engine", "ray"), "--engine ray is for files"),
        (("out.jsonl", "--engine", "ray", "--device", "auto"), "--engine ray wants --device cpu or cuda"),
        (("out.jsonl", "--engine", "spark"), "'spark' is not one of"),
    ],
)
def test_wrong_use_is_told(tmp_path, monkeypatch, capsys, more, message):
    """Before Ray is asked for anything."""
    import detente

    write_jsonl(tmp_path / "in.jsonl", [{"text": "x"}])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["detente", "label", "in.jsonl", *more])
    with pytest.raises(SystemExit) as stopped:
        detente.main()
    assert stopped.value.code == 2
    assert message in " ".join(capsys.readouterr().err.replace("\u2502", "").split())


def test_missing_ray_is_told(tmp_path, monkeypatch, capsys):
    """Without the extra the error names it, and nothing is begun."""
    import detente

    given = write_jsonl(tmp_path / "in.jsonl", [{"text": "x"}])
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr("sys.argv", ["detente", "label", str(given), str(tmp_path / "o.jsonl"), "--engine", "ray"])
    with pytest.raises(SystemExit) as stopped:
        detente.main()
    assert stopped.value.code == 1
    assert "ray is not installed; --engine ray needs the extra `cluster`: pip install" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
