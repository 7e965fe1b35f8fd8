"""The server as replicas on Ray: a small cluster in a process of its own, asked over HTTP."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.quote import Quote
from serve.articleschemas import EXAMPLE
from serve.keys import new_key
from serve.schemas import QUOTE_EXAMPLES

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "deploy" / "ray" / "serve.yaml"
SECONDS = 90  # for anything to happen, on a slow machine too
REPLICAS = 2

# What `serve run` does, in a cluster that is no larger than needed; it ends with its standard input.
DRIVER = """
import sys
import ray
from ray import serve
from ray.serve.scripts import cli
ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", _temp_dir=sys.argv[1],
         _metrics_export_port=int(sys.argv[2]), _system_config={"metrics_report_interval_ms": 1000})
cli(["run", "--non-blocking", sys.argv[3]], standalone_mode=False)
sys.stdin.read()
serve.delete("detente")
serve.shutdown()
ray.shutdown()
"""


@dataclass(frozen=True)
class Cluster:
    """A cluster that serves: its driver, its ports, a key that it knows and how many quotes each request had so far."""

    driver: subprocess.Popen[bytes]
    port: int
    exporter: int
    key: str
    asked: list[int] = field(default_factory=list)

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> tuple[int, str, bytes]:
        headers = {"content-type": "application/json", "authorization": f"Bearer {key or self.key}"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)) as connection:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.headers["content-type"], answer.read()

    def is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def end(self) -> int:
        """Tell the driver to end, and return its exit code."""
        assert self.driver.stdin is not None
        self.driver.stdin.close()
        return self.driver.wait(SECONDS)

    def figures(self, name: str) -> dict[str, float]:
        """Return the sum of the samples of a name, by replica."""
        with closing(HTTPConnection("127.0.0.1", self.exporter, timeout=SECONDS)) as connection:
            connection.request("GET", "/metrics")
            told = connection.getresponse().read().decode()
        found: dict[str, float] = {}
        for line in told.splitlines():
            if line.startswith(f"{name}{{"):
                replica = re.search(r'replica="(\w+)"', line)
                assert replica is not None
                found[replica[1]] = found.get(replica[1], 0) + float(line.rpartition(" ")[2])
        return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + SECONDS
    while not ready():
        assert time.monotonic() < until, f"no {what} within {SECONDS} s"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    port, exporter = free_ports(2)
    token, line = new_key("tests", admin=True)
    # Not pytest's folder: the names of sockets in it must be short.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        (home / "keys").write_text(line)
        # Or Ray would ask the addresses at which clouds tell a machine that it is theirs.
        (home / "ray_bootstrap_config.yaml").write_text("cluster_name: tests\nprovider: {type: local}\n")
        config = yaml.safe_load(CONFIG.read_text())
        config["http_options"]["port"] = port
        config["applications"][0]["args"] |= {"min_replicas": REPLICAS, "max_replicas": REPLICAS, "cpus": 1}
        config["applications"][0]["runtime_env"]["env_vars"]["DETENTE_KEYS_FILE"] = str(home / "keys")
        (home / "serve.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-c", DRIVER, f"{name}/ray", str(exporter), str(home / "serve.yaml")]
        environment = {**os.environ, "HOME": name, "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
        with (home / "log").open("w") as log, subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log
        ) as driver:  # fmt: skip
            cluster = Cluster(driver, port, exporter, token)

            def ready() -> bool:
                assert driver.poll() is None, (home / "log").read_text()[-5000:]
                return cluster.is_ready()

            try:
                wait_for(ready, "answer")
                yield cluster
                assert cluster.end() == 0
            finally:
                driver.kill()


def stance(cluster: Cluster, quotes: list[dict[str, str]]) -> dict[str, Any]:
    status, kind, body = cluster.ask("POST", "/v1/stance", {"quotes": quotes})
    assert (status, kind) == (200, "application/json")
    cluster.asked.append(len(quotes))
    answer: dict[str, Any] = json.loads(body)
    return answer


def run(code: str, **environment: str) -> str:
    """Run code in an interpreter of its own, in which warnings of Ray are none of our errors."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("DETENTE_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=given | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    return done.stdout + done.stderr


