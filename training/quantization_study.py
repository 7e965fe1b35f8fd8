"""Ways to make a checkpoint int8, side by side: what each changes, how large it is and how fast.

    python -m training.quantization_study RUN [ROUNDED_RUN]

scores on the run's dev split and prints the table of docs/quantization.md. ROUNDED_RUN: a run of the same data that was
trained with `train.quantized`.
"""

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from rich.console import Console
from rich.table import Table

from model.cores import usable_cores
from model.encoding import Window, encode
from model.predictor import softmax
from model.quote import LabelledQuote, render, without_carrier
from model.session import Session
from training.checkpoint import windows_of
from training.encoder import Encoder, open_checkpoint
from training.graph import fp32_graph, int8_graph, written_graph
from training.metrics import macro_f1
from training.products import Fp32, Rows
from training.runs import Run, open_run
from training.smoothing import QUOTES, Narrowed, largest_activations, note_wide_columns, smoothing_divisors

Array = npt.NDArray[np.float64]

_MATES = 16  # texts of a padded batch
_MATED = 480  # texts
_STRENGTH = 0.75  # of smoothing; .5 was worse on dev
_ROUNDS = 5
_TIMED = 200  # texts a round


@dataclass(frozen=True, slots=True)
class Way:
    """One graph, and the fp32 graph of the checkpoint that it was made of."""

    name: str
    graph: bytes
    original: bytes


