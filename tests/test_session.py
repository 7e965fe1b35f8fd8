"""One graph on one device: alone and padded, of another kind, with files of its own, and a GPU that is not there."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from model.bundle import FP16_GRAPH, FP32_GRAPH, INT8_GRAPH, Card, write_bundle
from model.device import Device
from model.encoding import Window
from model.errors import BundleError, DeviceError
from model.predictor import Predictor
from model.quote import Quote
from model.session import Session, buckets
from training.encoder import open_checkpoint
from training.graph import fp16_graph, fp32_graph

IDS = ("input_ids", "token_type_ids", "attention_mask")
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
        lambda graph, options, providers, **_: open_session(graph, options, providers=providers[-1:]),
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


def graph(inputs=IDS, outputs=("logits",), *, taken=TensorProto.INT64, weight=None, domain="", opset=17):
    """A graph that says how many tokens there are, plus weights: two logits."""
    weight = weight or numpy_helper.from_array(np.zeros((1, 2), np.float32), "weight")
    nodes = [
        helper.make_node("Cast", [inputs[0]], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["cast", "axes"], ["sum"], domain=domain),
        *(helper.make_node("Add", ["sum", "weight"], [name]) for name in outputs),
    ]
    values = [helper.make_tensor_value_info(name, taken, ["batch", "sequence"]) for name in inputs]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2]) for name in outputs]
    constants = [weight, numpy_helper.from_array(np.array([1]), "axes")]
    made = helper.make_graph(nodes, "g", values, results, constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def lying_outside(location):
    weight = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=[1, 2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "8")):
        weight.external_data.add(key=key, value=value)
    return weight


@pytest.mark.parametrize("location", ["weights.bin", "link", "../weights.bin", "/etc/passwd", "*/_ORT_MEM_ADDR_/*"])
def test_no_file_is_read_for_a_graph(location, tmp_path, monkeypatch):
    """Neither in the working directory nor elsewhere, nor somebody's memory; onnxruntime is not even asked."""
    (tmp_path / "weights.bin").write_bytes(b"\x00" * 8)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "weights.bin").write_bytes(b"\x00" * 8)
    (tmp_path / "in" / "link").symlink_to("../weights.bin")
    monkeypatch.chdir(tmp_path / "in")
    monkeypatch.setattr(onnxruntime, "InferenceSession", None)
    with pytest.raises(ValueError, match="weights in another file"):
        Session(graph(weight=lying_outside(location)))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            graph(inputs=("ids", "token_type_ids", "attention_mask")),
            "its graph takes .*'ids'.*, not input_ids, token_ty",
        ),
        (graph(inputs=("token_type_ids", "attention_mask")), "its graph takes"),
        (graph(inputs=(*IDS, "pixels")), "its graph takes .*pixels"),
        (graph(taken=TensorProto.INT32), r"its graph takes .*tensor\(int32\)"),
        (graph(outputs=("scores",)), "its graph gives .*scores.*, not logits"),
        (graph(outputs=("logits", "more")), "its graph gives .*more"),
        (graph(domain="ai.nobody"), "ai.nobody"),
        (graph(opset=999), "(?s)opset"),
        (b"", "(?i)model|graph"),
        (b"random bytes", "no ONNX graph"),
        (graph().replace(b"ReduceSum", b"ReduceS\xffm"), "utf-8"),
    ],
)
def test_graphs_of_another_kind_are_refused(made, message, capfd):
    """Inputs, outputs, operators: the error says what is wrong, and nothing else is printed."""
    with pytest.raises(Exception, match=message):
        Session(made)
    assert "".join(capfd.readouterr()) == ""


def test_a_graph_that_fits_is_opened():
    """What the refused graphs are made from works."""
    assert Session(graph()).logits([window(5)]).tolist() == [[15, 15]]


def test_onnxruntimes_own_format_is_refused(tmp_path, monkeypatch):
    """Even if its bytes were protobuf, too: only what was looked through is opened."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "g.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(graph(), options, providers=["CPUExecutionProvider"])
    with pytest.raises(ValueError, match="no ONNX graph"):
        Session((tmp_path / "g.ort").read_bytes())
    monkeypatch.setattr("model.session.check_contained", lambda _: None)
    with pytest.raises(Exception, match="protobuf parsing failed"):
        Session((tmp_path / "g.ort").read_bytes())
