"""Tensors of the Open Inference Protocol: read, written, and refused when they are not what they claim."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.http import InferInput, InferResult
from tritonclient.http._utils import _get_inference_request

from serve.tensors import Datatype, Tensor, TensorError, read_request, write_response

TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INT32 = st.integers(-(2**31), 2**31 - 1)


def text(**changed):
    return {"name": "text", "shape": [1], "datatype": "BYTES", "data": ["We agree."], **changed}


def binary(size, **changed):
    tensor = text(parameters={"binary_data_size": size}, **changed)
    del tensor["data"]
    return tensor


def body(*inputs, **more):
    return json.dumps({"inputs": list(inputs), **more}).encode()


def with_chunks(head, *chunks):
    return b"".join([head, *chunks]), str(len(head))


def pack(*values):
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


@given(TEXTS, st.booleans(), st.booleans())
def test_reads_what_tritons_client_writes(texts, as_binary, as_column):
    """Texts and carriers come out as they went in, in JSON and in binary form, as a row and as a column."""
    shape = [len(texts), 1] if as_column else [len(texts)]
    inputs = [InferInput(name, shape, "BYTES") for name in ("text", "carrier")]
    array = np.array([each.encode() for each in texts], dtype=np.object_).reshape(shape)
    for each in inputs:
        each.set_data_from_numpy(array, binary_data=as_binary)
    written, length = _get_inference_request(inputs, "x", None, 0, False, False, 0, None, None)
    asked = read_request(written, None if length is None else str(length))
    assert asked.pairs() == [(each, each or None) for each in texts]
    assert (asked.request.id, asked.text.count) == ("x", len(texts))
    assert asked.binary(None)  # as this client always wants it


@given(TEXTS, st.lists(FINITE), st.lists(INT32), st.lists(st.booleans()), st.lists(st.booleans(), min_size=4))
def test_tritons_client_reads_what_is_written(texts, numbers, integers, flags, as_binary):
    """Every value of every type comes out bit for bit, whichever tensors are in binary form."""
    tensors = [
        Tensor("a", Datatype.BYTES, [len(texts)], texts),
        Tensor("b", Datatype.FP64, [len(numbers)], numbers),
        Tensor("c", Datatype.INT32, [len(integers), 1], integers),
        Tensor("d", Datatype.BOOL, [len(flags)], flags),
    ]
    written, length = write_response({"model_name": "m"}, list(zip(tensors, as_binary, strict=False)))
    assert (length is None) == (not any(as_binary[:4]))
    result = InferResult.from_response_body(written, header_length=length)
    assert result.get_response()["model_name"] == "m"
    for tensor, packed in zip(tensors, as_binary, strict=False):
        read = result.as_numpy(tensor.name)
        assert list(read.shape) == tensor.shape
        values = read.ravel().tolist()
        if tensor.datatype is Datatype.BYTES and packed:
            values = [value.decode() for value in values]
        assert values == tensor.values


@pytest.mark.parametrize(
    ("own", "general", "expected"),
    [(None, None, False), (None, True, True), (False, True, False), (True, False, True), (True, None, True)],
)
def test_an_output_says_more_than_the_request(own, general, expected):
    """binary_data of an output comes before binary_data_output of the request; without both there is JSON."""
    output = {"name": "label", "parameters": {} if own is None else {"binary_data": own}}
    parameters = {} if general is None else {"binary_data_output": general}
    asked = read_request(body(text(), outputs=[output], parameters=parameters), None)
    assert asked.request.outputs is not None
    assert asked.binary(asked.request.outputs[0]) is expected


def test_rows_of_one_are_read():
    """A column may be nested, as its shape says."""
    assert read_request(body(text(shape=[2, 1], data=[["a"], ["b"]])), None).pairs() == [("a", None), ("b", None)]


def test_what_clients_add_is_passed_over():
    """Nulls stand for what is left out; parameters and fields that are none of ours do not matter."""
    given_ = text(parameters={"content_type": "str"})
    more = {"id": None, "outputs": None, "model_name": "m", "parameters": {"priority": 1, "timeout": 5}}
    assert read_request(body(given_, **more), None).pairs() == [("We agree.", None)]


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "no JSON"),
        (b'{"inputs": ', "no JSON"),
        (b'{"inputs": "\xff"}', "not UTF-8"),
        (b'{"inputs": [], "inputs": []}', "twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "the request: "),
        (b"{}", "inputs: Field required"),
        (body(), "inputs: List should have at least 1 item"),
        (body(text(), text()), "text: the input is given twice"),
        (body(text(name="carrier")), "text: the input is missing"),
        (body(text(name="speaker")), "inputs.0.name: "),
        (body(text(datatype="FP32")), "inputs.0.datatype: "),
        (body(text(shape=[])), "inputs.0.shape: "),
        (body(text(shape=[1, 1, 1])), "inputs.0.shape: "),
        (body(text(shape=[True])), "inputs.0.shape.0: "),
        (body(text(shape=["1"])), "inputs.0.shape.0: "),
        (body(text(shape=[-1])), "inputs.0.shape.0: "),
        (body(text(shape=[2**63])), "inputs.0.shape.0: "),
        (body(text(shape=[0], data=[])), "n at least 1"),
        (body(text(shape=[1, 2], data=["a", "b"])), r"give [n] or [n, 1]"),
        (body(text(shape=[2**62])), "1 elements, but its shape says 4,611,686,018,427,387,904"),
        (body(text(data=[])), "0 elements"),
        (body(text(data=["a", "b"])), "2 elements"),
        (body(text(data=[1])), "element 0 is no string"),
        (body(text(data=[["a"]])), "element 0 is no string"),
        (body(text(shape=[2, 1], data=["a", ["b", "c"]])), "element 1 is no string"),
        (body(text(data="a")), "inputs.0.data: "),
        (body(text(data=None)), "either data or binary_data_size"),
        (body(text(parameters={"binary_data_size": 3})), "either data or binary_data_size"),
        (body(binary(3)), "needs the header Inference-Header-Content-Length"),
        (body(text(parameters={"shared_memory_region": "r"})), "'shared_memory_region' is not supported"),
        (body(text(), outputs=[{"name": "label", "parameters": {"classification": 2}}]), "'classification' is not"),
        (body(text(), outputs=[{"name": "label", "parameters": {"binary_data": 1}}]), "outputs.0.parameters"),
        (body(text(), id=5), "id: "),
        (body(text(), id="\ud800"), "id: Value error, not valid Unicode"),
        (body(text(), text(name="carrier", shape=[1, 1])), "its shape is not that of text"),
        (body(text(), text(name="carrier", data=[])), "carrier: 0 elements"),
    ],
)
def test_bad_json_is_refused(head, message):
    """What can't be read is named, and what was sent is not repeated."""
    with pytest.raises(TensorError) as raised:
        read_request(head, None).pairs()
    assert message in str(raised.value)
    assert "We agree." not in str(raised.value)