def main(run_folder: str, rounded_folder: str = "") -> None:
    """Print the table."""
    run = open_run(Path(run_folder))
    encoder = open_checkpoint(run.checkpoint, run.recipe.max_tokens)
    dev = _plain(run.split("dev"))
    windows = [encode(encoder.tokenizer, render(quote.quote), run.recipe.max_tokens)[0] for quote in dev]
    bare = (encode(encoder.tokenizer, render(without_carrier(quote).quote), run.recipe.max_tokens)[0] for quote in dev)
    timed = list(bare)[:: max(1, len(dev) // _TIMED)]
    truth = np.array([run.recipe.label_set.index(quote.label) for quote in dev])
    ways = list(_ways(encoder, run))
    if rounded_folder:
        rounded = open_checkpoint(open_run(Path(rounded_folder)).checkpoint, run.recipe.max_tokens)
        original = fp32_graph(rounded)
        ways.append(Way("trained rounded: fp32", original, original))
        ways.append(Way("**trained rounded: the same**", int8_graph(rounded), original))
    rates = _rates(ways, timed)
    tokens = np.mean([len(window.ids) for window in timed])
    title = f"{len(dev)} dev quotes; rates on {len(timed)} texts of {tokens:.1f} tokens, {usable_cores()} at once"
    heads = ("", "agreement", "mean and largest difference", "macro-F1", "changed by mates", "MB", "texts/s", "x fp32")
    table = Table(*heads, title=title)
    answers: dict[bytes, Array] = {}  # of the graphs in fp32, each of which comes before what was made of it
    for way in ways:
        table.add_row(way.name, *_scored(way, windows, truth, len(run.recipe.label_set), answers), *rates[way.name])
    Console(width=200).print(table)


def _plain(quotes: Sequence[LabelledQuote]) -> list[LabelledQuote]:
    """Leave out quotes with name slots: each filling would be another text."""
    return [quote for quote in quotes if "{" not in quote.quote.text]


def _ways(encoder: Encoder, run: Run) -> Iterator[Way]:
    original = fp32_graph(encoder)
    behind_gelu = [name for name in _products(original) if "output.dense" in name and "attention" not in name]
    train = [quote.quote for quote in _plain(run.split("train"))]
    read = windows_of(encoder, run.recipe, train[:: max(1, len(train) // QUOTES)])
    reaches = largest_activations(encoder, [window for windows in read for window in windows])
    smoothed = written_graph(encoder, Narrowed(Fp32(), smoothing_divisors(encoder, reaches, _STRENGTH)))
    note_wide_columns(encoder, run.recipe, train)
    for name, graph in (
        ("fp32", original),
        ("dynamic int8 a tensor", _dynamic(original, per_channel=False)),
        ("dynamic int8 a channel", _dynamic(original)),
        ("dynamic int8 a channel, 7-bit weights", _dynamic(original, reduce_range=True)),
        ("dynamic int8 a channel, products behind gelu in fp32", _dynamic(original, exclude=behind_gelu)),
        ("smoothed, then dynamic int8 a channel", _dynamic(smoothed)),
        ("smoothed, then dynamic int8 a channel, 7-bit weights", _dynamic(smoothed, reduce_range=True)),
        *((f"MatMulNBits, 8 bit, block {block}", _blocks(original, block)) for block in (32, 64, 128)),
        ("a scale a row, 8-bit weights", written_graph(encoder, Rows(levels=127))),
        ("a scale a row, 7-bit weights", written_graph(encoder, Rows())),
        ("a scale a row, 7-bit weights, wide columns narrowed", int8_graph(encoder)),
    ):
        yield Way(name, graph, original)


def _scored(
    way: Way, windows: Sequence[Window], truth: npt.NDArray[np.int64], labels: int, answers: dict[bytes, Array]
) -> Iterator[str]:
    alone = softmax(_logits(Session(way.graph), windows, 1))
    expected = alone if way.graph == way.original else answers[way.original]
    answers.setdefault(way.graph, alone)
    mated = softmax(_logits(Session(way.graph), windows[:_MATED], _MATES))
    difference = np.abs(alone - expected)
    yield f"{(alone.argmax(1) == expected.argmax(1)).mean():.2%}"
    yield f"{difference.mean():.4f}, {difference.max():.3f}"
    yield f"{macro_f1(truth, alone.argmax(1), labels):.4f}"
    yield f"{(alone[:_MATED].argmax(1) != mated.argmax(1)).mean():.2%}, {np.abs(alone[:_MATED] - mated).max():.1g}"
    yield f"{len(way.graph) / 1e6:.1f}"


def _logits(session: Session, windows: Sequence[Window], batch: int) -> npt.NDArray[np.float64]:
    batches = [windows[start : start + batch] for start in range(0, len(windows), batch)]
    with ThreadPoolExecutor(usable_cores()) as pool:
        return np.concatenate(list(pool.map(session.logits, batches)))


def _rates(ways: Sequence[Way], windows: Sequence[Window]) -> dict[str, tuple[str, str]]:
    """Time all ways in turn, several times over, so that what else goes on in the machine meets them all."""
    sessions = {way.name: Session(way.graph) for way in ways}
    times: dict[str, list[float]] = {way.name: [] for way in ways}
    for _ in range(_ROUNDS):
        for name, session in sessions.items():
            started = time.perf_counter()
            _logits(session, windows, 1)
            times[name].append(time.perf_counter() - started)
    first = times[ways[0].name]
    return {
        name: (
            f"{len(windows) / median(own):.0f}",
            f"{median(one / other for one, other in zip(first, own, strict=True)):.2f}",
        )
        for name, own in times.items()
    }


def _dynamic(
    graph: bytes, *, per_channel: bool = True, reduce_range: bool = False, exclude: Sequence[str] = ()
) -> bytes:
    """Quantise with onnxruntime's own tool: weights once, activations with one scale a run."""

    def quantise(source: Path, target: Path) -> None:
        quantize_dynamic(
            source,
            target,
            per_channel=per_channel,
            reduce_range=reduce_range,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=list(exclude),
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )

    return _by_file(graph, quantise)


def _blocks(graph: bytes, block: int) -> bytes:
    """Quantise with a scale for each block of a weight's column, and for each row and block of activations."""
    quantiser = MatMulNBitsQuantizer(
        onnx.load_from_string(graph), bits=8, block_size=block, is_symmetric=True, accuracy_level=4
    )
    with _hushed():
        quantiser.process()
    return bytes(quantiser.model.model.SerializeToString())


def _products(graph: bytes) -> list[str]:
    return [node.name for node in onnx.load_from_string(graph).graph.node if node.op_type == "MatMul"]


def _by_file(graph: bytes, change: Callable[[Path, Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder, _hushed():
        source, target = Path(folder) / "source.onnx", Path(folder) / "target.onnx"
        source.write_bytes(graph)
        change(source, target)
        return target.read_bytes()


@contextmanager
def _hushed() -> Iterator[None]:
    """Silence what onnxruntime's tools tell the root logger about every step; errors are raised anyway."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)


if __name__ == "__main__":
    main(*sys.argv[1:])
