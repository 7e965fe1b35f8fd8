"""A graph holds all of its weights itself: found out from its bytes, without the onnx package."""

from collections.abc import Iterator, Mapping

# Of onnx.proto: the messages that lead to tensors, by the numbers of the fields that do.
_LEADING: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "training": {1: "graph", 2: "graph"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of a tensor
_MOST_FIELDS = 1_000_000  # the bundled graph has 4,000; a million are read in about a second
_VARINT, _BYTES = 0, 2  # protobuf's wire types
_FIXED = {1: 8, 5: 4}  # those of a fixed size; the others are groups, which ONNX has none of
_LAST_FIELD = 2**29 - 1  # parsers in C++ drop the bits beyond it, so a larger number would be another one to them
_DAMAGED = "it is no ONNX graph, or a damaged one"


def check_contained(graph: bytes) -> None:
    """Raise ValueError for a graph with weights outside itself, and for bytes that are no ONNX graph.

    A tensor may say that its values lie in a file. No digest covers that file, and onnxruntime looks for it from the
    working directory on. The weights in the graph are passed over unread.
    """
    waiting, seen = [("model", 0, len(graph))], 0
    while waiting:
        message, start, end = waiting.pop()
        for number, wire, at, after in _fields(graph, start, end):
            seen += 1
            if seen > _MOST_FIELDS:
                raise ValueError(f"its graph has more than {_MOST_FIELDS:,} fields")
            if wire == _BYTES and number in _LEADING[message]:
                waiting.append((_LEADING[message][number], at, after))
            elif message == "tensor" and (
                number == _EXTERNAL_DATA or (number == _DATA_LOCATION and wire == _VARINT and any(graph[at:after]))
            ):
                raise ValueError("its graph has weights in another file: save it with all of them inside")


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield each field of a message: number, wire type, first and last place of its value."""
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire == _VARINT:
            size = _varint(data, at)[1] - at
        else:
            size = _FIXED.get(wire, len(data))
        if at + size > end or not 0 < number <= _LAST_FIELD:
            raise ValueError(_DAMAGED)
        yield number, wire, at, at + size
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, seven bits a byte, and the place behind it."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, at + place + 1
    raise ValueError(_DAMAGED)
