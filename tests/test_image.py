"""The container image, as far as it shows without building it: who runs what, what goes in, how it tells its health."""

import json
import shlex
import subprocess
import sys
import threading
import tomllib
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from model.bundle import DEFAULT_BUNDLE
from serve.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def image() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, those of all stages."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in whole.split("\n") if line)]


def last_stage() -> dict[str, str]:
    instructions = image()
    start = max(place for place, (name, _) in enumerate(instructions) if name == "FROM")
    return dict(instructions[start:])


def environment() -> dict[str, str]:
    return dict(each.split("=", 1) for each in shlex.split(last_stage()["ENV"]))


def settings() -> Settings:
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environment().items() if PREFIX in name}
    assert given.keys() <= Settings.model_fields.keys()
    return Settings(**given)  # type: ignore[arg-type]


def test_image_runs_the_server_as_nobody():
    """The process gets signals itself, is the same user as in Kubernetes, and listens beyond the container."""
    stage = last_stage()
    assert json.loads(stage["ENTRYPOINT"]) == ["detente", "serve"]
    assert stage["STOPSIGNAL"] == "SIGTERM"
    pod = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    user, group = stage["USER"].split(":")
    context = pod["securityContext"]
    assert (int(user), int(group)) == (context["runAsUser"], context["runAsGroup"])
    assert int(user) > 0
    assert settings().host == "0.0.0.0"  # noqa: S104, of the container
    (port,) = pod["containers"][0]["ports"]
    assert int(stage["EXPOSE"]) == settings().port == port["containerPort"]


def test_image_installs_what_was_tested():
    """Serving dependencies in the versions of constraints.txt, on the Python that the project asks for."""
    (install,) = (rest for name, rest in image() if name == "RUN" and " install " in rest)
    assert install.endswith("install --constraint constraints.txt .")
    assert f"PYTHON={PROJECT['project']['requires-python'].removeprefix('>=')}" in dict(image())["ARG"]


def test_image_gets_what_the_project_consists_of():
    """Docker is handed the sources that are packaged, all of the bundle, and nothing else of the work tree."""
    setup = PROJECT["tool"]["setuptools"]
    packaged = {
        *(name.partition(".")[0] for name in setup["packages"]),
        *(f"{name}.py" for name in setup["py-modules"]),
    }
    described = {
        PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"],
        "pyproject.toml",
        "constraints.txt",
    }
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == packaged | described
    files = [path.relative_to(DEFAULT_BUNDLE.parent).as_posix() for path in DEFAULT_BUNDLE.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert all(any(fnmatch(file, pattern) for pattern in setup["package-data"]["model"]) for file in files)
    ignored = [line for line in lines[1:] if not line.startswith("!")]
    assert not any(fnmatch(f"model/{file}", pattern.removeprefix("**/")) for file in files for pattern in ignored)


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (None, False)])
def test_image_tells_its_health(status, healthy):
    """The health check succeeds when /livez answers 200, and fails for another status and when nobody answers."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    command = json.loads(last_stage()["HEALTHCHECK"].partition("CMD ")[2])
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.timeout = 30
        port = server.server_address[1]
        thread = threading.Thread(target=server.handle_request)
        if status is not None:
            thread.start()
        else:
            server.server_close()
        given = {"DETENTE_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
        done = subprocess.run([sys.executable, *command[1:]], env=given, capture_output=True, check=False)
        if status is not None:
            thread.join()
    assert (done.returncode == 0) is healthy
    assert asked == ([] if status is None else ["/livez"])


def test_image_keeps_to_itself():
    """The runtime of the model is told not to report, and nothing is written beside the code."""
    assert environment()["ORT_DISABLE_TELEMETRY"] == "1"
    assert environment()["PYTHONDONTWRITEBYTECODE"] == "1"
