"""Tensors of the Open Inference Protocol, as JSON and in the binary form of Triton's extension; no HTTP here."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from model.errors import DetenteError
from serve import bodies
from serve.oipschemas import InferRequest, InputTensor, RequestedOutput

HEADER_LENGTH = "Inference-Header-Content-Length"
"""The HTTP header with the length of the JSON in front of binary data."""

_DIGITS = 12  # of a length: a terabyte, and far from what int() refuses to read
_SIZE = struct.Struct("<I")  # before each element of a binary BYTES tensor


class TensorError(DetenteError):
    """Tensors that can't be read; the text names the tensor and the element, and never repeats it."""


class Datatype(StrEnum):
    """The types of elements that are read or written here, as the protocol names them."""

    BYTES = "BYTES"
    BOOL = "BOOL"
    INT32 = "INT32"
    FP64 = "FP64"


_PACKED = {Datatype.BOOL: "?", Datatype.INT32: "i", Datatype.FP64: "d"}


@dataclass(frozen=True, slots=True)
class Given:
    """An input as it was sent. Its elements are not read yet: `count` is what its shape claims."""

    name: str
    shape: Sequence[int]
    data: Sequence[Any] | bytes

    @property
    def count(self) -> int:
        """The number of elements according to the shape."""
        return self.shape[0]

    def texts(self) -> list[str]:
        """Return the elements. Raises TensorError when they are not what the shape says, or no text."""
        if isinstance(self.data, bytes):
            return _unpacked(self.name, self.data, self.count)
        if len(self.data) != self.count:
            raise TensorError(f"{self.name}: {len(self.data):,} elements, but its shape says {self.count:,}")
        return [self._text(place, element) for place, element in enumerate(self.data)]

    def _text(self, place: int, element: Any) -> str:
        if len(self.shape) > 1 and isinstance(element, list) and len(element) == 1:
            element = element[0]
        if not isinstance(element, str):
            raise TensorError(f"{self.name}: element {place} is no string")
        return element


@dataclass(frozen=True, slots=True)
class Asked:
    """An inference request that is well-formed; its texts are still to be read."""

    request: InferRequest
    text: Given
    carrier: Given | None

    def pairs(self) -> list[tuple[str, str | None]]:
        """Return each text with its carrier. Raises TensorError."""
        texts = self.text.texts()
        carriers = [""] * len(texts) if self.carrier is None else self.carrier.texts()
        return [(text, carrier or None) for text, carrier in zip(texts, carriers, strict=True)]

    def binary(self, output: RequestedOutput | None) -> bool:
        """Whether an output is wanted in binary form: what it says itself, or else what the request says of all."""
        own = None if output is None or output.parameters is None else output.parameters.binary_data
        if own is None and self.request.parameters is not None:
            own = self.request.parameters.binary_data_output
        return bool(own)


@dataclass(frozen=True, slots=True)
class Tensor:
    """An output: its elements one after the other, row by row."""

    name: str
    datatype: Datatype
    shape: Sequence[int]
    values: Sequence[str] | Sequence[float]

    def packed(self) -> bytes:
        """Return the elements in binary form."""
        if self.datatype is Datatype.BYTES:
            encoded = [str(value).encode() for value in self.values]
            return b"".join(_SIZE.pack(len(value)) + value for value in encoded)
        return struct.pack(f"<{len(self.values)}{_PACKED[self.datatype]}", *self.values)


def read_request(body: bytes, header_length: str | None) -> Asked:
    """Read a request: JSON and, when the header says how long that is, binary data. Raises TensorError."""
    head, rest = _split(body, header_length)
    request = _read_json(head)
    given: dict[str, Given] = {}
    for tensor in request.inputs:
        if tensor.name in given:
            raise TensorError(f"{tensor.name}: the input is given twice")
        given[tensor.name], rest = _take(tensor, rest, binary=header_length is not None)
    if rest:
        raise TensorError(f"{len(rest):,} bytes follow the data of the last input")
    if "text" not in given:
        raise TensorError("text: the input is missing")
    text, carrier = given["text"], given.get("carrier")
    if carrier is not None and carrier.shape != text.shape:
        raise TensorError("carrier: its shape is not that of text: give an empty string for a quote without a carrier")
    return Asked(request, text, carrier)


