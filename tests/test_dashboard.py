"""The dashboard and the rules for Prometheus ask for what the server tells: metrics, labels and their values."""

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from model.reference import LENGTH_EDGES, Reference
from model.stance import STANCES, Prediction
from serve.drift import FLOOR, LEAST
from serve.metrics import Metrics

KEYWORDS = {"by", "on", "and", "or", "group_left"}
ADDED: dict[str, set[str]] = {
    "job": set(),
    "instance": set(),
    "pid": set(),
}  # by Prometheus; pid by the server that has several processes
GROUPING = r"\b(?:by|on|group_left)\s*\(([^()]*)\)"
MATCHER = r'(\w+)\s*[=!]~?\s*"([^"]*)"'


@pytest.fixture(scope="module")
def exposed(default_bundle):
    """Return the series that a server tells: by name, for each label its values."""
    metrics = Metrics()
    shares = Reference(
        labels=dict.fromkeys(STANCES, 1 / 3), edges=LENGTH_EDGES, lengths=(1.0, *[0.0] * len(LENGTH_EDGES))
    )
    manifest = default_bundle.manifest.model_copy(update={"reference": shares})
    metrics.model(replace(default_bundle, manifest=manifest))
    metrics.answered("GET", None, 500, 0.1)
    for _ in range(LEAST):
        metrics.predicted(30, Prediction("hostile", {}, False, 1))
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, dict(ADDED))
            for label, value in sample.labels.items():
                labels[label] = labels.get(label, set()) | {value}
    return found


@pytest.fixture(scope="module")
def dashboard(root):
    return json.loads((root / "deploy" / "grafana" / "dashboard.json").read_text())


@pytest.fixture(scope="module")
def rules(root):
    groups = yaml.safe_load((root / "deploy" / "prometheus" / "rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def targets(dashboard):
    return [target for panel in dashboard["panels"] for target in panel.get("targets", ())]


@pytest.fixture(scope="module")
def expressions(dashboard, rules, targets):
    annotations = [each["expr"] for each in dashboard["annotations"]["list"] if "expr" in each]
    return [*annotations, *(target["expr"] for target in targets), *(rule["expr"] for rule in rules)]


def metrics_of(expression):
    """Return the names of the metrics that a PromQL expression asks for."""
    plain = re.sub(r"\[[^\]]*\]|\{[^}]*\}", " ", re.sub(GROUPING, " ", expression))
    return set(re.findall(r"[A-Za-z_:][\w:]*(?![\w:]|\s*\()", plain)) - KEYWORDS


def test_expressions_are_read_right():
    """What the tests below look at."""
    expression = 'sum by (a, b) (rate(x_total{job="$job", c=~"d|e"}[5m])) / on (a) group_left clamp_min(y:z, 0.1) > 1'
    assert metrics_of(expression) == {"x_total", "y:z"}


def test_metrics_exist(expressions, rules, exposed):
    """Every one is told by the server or recorded by a rule, and nearly every one of the server's is asked for."""
    recorded = {rule["record"] for rule in rules if "record" in rule}
    asked = set().union(*map(metrics_of, expressions))
    assert asked <= set(exposed) | recorded
    told = {re.sub("_(bucket|sum|count)$", "", name) for name in exposed}
    left = {"process_virtual_memory_bytes", "process_start_time_seconds"}
    assert told - left == {re.sub("_(bucket|sum|count)$", "", name) for name in asked - recorded}


def test_labels_and_their_values_exist(expressions, exposed):
    """A metric is asked for labels that it has, and for values that the code gives them."""
    for expression in expressions:
        for name, matchers in re.findall(r"([\w:]+)\{([^}]*)\}", expression):
            for label, value in re.findall(MATCHER, matchers):
                assert label in exposed[name], expression
                assert label in ADDED or set(value.split("|")) <= exposed[name][label], expression


def test_groups_and_legends_are_labels(expressions, targets, exposed, rules):
    """What is grouped by, joined on or written beside a line."""
    known = set().union(*exposed.values())
    recorded = {rule["record"]: {"job", "of", "bin"} for rule in rules if "record" in rule}
    for expression in expressions:
        of_these = set().union(*({**exposed, **recorded}[name] for name in metrics_of(expression)))
        for group in re.findall(GROUPING, expression):
            assert set(re.findall(r"\w+", group)) <= of_these, expression
    for target in targets:
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known


def test_drift_of_a_window_is_the_servers(expressions):
    """The same floor and the same least number as in the index that the server tells."""
    windowed = [expression for expression in expressions if "ln(" in expression]
    assert len(windowed) == 2
    for expression in windowed:
        assert set(re.findall(r"clamp_min\(.*?, ([\d.]+)\)", expression, re.DOTALL)) == {str(FLOOR)}
        assert expression.rstrip().endswith(f">= {LEAST}")


def test_dashboard_can_be_imported_anywhere(dashboard):
    """Its data source is chosen where it is imported, panels have names and do not lie on each other."""
    variables = {each["name"]: each for each in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    panels = dashboard["panels"]
    assert max(Counter(panel["id"] for panel in panels).values()) == 1
    assert all(panel["title"] for panel in panels)
    for panel in panels:
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == panel["datasource"]["uid"] == "${datasource}"
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        apart = (one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]) or (
            one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        )
        assert apart
        assert one["x"] + one["w"] <= 24


def test_variables_are_declared(dashboard, targets):
    """What is written with a dollar is a variable of the dashboard, or Grafana's own."""
    declared = {each["name"] for each in dashboard["templating"]["list"]}
    used = {name for target in targets for name in re.findall(r"\$(\w+)", target["expr"])}
    assert {name for name in used if not name.startswith("__")} <= declared


def test_alerts_say_what_to_do(rules):
    """Each has a severity, a summary and a description."""
    alerts = [rule for rule in rules if "alert" in rule]
    assert len(alerts) >= 5
    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert set(alert["annotations"]) == {"summary", "description"}