@pytest.mark.parametrize(
    ("given_", "chunk", "message"),
    [
        (binary(8), pack(b"a"), "binary_data_size is 8, but 5 bytes are left"),
        (binary(2**62), pack(b"a"), "are left"),
        (binary(-1), pack(b"a"), "binary_data_size: "),
        (binary("5"), pack(b"a"), "binary_data_size: "),
        (binary(5), pack(b"a") + b"b", "1 bytes follow the data of the last input"),
        (text(), b"b", "1 bytes follow the data of the last input"),
        (binary(5, shape=[2]), pack(b"a"), "ends before element 1"),
        (binary(5, shape=[2**60]), pack(b"a"), "ends before element 1"),
        (binary(0), b"", "ends before element 0"),
        (binary(3), b"\0\0\0", "ends before element 0"),
        (binary(10), pack(b"a", b"b"), "5 bytes follow element 0"),
        (binary(5), b"\xff\xff\xff\xffa", "element 0 is said to be longer"),
        (binary(5), b"\1\0\0\0\xff", "element 0 is not UTF-8 at byte 0"),
    ],
)
def test_bad_binary_data_is_refused(given_, chunk, message):
    """A length is a claim that the data has to bear out."""
    with pytest.raises(TensorError) as raised:
        read_request(*with_chunks(body(given_), chunk)).pairs()
    assert message in str(raised.value)


@pytest.mark.parametrize("length", ["", "x", "-1", "+1", " 1", "1.0", "1_0", "٣", "9" * 5000, "1000000"])
def test_bad_header_lengths_are_refused(length):
    """The length of the JSON is a plain number, and at most that of the body."""
    with pytest.raises(TensorError, match="Inference-Header-Content-Length is "):
        read_request(body(text()), length)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["text", "BYTES", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(["data", "shared_memory\ud800"]), inner)
    ),
    max_leaves=8,
)
PARAMETERS = st.dictionaries(st.sampled_from(["binary_data_size", "binary_data", "binary_data_output"]), JSONS)
INPUTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["text", "carrier"]) | JSONS,
        "shape": st.lists(st.integers(-1, 2**64), max_size=3) | st.just([1]) | JSONS,
        "datatype": st.just("BYTES") | JSONS,
        "data": st.lists(st.text()) | JSONS,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(0, 9)}) | PARAMETERS | JSONS,
    },
)
REQUESTS = JSONS | st.fixed_dictionaries(
    {"inputs": st.lists(INPUTS, max_size=3) | JSONS},
    optional={"id": JSONS, "outputs": JSONS, "parameters": PARAMETERS | JSONS},
)


@given(st.binary() | REQUESTS.map(lambda request: json.dumps(request).encode()), st.binary(max_size=12), st.booleans())
def test_nothing_crashes_the_reader(head, rest, split):
    """Whatever comes is read or refused, and what is read and the refusal can be sent back."""
    try:
        asked = read_request(*with_chunks(head, rest) if split else (head + rest, None))
        pairs = asked.pairs()
    except TensorError as error:
        str(error).encode()
        return
    assert len(pairs) == asked.text.count
    (asked.request.id or "").encode()
