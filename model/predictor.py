"""Quotes in, predictions out: one text per run, no padding, so that a label depends on the quote alone."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from model.bundle import FP16_GRAPH, INT8_GRAPH, TOKENIZER, Bundle
from model.cores import usable_cores
from model.device import Device
from model.encoding import Window, encode, extreme_window, open_tokenizer
from model.errors import BundleError, DeviceError
from model.quote import Quote, render
from model.session import Session, buckets
from model.stance import Prediction
from model.untrusted import told

_Result = TypeVar("_Result")

Encoded = tuple[Window, ...]
"""What the model reads of one quote."""

_AHEAD = 64  # quotes submitted per worker before the first answer is awaited: enough to keep them busy
_GPU_TOKENS = 16384  # a run on a GPU, padding included
_GPU_QUOTES = 256  # taken at a time: enough to fill a run
_GPU_WORKERS = 4  # tokenise while the GPU computes


class Predictor:
    """Answers for one bundle, from as many threads as the process may use cores; safe to share between threads.

    Raises BundleError for a bundle whose graph or tokenizer does not work or does not fit its manifest, and DeviceError
    for a GPU that was asked for and is not there.

    On a CPU one text is read per run, with one thread and no padding. That is exact: the same quote gives the same
    bits whatever else is asked, in whatever order, on however many workers. It is also the fastest way there. On a
    GPU, texts of about the same length share a run in fp16, and the last digits may differ.
    """

    def __init__(
        self, bundle: Bundle, *, workers: int | None = None, graph: str | None = None, device: Device = Device.CPU
    ) -> None:
        self.bundle = bundle
        try:
            self._tokenizer = open_tokenizer(bundle.read(TOKENIZER))
            self.device, self._session = _opened(bundle, device, graph or INT8_GRAPH)
            self._check()
        except (BundleError, DeviceError):
            raise
        except Exception as error:  # tokenizers and onnxruntime raise whatever they like
            what = f"its graph or tokenizer can't be used: {told(error)}"
            raise BundleError(f"{bundle.path}: {what}; export the bundle again") from error
        on_gpu = self.device is Device.CUDA
        self.workers = workers or (_GPU_WORKERS if on_gpu else usable_cores())
        self.batch = _GPU_QUOTES if on_gpu else 1  # quotes that are best predicted together
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="predictor")

    def _check(self) -> None:
        """Read a quote and the most that one can bring. Raises ValueError when graph and manifest don't fit."""
        manifest = self.bundle.manifest
        extreme = extreme_window(self._tokenizer, manifest.max_tokens)
        for window in (self.encode(Quote("A first quote."))[0], extreme):
            logits = self._session.logits([window])
            if logits.ndim > 2:  # noqa: PLR2004, texts and labels
                what = "answers for every token, so it judges no quotes: a pointer's bundle goes to --pointer"
                raise BundleError(f"{self.bundle.path}: {what}, or to DETENTE_POINTER")
            if logits.shape != (1, len(manifest.labels)):
                raise ValueError(f"the graph gives {logits[0].size} logits for {len(manifest.labels)} labels")
            if not np.isfinite(logits).all():
                raise ValueError("the graph gives logits that are no numbers")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let running predictions end, drop waiting ones and give the threads back."""
        self._pool.shutdown(cancel_futures=True)

    def predict_one(self, quote: Quote) -> Prediction:
        """Predict in the calling thread."""
        return self._answer(self.encode(quote))

    def predict_batch(self, quotes: Sequence[Quote]) -> list[Prediction]:
        """Predict several quotes in the calling thread: one by one on a CPU, in few runs on a GPU."""
        return self.predict_encoded([self.encode(quote) for quote in quotes])

    def encode(self, quote: Quote) -> Encoded:
        """Return a quote's windows, one for all but long quotes."""
        return encode(self._tokenizer, render(quote), self.bundle.manifest.max_tokens)

    def predict_encoded(self, read: Sequence[Encoded]) -> list[Prediction]:
        """Predict quotes by their windows, as predict_batch does."""
        if self.device is Device.CPU:
            return [self._answer(windows) for windows in read]
        windows = [window for each in read for window in each]
        logits = np.empty((len(windows), len(self.bundle.manifest.labels)))
        for places in buckets(windows, _GPU_TOKENS):
            logits[places] = self._session.logits([windows[place] for place in places])
        rows = np.split(logits, np.cumsum([len(each) for each in read])[:-1])
        return [self._prediction(each, own) for each, own in zip(read, rows, strict=True)]

    def _answer(self, windows: Encoded) -> Prediction:
        return self._prediction(windows, np.concatenate([self._session.logits([window]) for window in windows]))

    def _prediction(self, windows: Sequence[Window], logits: npt.NDArray[np.float64]) -> Prediction:
        """Return the answer: the windows' probabilities averaged by tokens; logits of shape (windows, labels)."""
        manifest = self.bundle.manifest
        probabilities = softmax(logits / manifest.temperature)
        if len(windows) > 1:
            weights = [max(window.weight, 1) for window in windows]
            probabilities = np.average(probabilities, axis=0, weights=weights)[None]
        best = int(probabilities.argmax())
        return Prediction(
            label=manifest.labels[best],
            probabilities=dict(zip(manifest.labels, probabilities[0].tolist(), strict=True)),
            uncertain=bool(probabilities[0, best] < manifest.threshold),
            windows=len(windows),
        )

    def predict(self, quotes: Iterable[Quote]) -> list[Prediction]:
        """Predict all quotes, answers in the order of the quotes."""
        return list(self.stream(quotes))

    def stream(self, quotes: Iterable[Quote]) -> Iterator[Prediction]:
        """Predict quotes of any number in bounded memory, answers in the order of the quotes."""
        batches = self._batches(iter(quotes))
        waiting = deque(islice(batches, _AHEAD * self.workers))
        while waiting:
            yield from waiting.popleft().result()
            waiting.extend(islice(batches, 1))

    def share(self, steps: Iterable[Callable[[], _Result]]) -> list[_Result]:
        """Run steps on the threads, results in the order of the steps; none may wait for the threads itself."""
        return [running.result() for running in [self._pool.submit(step) for step in steps]]

    def _batches(self, quotes: Iterator[Quote]) -> Iterator[Future[list[Prediction]]]:
        while batch := list(islice(quotes, self.batch)):
            yield self._pool.submit(self.predict_batch, batch)


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return probabilities along the last axis, in float64, safe for logits of any size."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _opened(bundle: Bundle, device: Device, graph: str) -> tuple[Device, Session]:
    """Open a graph of the bundle on the CPU, or its fp16 graph on a GPU. Raises BundleError and DeviceError."""
    halves = FP16_GRAPH in bundle.manifest.files
    if device is Device.CUDA and not halves:
        raise BundleError(f"{bundle.path}: has no {FP16_GRAPH} for a GPU; export it with `export: {{fp16: true}}`")
    if device is not Device.CPU and halves:
        try:
            return Device.CUDA, Session(bundle.read(FP16_GRAPH), Device.CUDA)
        except DeviceError:
            if device is Device.CUDA:
                raise
    return Device.CPU, Session(bundle.read(graph))