def test_answers_are_the_predictors(cluster, predictor):
    """Every replica gives the labels, probabilities and tone of the predictor, bit for bit, in the same shape."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: stance(cluster, list(QUOTE_EXAMPLES)), range(48)))
    results = []
    for given in QUOTE_EXAMPLES:
        told = predictor.predict_one(Quote(given["text"], given.get("carrier")))
        results.append({"id": given["id"], **asdict(told), "tone": told.tone})
    model = {"name": "minilm", "digest": predictor.bundle.digest, "deterministic": True}
    assert all(answer == {"model": model, "results": results} for answer in answers)


def test_articles_are_read(cluster):
    """By whichever replica is asked."""
    status, kind, body = cluster.ask("POST", "/v1/article", {"text": EXAMPLE})
    answer = json.loads(body)
    assert (status, kind, answer["pointer"]["kind"]) == (200, "application/json", "model")
    assert [quote["speakers"][0]["name"] for quote in answer["quotes"]] == ["Ana Brandt", "Ana Brandt", "Miles Okafor"]
    cluster.asked.append(len(answer["quotes"]) + sum(len(each["quotes"]) > 1 for each in answer["utterances"]))


def test_health_is_told_to_everybody(cluster):
    """Probes need no key."""
    for path in ("/livez", "/readyz"):
        assert cluster.ask("GET", path, key="none")[0] == 200


@pytest.mark.parametrize(
    ("asked", "key", "expected"),
    [
        (("POST", "/v1/stance", {"quotes": []}), None, (422, "invalid_request")),
        (("POST", "/v1/stance", {"quotes": [{"text": "x"}]}), "none", (401, "unauthorized")),
        (("GET", "/nothing"), None, (404, "not_found")),
        (("POST", "/v1/model/reload"), None, (404, "not_on_ray")),
        (("GET", "/metrics"), None, (404, "not_on_ray")),
    ],
)
def test_refusals_are_problems(cluster, asked, key, expected):
    """Errors are those of the server; what would be of one replica only is refused in their shape."""
    status, kind, problem = cluster.ask(*asked, key=key)
    assert kind == "application/problem+json"
    assert (status, json.loads(problem)["code"]) == expected


def test_ray_tells_the_figures_of_all_replicas(cluster):
    """What each replica counts reaches Ray's exporter under the replica's name, and adds up to what was asked."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: stance(cluster, [{"text": "a provocation"}] * 5), range(48)))

    def told() -> bool:
        counts = cluster.figures("ray_stance_predictions_total").values()
        return len(counts) == REPLICAS and min(counts) > 0 and sum(counts) == sum(cluster.asked)

    wait_for(told, "sum")


def test_what_is_in_flight_is_answered(cluster):
    """A replica that has to go answers first; then the cluster ends."""
    long = {"text": "They broke the agreement and we shall not forget it. " * 1500}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(stance, cluster, [long])
        time.sleep(1)
        assert not asked.done()
        assert cluster.end() == 0
        (result,) = asked.result()["results"]
    assert result["windows"] > 1
    assert not cluster.is_ready()


def test_a_cluster_is_not_open_by_accident():
    """Without keys nothing is deployed, unless somebody said so."""
    code = "from serve.ray_app import Scale, build; print(build(Scale()).__class__.__name__)"
    assert "DetenteError: who can reach Ray's proxies is not known here: set DETENTE_KEYS" in run(code)
    assert run(code, DETENTE_INSECURE="true") == "Application\n"


def test_replicas_have_a_thread_a_core():
    """What Ray reserves for a replica says how many texts it reads at once, whatever the machine has."""
    code = """
import ray
from unittest.mock import Mock
from serve.ray_app import Replica
ray.get_runtime_context = Mock()
ray.get_runtime_context().get_assigned_resources.return_value = {"CPU": 2.5}
print(Replica({"port": 1})._settings.predictor_threads)
"""
    assert run(code, DETENTE_WORKERS="7") == "3\n"


def test_missing_ray_is_told():
    """Without the extra, the error names it."""
    told = run("import sys; sys.modules['ray'] = None; import serve.ray_app")
    assert "DetenteError: ray is not installed; replicas on a cluster need `pip install" in told
    assert "'.[cluster]'" in told
