"""The dashboard and the rules for Prometheus ask for metrics that the server has, with labels that these have."""

import json
import re
from dataclasses import replace

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from model.reference import LENGTH_EDGES, Reference
from model.stance import STANCES, Prediction
from serve.drift import FLOOR, LEAST
from serve.metrics import Metrics

_KEYWORDS = {"by", "on", "and", "or", "ignoring", "without", "group_left", "group_right", "unless", "bool", "offset"}
_PROMETHEUS_ADDS = {"job", "instance"}
_GROUPING = r"\b(?:by|on|group_left)\s*\(([^()]*)\)"


@pytest.fixture(scope="module")
def exposed(default_bundle):
    """Return the labels of each series that a server tells, by its name; pid is there with several processes."""
    metrics = Metrics()
    shares = Reference(
        labels=dict.fromkeys(STANCES, 1 / 3), edges=LENGTH_EDGES, lengths=(1.0, *[0.0] * len(LENGTH_EDGES))
    )
    metrics.model(
        replace(default_bundle, manifest=default_bundle.manifest.model_copy(update={"reference": shares}))
    )  # fmt: skip
    metrics.answered("GET", None, 404, 0.1)
    for _ in range(LEAST):
        metrics.predicted(30, Prediction("hostile", {}, False, 1))
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels, {"pid"} & {"pid"})
    return labels


@pytest.fixture(scope="module")
def dashboard(root):
    return json.loads((root / "deploy" / "grafana" / "dashboard.json").read_text())


@pytest.fixture(scope="module")
def rules(root):
    groups = yaml.safe_load((root / "deploy" / "prometheus" / "rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]
