"""Quotes in, predictions out: one text per run, no padding, so that a label depends on the quote alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import onnxruntime

from model.bundle import INT8_GRAPH, TOKENIZER, Bundle
from model.cores import usable_cores
from model.encoding import Window, encode, open_tokenizer
from model.errors import BundleError
from model.quote import Quote, render
from model.stance import Prediction

_AHEAD = 64  # quotes submitted per worker before the first answer is awaited: enough to keep them busy


class Predictor:
    """Answers for one bundle, from as many threads as the process may use cores; safe to share between threads.

    Raises BundleError for a bundle whose graph or tokenizer does not work or does not fit its manifest.

    Dynamic int8 scales activations by what is in the batch, so batching or padding would let a quote's neighbours
    change its label. One text per run with one intra-op thread is exact: the same quote gives the same bits whatever
    else is asked, in whatever order, on however many workers. It is also the fastest way on a CPU.
    """

    def __init__(self, bundle: Bundle, *, workers: int | None = None, graph: str = INT8_GRAPH) -> None:
        self.bundle = bundle
        self.workers = workers or usable_cores()
        try:
            self._tokenizer = open_tokenizer(bundle.read(TOKENIZER))
            self._session = _session(bundle.read(graph))
            self._inputs = {node.name for node in self._session.get_inputs()}
            self._check()
        except BundleError:
            raise
        except Exception as error:  # tokenizers and onnxruntime raise whatever they like
            raise BundleError(f"{bundle.path}: its graph or tokenizer can't be used: {error}") from error
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="predictor")

    def _check(self) -> None:
        """Run once. Raises BundleError when graph and manifest don't fit."""
        (window, *_) = encode(self._tokenizer, render(Quote("A first quote.")), self.bundle.manifest.max_tokens)
        width, labels = len(self._logits(window)), len(self.bundle.manifest.labels)
        if width != labels:
            raise BundleError(f"{self.bundle.path}: the graph gives {width} logits for {labels} labels")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let running predictions end, drop waiting ones and give the threads back."""
        self._pool.shutdown(cancel_futures=True)

    def predict_one(self, quote: Quote) -> Prediction:
        """Predict in the calling thread."""
        manifest = self.bundle.manifest
        windows = encode(self._tokenizer, render(quote), manifest.max_tokens)
        logits = np.stack([self._logits(window) for window in windows])
        weights = np.array([window.weight for window in windows], dtype=np.float64)
        probabilities = np.average(softmax(logits / manifest.temperature), axis=0, weights=np.maximum(weights, 1.0))
        best = int(probabilities.argmax())
        return Prediction(
            label=manifest.labels[best],
            probabilities=dict(zip(manifest.labels, probabilities.tolist(), strict=True)),
            uncertain=bool(probabilities[best] < manifest.threshold),
            windows=len(windows),
        )

    def submit(self, quote: Quote) -> Future[Prediction]:
        """Queue one quote for the workers."""
        return self._pool.submit(self.predict_one, quote)

    def predict(self, quotes: Iterable[Quote]) -> list[Prediction]:
        """Predict all quotes, answers in the order of the quotes."""
        return list(self.stream(quotes))

    def stream(self, quotes: Iterable[Quote]) -> Iterator[Prediction]:
        """Predict quotes of any number in bounded memory, answers in the order of the quotes."""
        source = iter(quotes)
        waiting = deque(self.submit(quote) for quote in islice(source, _AHEAD * self.workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(self.submit(quote) for quote in islice(source, 1))

    def _logits(self, window: Window) -> npt.NDArray[np.float64]:
        ids = np.array([window.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([window.types], dtype=np.int64),
        }
        (logits,) = self._session.run(None, {name: feed[name] for name in self._inputs})
        return np.asarray(logits[0], dtype=np.float64)


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return probabilities along the last axis, in float64, safe for logits of any size."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _session(graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: warnings about the graph are for whoever exported it
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
