"""The bodies of the Open Inference Protocol, as they stand in the OpenAPI document."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema, field_validator, model_validator

_FROZEN = ConfigDict(frozen=True, strict=True)
_LARGEST = 2**63 - 1  # what clients can represent
_MOST_OUTPUTS = 16  # more than there are

EXAMPLE: dict[str, JsonValue] = {
    "id": "42",
    "inputs": [
        {
            "name": "text",
            "shape": [2],
            "datatype": "BYTES",
            "data": ["We are ready to sit down with them tomorrow.", "a provocation"],
        },
        {"name": "carrier", "shape": [2], "datatype": "BYTES", "data": ["", "The minister called it [Q] and left."]},
    ],
    "outputs": [{"name": "label"}, {"name": "probabilities"}],
}


class _Parameters(BaseModel):
    """Unknown parameters are no business of ours, but for those that say where the data lies or what it means."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @model_validator(mode="after")
    def _understood(self) -> Self:
        for name in self.model_extra or {}:
            if name == "classification" or name.startswith("shared_memory"):
                raise ValueError(f"{name[:50]!r} is not supported: leave it out")
        return self


class InputParameters(_Parameters):
    """Parameters of an input."""

    binary_data_size: int | None = Field(
        default=None, ge=0, le=_LARGEST, description="How many bytes of the data after the JSON belong to this input."
    )


class OutputParameters(_Parameters):
    """Parameters of an output."""

    binary_data: bool | None = Field(default=None, description="Whether it comes in binary form, after the JSON.")


class InferParameters(_Parameters):
    """Parameters of a request."""

    binary_data_output: bool | None = Field(
        default=None, description="Whether outputs that do not say otherwise come in binary form."
    )


# These schemas say more than the types do: serve.tensors reads the rest, where a thousand bad ones are one error.
_DIMENSIONS = [{"type": "integer", "minimum": 1, "maximum": _LARGEST}, {"const": 1}]
_SHAPE = {"type": "array", "prefixItems": _DIMENSIONS, "items": False, "minItems": 1}
_TEXT = {"type": "string"}
_ROW = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1}
_DATA = {"type": "array", "items": {"anyOf": [_TEXT, _ROW]}, "minItems": 1}
_Dimension = Annotated[int, Field(ge=0, le=_LARGEST)]
_Shape = Annotated[list[_Dimension], Field(min_length=1, max_length=2), WithJsonSchema(_SHAPE)]
_Data = Annotated[list[Any], WithJsonSchema(_DATA)]


class InputTensor(BaseModel):
    """An input: `text` has the quotes, `carrier` the sentence around each, empty for a quote that has none."""

    model_config = _FROZEN

    name: Literal["text", "carrier"]
    shape: _Shape = Field(description="[n] or [n, 1].")
    datatype: Literal["BYTES"]
    data: _Data | None = Field(default=None, description="One string a quote; left out when it comes in binary form.")
    parameters: InputParameters | None = None


class RequestedOutput(BaseModel):
    """An output that is wanted."""

    model_config = _FROZEN

    name: str
    parameters: OutputParameters | None = None


class InferRequest(BaseModel):
    """The JSON of an inference request."""

    model_config = ConfigDict(frozen=True, strict=True, json_schema_extra={"examples": [EXAMPLE]})

    id: str | None = Field(default=None, description="Comes back with the answer.")
    inputs: list[InputTensor] = Field(min_length=1, max_length=2)
    outputs: list[RequestedOutput] | None = Field(
        default=None, max_length=_MOST_OUTPUTS, description="All outputs by default."
    )
    parameters: InferParameters | None = None

    @field_validator("id")
    @classmethod
    def _can_come_back(cls, value: str | None) -> str | None:
        try:
            (value or "").encode()
        except UnicodeEncodeError as error:
            raise ValueError("not valid Unicode") from error
        return value


class OutputTensor(BaseModel):
    """An output, its elements row by row."""

    name: str
    datatype: str
    shape: list[int]
    data: list[str] | list[bool] | list[float] | None = Field(default=None, description="Left out in binary form.")
    parameters: dict[str, int] | None = Field(default=None, description="binary_data_size, in binary form.")


class InferResponse(BaseModel):
    """The JSON of an inference response."""

    id: str | None = None
    model_name: str
    model_version: str
    parameters: dict[str, str] = Field(description="digest: the SHA-256 that stands for every byte of the bundle.")
    outputs: list[OutputTensor]


class ServerMetadata(BaseModel):
    """What the server is and what it does beyond the protocol."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(BaseModel):
    """The process lives."""

    live: Literal[True] = True


class ServerReady(BaseModel):
    """The model has answered a first quote, and the server has not been told to end."""

    ready: Literal[True] = True


class ModelReady(BaseModel):
    """The model can be asked."""

    name: str
    ready: Literal[True] = True


class TensorMetadata(BaseModel):
    """An input or output; -1 stands for the number of quotes."""

    name: str
    datatype: str
    shape: list[int]


class ModelParameters(BaseModel):
    """Which bundle it is, and what the columns of `probabilities` are."""

    digest: str
    labels: list[str]


class ModelMetadata(BaseModel):
    """What the model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: ModelParameters


class OipError(BaseModel):
    """What went wrong."""

    error: str


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON schema with no reference in it, for a body that FastAPI does not read itself."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def without_references(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return without_references(definitions[node["$ref"].rpartition("/")[2]])
            return {key: without_references(value) for key, value in node.items()}
        return [without_references(value) for value in node] if isinstance(node, list) else node

    inline: dict[str, Any] = without_references(schema)
    return inline
