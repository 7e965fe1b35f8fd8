"""Kubernetes and systemd, with the settings of Ray: all fits the settings and routes that there are."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from pydantic import ValidationError

from serve.app import create_app
from serve.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
OBJECTS = {
    each["kind"]: each
    for each in (yaml.safe_load(path.read_text()) for path in sorted(KUBERNETES.glob("*.yaml")))
}  # fmt: skip
TEMPLATE = OBJECTS["Deployment"]["spec"]["template"]
POD = TEMPLATE["spec"]
CONTAINER = POD["containers"][0]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BYTES = {"Mi": 2**20, "Gi": 2**30, "M": 2**20, "G": 2**30}  # Kubernetes' suffixes, and systemd's
RESIDENT = 260_000_000  # of a server with the bundles that ship


def unit() -> dict[str, list[str]]:
    lines = (ROOT / "deploy" / "systemd" / "detente.service").read_text().splitlines()
    found: dict[str, list[str]] = {}
    for name, given, value in (line.partition("=") for line in lines):
        if given and not name.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def environments() -> dict[str, dict[str, str]]:
    ray = yaml.safe_load((ROOT / "deploy" / "ray" / "serve.yaml").read_text())
    return {
        "kubernetes": {each["name"]: each["value"] for each in CONTAINER["env"]},
        "systemd": dict(each.split("=", 1) for line in unit()["Environment"] for each in line.split()),
        "ray": ray["applications"][0]["runtime_env"]["env_vars"],
    }


def settings_of(place: str) -> Settings:
    given = {
        name.removeprefix(PREFIX).lower(): value for name, value in environments()[place].items() if PREFIX in name
    }
    assert given.keys() <= Settings.model_fields.keys()
    return Settings(**given)  # type: ignore[arg-type]


def size(text: str) -> int:
    number, suffix = re.fullmatch(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * BYTES[suffix]


@pytest.mark.parametrize("place", environments())
def test_what_is_set_can_be_set(place):
    """Each DETENTE_ name is a setting with a value that it takes; requests have ended before draining ends."""
    settings = settings_of(place)
    assert settings.request_seconds <= settings.drain_seconds


@pytest.mark.parametrize("place", ["systemd", "ray"])
def test_nothing_is_reported(place):
    """The runtime of the model is told to keep to itself; in Kubernetes the image says so."""
    assert environments()[place]["ORT_DISABLE_TELEMETRY"] == "1"


def test_objects_are_applied_together():
    """The kustomization has every manifest but that of an operator which may be missing; its image is this version."""
    kustomization = OBJECTS["Kustomization"]
    files = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml", "servicemonitor.yaml"}
    assert set(kustomization["resources"]) == files
    (tag,) = kustomization["images"]
    assert (tag["name"], tag["newTag"]) == (CONTAINER["image"], PROJECT["project"]["version"])


def test_selectors_find_the_pods():
    """Everything that looks for pods, or for what owns them, finds these."""
    labels = TEMPLATE["metadata"]["labels"]
    spread = [each["labelSelector"] for each in POD["topologySpreadConstraints"]]
    owners = [OBJECTS[kind]["spec"]["selector"] for kind in ("Deployment", "PodDisruptionBudget")]
    for selector in [*owners, *spread, OBJECTS["NetworkPolicy"]["spec"]["podSelector"]]:
        assert selector["matchLabels"].items() <= labels.items()
    assert OBJECTS["Service"]["spec"]["selector"].items() <= labels.items()
    monitored = OBJECTS["ServiceMonitor"]["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= OBJECTS["Service"]["metadata"]["labels"].items()
    target = OBJECTS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", OBJECTS["Deployment"]["metadata"]["name"])
    assert "replicas" not in OBJECTS["Deployment"]["spec"]
    assert POD["serviceAccountName"] == OBJECTS["ServiceAccount"]["metadata"]["name"]


def test_ports_are_the_servers():
    """Whatever leads to the server leads to the port that it listens on."""
    (port,) = CONTAINER["ports"]
    assert port["containerPort"] == settings_of("kubernetes").port
    (service,) = OBJECTS["Service"]["spec"]["ports"]
    (rule,) = OBJECTS["NetworkPolicy"]["spec"]["ingress"]
    (endpoint,) = OBJECTS["ServiceMonitor"]["spec"]["endpoints"]
    probes = [CONTAINER[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "liveness", "readiness")]
    assert {service["targetPort"], rule["ports"][0]["port"], *probes} == {port["name"]}
    assert endpoint["port"] == service["name"]


def test_probes_need_no_key():
    """Health is told to everybody, and a restart does not hang on readiness; figures want the key of the monitor."""
    asked = {kind: CONTAINER[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    client = TestClient(create_app(Settings(keys=f"probe:{'0' * 64}")))  # it does not start: its model is not open yet
    status = {kind: client.get(path).status_code for kind, path in asked.items()}
    assert status == {"startup": 200, "liveness": 200, "readiness": 503}
    (endpoint,) = OBJECTS["ServiceMonitor"]["spec"]["endpoints"]
    assert client.get(endpoint["path"]).status_code == 401
    assert endpoint["authorization"]["type"] == "Bearer"


def test_links_of_services_would_break_settings(monkeypatch):
    """Kubernetes would put the address of a service named detente where the port is read, unless told not to."""
    monkeypatch.setenv("DETENTE_PORT", "tcp://10.0.0.1:80")
    with pytest.raises(ValidationError):
        Settings()
    assert POD["enableServiceLinks"] is False


def test_ending_has_time_enough():
    """Kubernetes, systemd wait for longer than the server drains."""
    settings, probe = settings_of("kubernetes"), CONTAINER["readinessProbe"]
    assert POD["terminationGracePeriodSeconds"] > settings.unready_seconds + settings.drain_seconds
    assert settings.unready_seconds >= probe["periodSeconds"] * probe["failureThreshold"]
    settings = settings_of("systemd")
    assert int(unit()["TimeoutStopSec"][0]) > settings.unready_seconds + settings.drain_seconds


@pytest.mark.parametrize(
    ("place", "limit"),
    [("kubernetes", CONTAINER["resources"]["limits"]["memory"]), ("systemd", unit()["MemoryMax"][0])],
)
def test_memory_suffices(place, limit):
    """A second model while the bundle is opened anew, and bodies four times as large once they are read."""
    assert size(limit) > 2 * RESIDENT + 4 * settings_of(place).max_buffered_bytes


def test_pods_may_do_nothing_but_serve():
    """No root, no writing but to /tmp, no capability, no token, no way out of the pod."""
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["automountServiceAccountToken"] is OBJECTS["ServiceAccount"]["automountServiceAccountToken"] is False
    policy = OBJECTS["NetworkPolicy"]["spec"]
    assert (policy["egress"], sorted(policy["policyTypes"])) == ([], ["Egress", "Ingress"])
    mounts = {each["name"]: each for each in CONTAINER["volumeMounts"]}
    volumes = {each["name"]: each for each in POD["volumes"]}
    assert mounts["tmp"]["mountPath"] == "/tmp"  # noqa: S108, it is the container's
    assert "emptyDir" in volumes["tmp"]
    assert str(settings_of("kubernetes").keys_file).startswith(f"{mounts['keys']['mountPath']}/")
    assert mounts["keys"]["readOnly"] is True
    assert "secret" in volumes["keys"]


def test_unit_is_confined():
    """A user that lasts as long as the process, a file system that can't be written, keys that only the unit sees."""
    found = unit()
    for name in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "ProtectHome", "MemoryDenyWriteExecute"):
        assert found[name] == ["yes"], name
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    assert found["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert found["LoadCredential"][0].startswith("keys:")
    assert environments()["systemd"]["DETENTE_KEYS_FILE"] == "%d/keys"
    assert int(found["LimitNOFILE"][0]) > 2 * settings_of("systemd").max_connections


def test_unit_knows_how_the_server_ends():
    """Both ways of being ended count as success, a crash leads to a restart, a wrong setting doesn't."""
    found = unit()
    assert found["SuccessExitStatus"] == ["130 143"]
    assert (found["Restart"], found["RestartPreventExitStatus"]) == (["on-failure"], ["2"])
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_unit_is_read_by_systemd(tmp_path):
    """Each line of the unit is known to systemd, which calls what it may do little."""
    path = tmp_path / "detente.service"
    text = (ROOT / "deploy" / "systemd" / "detente.service").read_text()
    path.write_text(re.sub("ExecStart=.*", "ExecStart=/bin/true", text))
    environment = {**os.environ, "SYSTEMD_PAGER": ""}
    for command in (["verify"], ["security", "--offline=yes", "--threshold=20"]):
        done = subprocess.run(
            ["systemd-analyze", *command, path], env=environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0
        assert path.name not in done.stderr
