"""One graph on one device: alone and padded, with nothing outside itself, and a GPU that is not there."""

from contextlib import suppress

import numpy as np
import onnx
import onnxruntime
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from model.bundle import FP16_GRAPH, FP32_GRAPH, INT8_GRAPH, Card, write_bundle
from model.device import Device
from model.encoding import Window
from model.errors import BundleError, DeviceError
from model.predictor import Predictor
from model.quote import Quote
from model.session import Session, buckets, check_contained
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
        helper.make_node("Cast", [inputs[0]], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ids", "axes"], ["sum"], domain=domain),
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


def leading(message, through=()):
    """The fields of a kind of message by which a tensor can be reached, as the onnx package knows them."""
    inner = [(field, field.message_type) for field in message.fields if field.message_type]
    return [
        field
        for field, kind in inner
        if kind is TensorProto.DESCRIPTOR or (kind not in through and leading(kind, (*through, message)))
    ]


def tensors(message):
    for field, value in message.ListFields():
        if field.message_type:
            for each in value if field.is_repeated else [value]:
                yield from [each] if isinstance(each, TensorProto) else tensors(each)


def planted(data):
    """A model and a tensor in it, anywhere: in nodes, functions, subgraphs of subgraphs, sparse ones."""
    model = message = onnx.ModelProto(ir_version=8)
    while message.DESCRIPTOR is not TensorProto.DESCRIPTOR:
        field = data.draw(st.sampled_from(leading(message.DESCRIPTOR)))
        inner = getattr(message, field.name)
        message = inner.add() if field.is_repeated else inner
        message.SetInParent()
    message.name, message.raw_data = "weight", b"r\x00" * 50
    return model, message


@given(st.data(), st.sampled_from(["inside", "said to be inside", "location", "entries"]))
def test_weights_outside_are_found_wherever_they_are(data, kind):
    """Each way that onnx has to a tensor is looked through, and only one that lies outside is refused."""
    model, tensor = planted(data)
    if kind == "entries":
        tensor.external_data.add(key="location", value="/etc/passwd")
    elif kind != "inside":
        tensor.data_location = TensorProto.EXTERNAL if kind == "location" else TensorProto.DEFAULT
    if "inside" in kind:
        check_contained(model.SerializeToString())
    else:
        with pytest.raises(ValueError, match="weights in another file"):
            check_contained(model.SerializeToString())


@given(st.data(), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), st.binary(max_size=3)), max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_protobuf_reads_is_looked_through(data, changes):
    """Bytes changed, put in and left out: where protobuf still finds weights outside, so do we."""
    model, tensor = planted(data)
    tensor.data_location = TensorProto.EXTERNAL
    changed = bytearray(model.SerializeToString())
    for place, length, put in changes:
        at = place % (len(changed) + 1)
        changed[at : at + length] = put
    try:
        found = list(tensors(onnx.ModelProto.FromString(bytes(changed))))
    except DecodeError:
        return
    if any(each.data_location == TensorProto.EXTERNAL or each.external_data for each in found):
        with pytest.raises(ValueError, match=r"weights in another file|no ONNX graph"):
            check_contained(bytes(changed))


@given(st.binary(max_size=200))
def test_random_bytes_end(data):
    """Any bytes are looked through, or refused with ValueError: nothing is read beyond the last one."""
    with suppress(ValueError):
        check_contained(data)


def test_endless_graphs_are_refused():
    """Two bytes a field, in hundreds of megabytes, would take minutes to look through."""
    with pytest.raises(ValueError, match="more than 1,000,000 fields"):
        check_contained(b"\x08\x00" * 2_000_000)


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


def test_numbers_of_fields_have_no_bits_to_spare():
    """The 33rd bit of a field's number is dropped by protobuf in C++, which would read another field than we do."""
    model = onnx.ModelProto.FromString(graph(weight=lying_outside("weights.bin")))
    inner = model.graph.SerializeToString()
    for tag in (b"\x3a", b"\xba\x80\x80\x80\x10"):
        with pytest.raises(ValueError, match=r"weights in another file|no ONNX graph"):
            check_contained(tag + bytes([len(inner) & 0x7F | 0x80, len(inner) >> 7]) + inner)


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
