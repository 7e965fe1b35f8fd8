"""The whole way: a user's labelled quotes, trained, exported, served by a real server, asked over HTTP."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from model.bundle import DEFAULT_BUNDLE
from model.predictor import Predictor
from model.quote import Quote


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"content-type": "application/json"} if data else {}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def served(tiny_bundle):
    port = free_port()
    command = [sys.executable, "-m", "detente", "serve", "--port", str(port), "--bundle", str(tiny_bundle.path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(300):
        try:
            ask(port, "/readyz")
            break
        except OSError:
            time.sleep(0.1)
    yield port, server
    server.kill()
    server.wait()
    if server.stdout:
        server.stdout.close()


def test_labelled_quotes_become_a_served_stance(served, tiny_bundle):
    """The server answers with the very bits that the new bundle gives in process."""
    port, _ = served
    quotes = ["We welcome the offer.", "They are liars.", "The talks begin at noon."]
    results = ask(port, "/v1/stance", {"quotes": [{"text": text} for text in quotes]})["results"]
    with Predictor(tiny_bundle) as predictor:
        expected = [dict(answer.probabilities) for answer in predictor.predict(map(Quote, quotes))]
    assert [result["probabilities"] for result in results] == expected


def test_server_ends_when_told(served):
    """On SIGTERM it stops within a few seconds, and its log holds no quote."""
    port, server = served
    ask(port, "/predict", {"inputs": "confidential words"})
    server.send_signal(signal.SIGTERM)
    log = server.communicate(timeout=15)[0].decode()
    assert "Traceback" not in log
    assert "confidential" not in log


def test_shipped_bundle_reads_plain_quotes(root):
    """The bundle in model/default fits in 25 MB and gets the clear cases of the golden file right."""
    size = sum(path.stat().st_size for path in DEFAULT_BUNDLE.rglob("*") if path.is_file())
    assert size <= 25_000_000
    rows = [json.loads(line) for line in (root / "tests" / "golden.jsonl").read_text().splitlines()]
    command = [sys.executable, "-m", "detente", "predict", "--json", *(row["text"] for row in rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    found = [json.loads(line)["label"] for line in done.stdout.splitlines()]
    assert found == [row["label"] for row in rows]
