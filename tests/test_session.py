"""One graph on one device: alone and padded, and a GPU that is not there."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.bundle import FP16_GRAPH, FP32_GRAPH, INT8_GRAPH, Card, write_bundle
from model.device import Device
from model.encoding import Window
from model.errors import BundleError, DeviceError
from model.predictor import Predictor
from model.quote import Quote
from model.session import Session, buckets
from training.encoder import open_checkpoint
from training.graph import fp16_graph, fp32_graph

QUOTES = [Quote("Yes."), Quote("We met and we agreed on what to do next."), Quote("They lied. " * 60)]


def window(length):
    return Window(list(range(1, length + 1)), [0] * length, length)


@given(st.lists(st.integers(1, 200), max_size=40), st.integers(1, 400))
def test_buckets_hold_all_and_no_more(lengths, budget):
    """Every window is in one group; a group's padded tokens stay within the budget unless it is one window."""
    windows = [window(length) for length in lengths]
    groups = buckets(windows, budget)
    assert sorted(place for group in groups for place in group) == list(range(len(windows)))
    for group in groups:
        padded = [-(-lengths[place] // 8) * 8 for place in group]
        assert len(set(padded)) == 1
        assert len(group) == 1 or sum(padded) <= budget


def test_padding_changes_no_label(tiny_run):
    """Windows of several lengths together get fp32's logits to the last digits."""
    session = Session(fp32_graph(open_checkpoint(tiny_run.checkpoint)))
    windows = [window(5), window(17), window(9)]
    alone = np.concatenate([session.logits([each]) for each in windows])
    assert np.allclose(session.logits(windows), alone, atol=1e-5)


def test_cuda_that_is_not_there(tiny_bundle):
    """Asked for by name it is an error that says what to install; auto takes the CPU."""
    with pytest.raises(DeviceError, match=r"--device cuda.*onnxruntime.*gpu.*or take --device cpu"):
        Session(tiny_bundle.read(INT8_GRAPH), Device.CUDA)
    with Predictor(tiny_bundle, device=Device.AUTO) as predictor:
        assert predictor.device is Device.CPU


def test_gpu_needs_the_half_graph(tiny_bundle):
    """A bundle without one says how to export it."""
    with pytest.raises(BundleError, match=r"no onnx/model_fp16\.onnx for a GPU; export it"):
        Predictor(tiny_bundle, device=Device.CUDA)


def test_cuda_without_a_gpu(tiny_bundle, monkeypatch):
    """A build for CUDA on a machine without one falls back in onnxruntime; here it is an error, or the CPU for auto."""
    open_session = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(
        onnxruntime,
        "InferenceSession",
        lambda graph, options, providers: open_session(graph, options, providers=providers[-1:]),
    )
    with pytest.raises(DeviceError, match="no GPU that onnxruntime can use"):
        Session(tiny_bundle.read(INT8_GRAPH), Device.CUDA)


def test_the_gpus_way_says_the_same(tiny_bundle, tiny_run, tmp_path, monkeypatch):
    """The fp16 graph in padded runs, here on the CPU, gives the checkpoint's probabilities to two places."""
    files = {name: tiny_bundle.read(name) for name in tiny_bundle.manifest.files}
    encoder = open_checkpoint(tiny_run.checkpoint, tiny_run.recipe.max_tokens)
    card = Card(**{name: value for name, value in tiny_bundle.manifest if name in Card.model_fields})
    more = {FP16_GRAPH: fp16_graph(encoder), FP32_GRAPH: fp32_graph(encoder)}
    halves = write_bundle(tmp_path / "half", card, files | more)
    with Predictor(halves, graph=FP32_GRAPH) as plain, Predictor(halves, graph=FP16_GRAPH) as half:
        expected = plain.predict(QUOTES)
        monkeypatch.setattr(half, "device", Device.CUDA)
        monkeypatch.setattr(half, "batch", 256)
        for answer, other in zip(half.predict(QUOTES), expected, strict=True):
            assert answer.windows == other.windows
            assert answer.probabilities == pytest.approx(other.probabilities, abs=0.01)
