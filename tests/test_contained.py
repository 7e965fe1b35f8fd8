"""A graph's weights lie inside it: whatever way onnx has to put them elsewhere is found."""

from contextlib import suppress

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from model.bundle import INT8_GRAPH
from model.contained import check_contained

DecodeError = pytest.importorskip("google.protobuf.message").DecodeError  # it brings no types


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
    message.name, message.raw_data = "weight", b"r\x01" * 50  # as bytes of fields they would lie outside
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


@pytest.mark.parametrize(
    ("tag", "message"), [(b"\x3a", "weights in another file"), (b"\xba\x80\x80\x80\x10", "no ONNX graph")]
)
def test_numbers_of_fields_have_no_bits_to_spare(tag, message):
    """The 33rd bit of a tag is dropped by protobuf in C++, which would find a graph that we took for something else."""
    lying = onnx.GraphProto(initializer=[TensorProto(name="weight", data_location=TensorProto.EXTERNAL)])
    inner = lying.SerializeToString()
    with pytest.raises(ValueError, match=message):
        check_contained(tag + bytes([len(inner)]) + inner)


def test_the_bundled_graph_is_contained(default_bundle):
    """It passes, and cut off anywhere it does not."""
    graph = default_bundle.read(INT8_GRAPH)
    check_contained(graph)
    for length in (1, 100, len(graph) // 2, len(graph) - 1):
        with pytest.raises(ValueError, match="no ONNX graph, or a damaged one"):
            check_contained(graph[:length])
