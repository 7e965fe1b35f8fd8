"""What the server counts: each event in its series, from 0 on, and no series that somebody else could add."""

import ast
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from model.reference import LENGTH_EDGES, Reference, count_lengths
from model.stance import STANCES, Prediction
from serve import metrics as module
from serve.drift import LEAST, psi
from serve.metrics import Metrics

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REFERENCE = Reference(
    labels=dict.fromkeys(STANCES, 1 / 3), edges=LENGTH_EDGES, lengths=(1.0, *[0.0] * len(LENGTH_EDGES))
)


def told(metrics):
    """Return the values of all series by their names with labels."""
    families = plain(metrics.render()[0].decode())
    return {
        each.name + json.dumps(each.labels, sort_keys=True): each.value
        for family in families
        for each in family.samples
    }


def value(metrics, name, /, **labels):
    return told(metrics)[name + json.dumps(labels, sort_keys=True)]


def answer(label, *, uncertain=False):
    return Prediction(label, {label: 1.0}, uncertain, 1)


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def bundle(default_bundle):
    """The default bundle with a reference."""
    return replace(default_bundle, manifest=default_bundle.manifest.model_copy(update={"reference": REFERENCE}))


def test_requests_are_timed_by_route(metrics):
    """Under method, template and status; faster ones than 5 ms are told apart."""
    metrics.answered("POST", "/v1/stance", 200, 0.002)
    metrics.answered("POST", "/v1/stance", 200, 0.004)
    labels = {"method": "POST", "route": "/v1/stance", "status": "200"}
    name = "http_server_request_duration_seconds"
    assert value(metrics, f"{name}_count", **labels) == 2
    assert value(metrics, f"{name}_sum", **labels) == pytest.approx(0.006)
    assert value(metrics, f"{name}_bucket", le="0.0025", **labels) == 1


@given(st.text() | st.sampled_from(METHODS))
def test_clients_can_not_add_series(method):
    """A method that HTTP does not have is another, and a path that nobody answers has no name."""
    metrics = Metrics()
    metrics.answered(method, None, 404, 0.1)
    labels = {"method": method if method in METHODS else "other", "route": "unmatched", "status": "404"}
    assert value(metrics, "http_server_request_duration_seconds_count", **labels) == 1


def test_gauges_go_up_and_down(metrics):
    """Requests in flight, and quotes that wait."""
    metrics.request_started()
    metrics.request_started()
    metrics.request_ended()
    metrics.waiting(5)
    metrics.waiting(-3)
    assert value(metrics, "http_server_active_requests") == 1
    assert value(metrics, "stance_queue_size") == 2


def test_batches_are_measured(metrics):
    """What was read at once, and how long tokens and model took; how long each quote waited."""
    metrics.batch(2, 70, 0.001, 0.02)
    metrics.queued(0.5)
    figures = {
        "batch_size": 2, "batch_tokens": 70, "tokenization_duration_seconds": 0.001,
        "inference_duration_seconds": 0.02, "queue_duration_seconds": 0.5,
    }  # fmt: skip
    for name, figure in figures.items():
        assert value(metrics, f"stance_{name}_count") == 1
        assert value(metrics, f"stance_{name}_sum") == figure


def test_articles_are_measured(metrics):
    """How many were read with how many quotes, and how long a step took."""
    metrics.article(17)
    metrics.article(0)
    metrics.stepped(0.25)
    assert value(metrics, "stance_article_quotes_count") == 2
    assert value(metrics, "stance_article_quotes_sum") == 17
    assert value(metrics, "stance_article_step_duration_seconds_sum") == 0.25


def test_counters_start_at_zero(metrics, bundle):
    """Every known reason, outcome and label: the first one counts in a rate."""
    metrics.model(bundle)
    found = told(metrics)
    for label in STANCES:
        assert found[f'stance_predictions_total{{"label": "{label}"}}'] == 0
    assert found['stance_rejected_total{"reason": "overloaded"}'] == 0
    assert found['stance_model_reloads_total{"outcome": "failed"}'] == 0
    metrics.rejected("overloaded")
    metrics.reloaded("failed")
    assert value(metrics, "stance_rejected_total", reason="overloaded") == 1
    assert value(metrics, "stance_model_reloads_total", outcome="failed") == 1