def write_response(head: Mapping[str, Any], tensors: Sequence[tuple[Tensor, bool]]) -> tuple[bytes, int | None]:
    """Return the body with each tensor, in binary form where True, and the length of its JSON if there is any such."""
    outputs: list[dict[str, Any]] = []
    chunks: list[bytes] = []
    for tensor, binary in tensors:
        about = {"name": tensor.name, "datatype": tensor.datatype, "shape": tensor.shape}
        if binary:
            chunks.append(tensor.packed())
            outputs.append({**about, "parameters": {"binary_data_size": len(chunks[-1])}})
        else:
            outputs.append({**about, "data": tensor.values})
    written = json.dumps({**head, "outputs": outputs}, ensure_ascii=False, allow_nan=False).encode()
    return b"".join([written, *chunks]), len(written) if chunks else None


def _split(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    if header_length is None:
        return body, b""
    if not (header_length.isascii() and header_length.isdecimal() and len(header_length) <= _DIGITS):
        raise TensorError(f"{HEADER_LENGTH} is {header_length[:50]!r}: give the number of bytes of the JSON")
    length = int(header_length)
    if length > len(body):
        raise TensorError(f"{HEADER_LENGTH} is {length:,}, but the body has {len(body):,} bytes")
    return body[:length], body[length:]


def _read_json(head: bytes) -> InferRequest:
    try:
        return InferRequest.model_validate(bodies.loads(head))
    except json.JSONDecodeError as error:
        raise TensorError(f"the request is no JSON: {error.msg} at character {error.pos}") from error
    except UnicodeDecodeError as error:
        raise TensorError(f"the JSON is not UTF-8: byte {error.start}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TensorError(f"{place or 'the request'}: {first['msg']}") from error


def _take(tensor: InputTensor, rest: bytes, *, binary: bool) -> tuple[Given, bytes]:
    """Return an input, and the binary data of those that follow."""
    if tensor.shape[0] == 0 or tensor.shape[1:] not in ([], [1]):
        raise TensorError(f"{tensor.name}: its shape is {tensor.shape}: give [n] or [n, 1], n at least 1")
    size = None if tensor.parameters is None else tensor.parameters.binary_data_size
    if (size is None) == (tensor.data is None):
        raise TensorError(f"{tensor.name}: give either data or binary_data_size")
    if size is None:
        return Given(tensor.name, tensor.shape, tensor.data or []), rest
    if not binary:
        raise TensorError(f"{tensor.name}: binary data needs the header {HEADER_LENGTH}")
    if size > len(rest):
        raise TensorError(f"{tensor.name}: binary_data_size is {size:,}, but {len(rest):,} bytes are left of the body")
    return Given(tensor.name, tensor.shape, rest[:size]), rest[size:]


def _unpacked(name: str, data: bytes, count: int) -> list[str]:
    texts, at = [], 0
    for place in range(count):  # only a claim: the loop ends with the data
        start = at + _SIZE.size
        if start > len(data):
            raise TensorError(f"{name}: its data ends before element {place}, but its shape says {count:,}")
        at = start + _SIZE.unpack_from(data, at)[0]
        if at > len(data):
            raise TensorError(f"{name}: element {place} is said to be longer than what is left of the data")
        try:
            texts.append(data[start:at].decode())
        except UnicodeDecodeError as error:
            raise TensorError(f"{name}: element {place} is not UTF-8 at byte {error.start}") from error
    if at != len(data):
        raise TensorError(f"{name}: {len(data) - at:,} bytes follow element {count - 1}, the last by its shape")
    return texts
