"""What the server tells Prometheus about itself, right for one process and summed over several that share a port."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import mark_process_dead

from model.bundle import Bundle
from model.reference import LENGTH_EDGES, Reference
from model.stance import Prediction
from serve.drift import counts_of, drift_families
from serve.exposition import collect, encode, process_families

UNMATCHED = "unmatched"
"""The route of a request whose path is nobody's: paths are endless, and each would be a series."""

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REASONS = (
    "starting", "draining", "overloaded", "deadline", "unauthorized", "rate_limited",
    "too_many_connections", "malformed_http", "head_too_large", "pipelined", "body_bytes", "buffered_bytes",
    "content_encoding", "slow_head", "slow_body", "idle",
)  # fmt: skip
_OUTCOMES = ("done", "unchanged", "failed")
_HTTP_SECONDS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
)  # fmt: skip
_READING_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH = tuple(2**i for i in range(9))  # to the 256 quotes that a GPU takes
_TOKENS = tuple(2**i for i in range(3, 17))
_FOUND = (0, *(2**i for i in range(11)))


class Metrics:
    """Counts in this process; what is rendered is of all processes, when several were prepared.

    Every method may be called from any thread. After another bundle has taken over, counters go on, and drift, which
    is of all quotes since start, is told against the new bundle's reference.
    """

    def __init__(self) -> None:
        folder = os.environ.get(_FOLDER)
        self._folder = Path(folder) if folder else None
        self._registry = CollectorRegistry()
        self._requests = self._histogram(
            "http_server_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            _HTTP_SECONDS,
            ("method", "route", "status"),
        )
        self._active = self._gauge("http_server_active_requests", "Requests that are being answered.")
        self._queue = self._gauge(
            "stance_queue_size", "Quotes, and steps to read articles, that were admitted and no worker has taken."
        )
        self._queued = self._histogram(
            "stance_queue_duration_seconds", "Time that a quote, or a step, waited.", _HTTP_SECONDS
        )
        self._tokenization = self._histogram(
            "stance_tokenization_duration_seconds", "Time to make tokens of the quotes of a batch.", _READING_SECONDS
        )
        self._inference = self._histogram(
            "stance_inference_duration_seconds", "Time in which the model read a batch.", _READING_SECONDS
        )
        self._quotes = self._histogram("stance_batch_size", "Quotes that were read at once.", _BATCH)
        self._tokens = self._histogram("stance_batch_tokens", "Tokens that were read at once.", _TOKENS)
        self._found = self._histogram("stance_article_quotes", "Quotes found in an article.", _FOUND)
        self._steps = self._histogram(
            "stance_article_step_duration_seconds", "Time of a step to read an article.", _READING_SECONDS
        )
        self._rejected = self._counter("stance_rejected", "Requests refused, by reason.", ("reason",), _REASONS)
        self._predictions = self._counter("stance_predictions", "Quotes answered, by label.", ("label",))
        self._uncertain = self._counter("stance_uncertain", "Quotes answered below the bundle's threshold.")
        self._characters = self._histogram("stance_quote_characters", "Length of the quotes answered.", LENGTH_EDGES)
        self._reloads = self._counter("stance_model_reloads", "Reloads, by outcome.", ("outcome",), _OUTCOMES)
        self._models = self._gauge(
            "stance_model_info", "The bundle that answers: 1.", ("name", "digest"), mode="livemax"
        )  # fmt: skip
        self._model: tuple[str, str] | None = None
        self._reference: Reference | None = None

    def request_started(self) -> None:
        """Count a request in."""
        self._active.inc()

    def request_ended(self) -> None:
        """Count a request out, answered or not."""
        self._active.dec()

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count an answered request; route is the template that its path fits, and None where none does."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route or UNMATCHED, str(status)).observe(seconds)

    def rejected(self, reason: str) -> None:
        """Count a request that was refused; reason is a word of the code, never of the client."""
        self._rejected.labels(reason).inc()

    def waiting(self, change: int) -> None:
        """Tell by how many the quotes and steps that wait have become more, or fewer."""
        self._queue.inc(change)

    def queued(self, seconds: float) -> None:
        """Tell how long a quote or a step has waited for a worker."""
        self._queued.observe(seconds)

    def batch(self, quotes: int, tokens: int, tokenization: float, inference: float) -> None:
        """Tell what was read at once, and the seconds that it took."""
        self._quotes.observe(quotes)
        self._tokens.observe(tokens)
        self._tokenization.observe(tokenization)
        self._inference.observe(inference)

    def stepped(self, seconds: float) -> None:
        """Tell how long a step to read an article took."""
        self._steps.observe(seconds)

    def article(self, quotes: int) -> None:
        """Count an article that was read, and the quotes found in it."""
        self._found.observe(quotes)

    def predicted(self, characters: int, prediction: Prediction) -> None:
        """Count an answer, and the length of its quote's text."""
        self._predictions.labels(prediction.label).inc()
        self._characters.observe(characters)
        if prediction.uncertain:
            self._uncertain.inc()

    def model(self, bundle: Bundle) -> None:
        """Tell which bundle answers from now on in this process."""
        if self._model is not None:
            self._models.labels(*self._model).set(0)
        self._model = bundle.manifest.name, bundle.digest
        self._models.labels(*self._model).set(1)
        for label in bundle.manifest.labels:
            self._predictions.labels(label)
        self._reference = bundle.manifest.reference

    def reloaded(self, outcome: str) -> None:
        """Count a reload: done, unchanged or failed."""
        self._reloads.labels(outcome).inc()

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return all metrics and their content type: Prometheus' text, or OpenMetrics when the Accept header wants it.

        Of several processes, drift is told against the bundle of the one that renders.
        """
        families = collect(self._registry, self._folder)
        families += drift_families(counts_of(families), self._reference)
        families += process_families(self._folder)
        return encode(families, accept)

    def _counter(self, name: str, text: str, labels: Sequence[str] = (), known: Sequence[str] = ()) -> Counter:
        """Make a counter; the values of its label that are known start at 0, so that their rates are right at once."""
        counter = Counter(name, text, labels, registry=self._registry)
        for value in known:
            counter.labels(value)
        return counter

    def _gauge(
        self, name: str, text: str, labels: Sequence[str] = (), mode: Literal["livesum", "livemax"] = "livesum"
    ) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry, multiprocess_mode=mode)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self._registry)


def prepare_processes() -> Path:
    """Make the folder that processes share their counts in, and name it in the environment that they inherit.

    For the parent, before it starts them; they must be spawned, not forked, because prometheus-client looks when it is
    imported. The parent removes the folder at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="detente-metrics-"))
    os.environ[_FOLDER] = str(folder)
    return folder


def process_gone(pid: int) -> None:
    """Forget what a process that has ended was doing; what it had counted stays."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
