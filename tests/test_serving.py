"""The commands that serve and measure, as processes of their own."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask_until_ready(port):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/stance",
        json.dumps({"quotes": [{"text": "We agree."}]}).encode(),
        {"content-type": "application/json"},
    )
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not become ready")


def test_bench_measures_and_keeps_its_report(tmp_path, tiny_bundle):
    """A short offline run: figures as JSON on standard output and in the folder, LoadGen's logs beside them."""
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"We met on day {i}.\n" for i in range(100)))
    command = [sys.executable, "-m", "detente", "bench", str(texts), "--bundle", str(tiny_bundle.path), "--json"]
    short = ["--scenario", "offline", "--seconds", "0.5", "--out", str(tmp_path / "out")]
    done = subprocess.run([*command, *short], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert [each["scenario"] for each in report["runs"]] == ["offline"]
    assert json.loads((tmp_path / "out" / "bench.json").read_bytes()) == report
    assert (tmp_path / "out" / "loadgen" / "offline" / "mlperf_log_summary.txt").exists()


def test_processes_share_a_port(tiny_bundle):
    """With two workers the port answers, and Ctrl-C ends both."""
    port = free_port()
    command = [sys.executable, "-m", "detente", "serve", "--port", str(port), "--workers", "2", "--bundle"]
    server = subprocess.Popen([*command, str(tiny_bundle.path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        answer = ask_until_ready(port)
        assert answer["model"]["digest"] == tiny_bundle.digest
    finally:
        server.send_signal(signal.SIGINT)
        log = server.communicate(timeout=60)[1].decode()
    assert log.count("Application startup complete") == 2
    assert "Traceback" not in log