def test_every_reason_of_the_code_is_known(root):
    """Words that are given to rejected() anywhere in serve/ start at 0."""
    given_words = set()
    for path in (root / "serve").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("rejected"):
                given_words |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)}
    assert "deadline" in given_words
    assert given_words <= set(module._REASONS)


def test_predictions_are_counted(metrics):
    """By label, the uncertain ones too, and with the length of the quote."""
    metrics.predicted(40, answer("hostile"))
    metrics.predicted(41, answer("hostile", uncertain=True))
    assert value(metrics, "stance_predictions_total", label="hostile") == 2
    assert value(metrics, "stance_uncertain_total") == 1
    assert value(metrics, "stance_quote_characters_bucket", le="40.0") == 1
    assert value(metrics, "stance_quote_characters_sum") == 81


@given(st.lists(st.integers(1, 100_000), max_size=30))
def test_lengths_are_counted_as_training_counts_them(lengths):
    """The bins of the histogram are those of the reference."""
    metrics = Metrics()
    for length in lengths:
        metrics.predicted(length, answer("hostile"))
    found = told(metrics).items()
    bins = [count for series, count in found if series.startswith("stance_drift_observed") and '"lengths"' in series]
    assert bins == list(count_lengths(lengths))


def test_drift_is_told_against_the_bundle(metrics, bundle):
    """From LEAST answers on, of labels and of lengths."""
    metrics.model(bundle)
    for _ in range(LEAST - 1):
        metrics.predicted(30, answer("hostile"))
    assert not any(series.startswith("stance_drift_psi") for series in told(metrics))
    metrics.predicted(30, answer("neutral"))
    assert value(metrics, "stance_drift_psi", of="labels") == pytest.approx(psi([1, 1, 1], [0, LEAST - 1, 1]))
    assert value(metrics, "stance_drift_psi", of="lengths") == pytest.approx(psi([1, 0], [0, 1]))
    assert value(metrics, "stance_reference_share", of="lengths", bin="20.0") == 1


def test_another_bundle_takes_over(metrics, bundle):
    """Its name and reference are told from then on, and what was counted stays."""
    metrics.model(bundle)
    for _ in range(LEAST):
        metrics.predicted(10, answer("hostile"))
    changes = {"name": "next", "reference": REFERENCE.model_copy(update={"labels": {"hostile": 1.0, "neutral": 0.0}})}
    other = replace(bundle, manifest=bundle.manifest.model_copy(update=changes), digest="f" * 64)
    metrics.model(other)
    infos = [series for series in told(metrics) if series.startswith("stance_model_info")]
    assert infos == [f'stance_model_info{{"digest": "{other.digest}", "name": "next"}}']
    assert value(metrics, "stance_predictions_total", label="hostile") == LEAST
    assert value(metrics, "stance_drift_psi", of="labels") == pytest.approx(0)
    metrics.model(bundle)
    assert value(metrics, "stance_model_info", name="minilm", digest=bundle.digest) == 1


@pytest.mark.parametrize(
    ("accept", "kind", "parse"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", plain),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0", openmetrics),
        ("text/html, */*;q=0.1", "text/plain; version=0.0.4; charset=utf-8", plain),
    ],
)
def test_scrapers_get_what_they_accept(metrics, bundle, accept, kind, parse):
    """Both formats can be parsed, name each metric once, and don't say when series were created."""
    metrics.model(bundle)
    body, content_type = metrics.render(accept)
    assert content_type.startswith(kind)
    names = Counter(family.name for family in parse(body.decode()))
    assert {"stance_predictions", "stance_drift_psi", "process_resident_memory_bytes"} <= set(names)
    assert set(names.values()) == {1}
    assert b"_created" not in body


def test_applications_do_not_share_counts(metrics):
    """Each has its own registry."""
    Metrics().rejected("deadline")
    assert value(metrics, "stance_rejected_total", reason="deadline") == 0


def test_threads_lose_nothing(metrics):
    """Workers and the event loop count at once, while somebody reads."""
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2000):
            pool.submit(metrics.predicted, 30, answer("hostile"))
            pool.submit(metrics.waiting, 1)
        pool.submit(metrics.render).result()
    assert value(metrics, "stance_predictions_total", label="hostile") == 2000
    assert value(metrics, "stance_queue_size") == 2000
