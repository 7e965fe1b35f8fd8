"""Several processes: what each has counted is summed, whoever is asked, and what a dead one was doing is forgotten."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from serve.metrics import Metrics, prepare_processes, process_gone

CHILD = """
import sys
from dataclasses import replace
from model.bundle import DEFAULT_BUNDLE, open_bundle
from model.reference import LENGTH_EDGES, Reference
from model.stance import STANCES, Prediction
from serve.metrics import Metrics

shares = Reference(labels=dict.fromkeys(STANCES, 1 / 3), edges=LENGTH_EDGES, lengths=[1, *[0] * len(LENGTH_EDGES)])
bundle = open_bundle(DEFAULT_BUNDLE)
metrics = Metrics()
metrics.model(replace(bundle, manifest=bundle.manifest.model_copy(update={"reference": shares})))
metrics.request_started()
metrics.waiting(3)
metrics.rejected("overloaded")
metrics.answered("POST", "/v1/stance", 200, 0.003)
for _ in range(300):
    metrics.predicted(30, Prediction("hostile", {}, False, 1))
if sys.argv[1] == "swap":
    metrics.model(replace(bundle, digest="f" * 64))
print("counted", flush=True)
sys.stdin.readline()
body, _ = metrics.render("application/openmetrics-text; version=1.0.0")
sys.stdout.buffer.write(body)
"""


@pytest.fixture
def folder(monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # so that it is as before afterwards
    folder = prepare_processes()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(folder, root):  # noqa: ARG001, the folder that they are to find in their environment
    """Start processes that count and then wait for a line."""
    with ExitStack() as stack:

        def start(then):
            child = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", CHILD, then], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
                )
            )
            assert child.stdout is not None
            assert child.stdout.readline() == b"counted\n"
            return child

        yield start


def lines(body):
    return set(body.decode().splitlines())


def test_one_process_tells_of_all(start, default_bundle):
    """Counters, histograms and gauges are summed; drift is of the sum, of which neither process has enough."""
    one, other = start("stay"), start("stay")
    found = lines(one.communicate(b"\n")[0])
    assert {
        'stance_predictions_total{label="hostile"} 600.0',
        'stance_rejected_total{reason="overloaded"} 2.0',
        'stance_rejected_total{reason="deadline"} 0.0',
        'http_server_request_duration_seconds_bucket{le="0.005",method="POST",route="/v1/stance",status="200"} 2.0',
        'stance_quote_characters_bucket{le="40.0"} 600.0',
        'stance_drift_observed_total{bin="40.0",of="lengths"} 600.0',
        "http_server_active_requests 2.0",
        "stance_queue_size 6.0",
        f'stance_model_info{{digest="{default_bundle.digest}",name="minilm"}} 1.0',
    } <= found
    assert sum(line.startswith("stance_drift_psi{") for line in found) == 2
    memory = [line for line in found if line.startswith("process_resident_memory_bytes{")]
    assert len(memory) == 2
    assert {f'{{pid="{child.pid}"}}' in str(memory) for child in (one, other)} == {True}
    other.communicate(b"\n")


def test_parent_tells_of_its_children(start):
    """It counts nothing itself, and needs no bundle."""
    child = start("stay")
    found = lines(Metrics().render()[0])
    assert 'stance_predictions_total{label="hostile"} 300.0' in found
    assert not any(f'pid="{os.getpid()}"' in line for line in found)
    child.communicate(b"\n")


def test_dead_processes_leave_their_counts(start):
    """A rate must not fall because a process has died; but nothing waits in it any more."""
    dead, alive = start("stay"), start("stay")
    dead.kill()
    dead.wait()
    process_gone(dead.pid)
    found = lines(Metrics().render()[0])
    assert 'stance_predictions_total{label="hostile"} 600.0' in found
    assert {"stance_queue_size 3.0", "http_server_active_requests 1.0"} <= found
    assert not any(f'pid="{dead.pid}"' in line for line in found)
    assert any(f'pid="{alive.pid}"' in line for line in found)
    alive.communicate(b"\n")


def test_unfinished_swaps_are_seen(start, default_bundle):
    """While one process still answers with the old bundle, both are told; afterwards only the new one."""
    old, new = start("stay"), start("swap")
    infos = {line for line in lines(Metrics().render()[0]) if line.startswith("stance_model_info{")}
    after = f'stance_model_info{{digest="{"f" * 64}",name="minilm"}} 1.0'
    assert infos == {after, f'stance_model_info{{digest="{default_bundle.digest}",name="minilm"}} 1.0'}
    old.communicate(b"\n")
    process_gone(old.pid)
    assert {line for line in lines(Metrics().render()[0]) if line.startswith("stance_model_info{")} == {after}
    new.communicate(b"\n")


def test_starting_processes_do_not_disturb(folder):
    """A file that its process has made and not yet filled is passed over."""
    (folder / "counter_1.db").touch()
    (folder / "gauge_livesum_1.db").touch()
    body, _ = Metrics().render()
    assert b"stance_drift_observed_total" in body


def test_folder_is_fresh(folder, monkeypatch):
    """Counts of an earlier run are not gone on with."""
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(folder)
    another = prepare_processes()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    assert another != folder
    assert list(Path(another).iterdir()) == []
    another.rmdir()
