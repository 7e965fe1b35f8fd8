"""The bodies of requests and answers, as they stand in the OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SkipValidation, StrictInt, StrictStr, field_validator

from model.quote import MAX_CHARACTERS, SLOT

_REQUEST = ConfigDict(extra="forbid", frozen=True)

QUOTE_EXAMPLES: list[dict[str, str]] = [
    {"id": "a1", "text": "We are ready to sit down with them tomorrow, without conditions."},
    {
        "id": "a2",
        "text": "a provocation",
        "carrier": "The foreign minister called the manoeuvres [Q] and recalled the ambassador.",
    },
    {"id": "a3", "text": "The committee will meet again on 14 May."},
]


def _example(body: Any) -> dict[str, JsonValue]:
    return {"examples": [body]}


class QuoteIn(BaseModel):
    """One quote. It is judged in the light of its carrier, of which up to a third of the model's window is read."""

    model_config = _REQUEST

    text: str = Field(description=f"The words between the quotation marks, 1 to {MAX_CHARACTERS:,} characters.")
    carrier: str | None = Field(
        default=None, description=f"The sentence around the quote, with {SLOT} (or the quote itself) in its place."
    )
    id: StrictStr | StrictInt | None = Field(default=None, description="Comes back with the answer.")

    @field_validator("id")
    @classmethod
    def _can_come_back(cls, value: str | int | None) -> str | int | None:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise ValueError("not valid Unicode") from error
        return value


class StanceRequest(BaseModel):
    """Quotes to judge."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_example({"quotes": QUOTE_EXAMPLES}))

    # The route validates each quote by itself, so that a bad one does not spoil the others.
    quotes: list[SkipValidation[QuoteIn]] = Field(min_length=1)


class Problem(BaseModel):
    """What went wrong, after RFC 9457; `code` is stable and meant for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


class ModelOut(BaseModel):
    """Which model answered: name, and the SHA-256 that stands for every byte of its bundle."""

    name: str
    digest: str
    deterministic: bool = Field(
        default=True, description="On one machine the same quote and carrier always get the same bits from this bundle."
    )


class StanceOut(BaseModel):
    """The stance of one quote."""

    id: str | int | None
    label: str
    probabilities: dict[str, float]
    tone: float | None = Field(description="P(conciliatory) - P(hostile), in [-1, 1].")
    uncertain: bool = Field(description="The largest probability is below the bundle's threshold.")
    windows: int = Field(description="In how many pieces the quote was read; more than 1 for long quotes.")


class QuoteProblem(BaseModel):
    """What was wrong with one quote; the others are answered."""

    id: str | int | None
    error: Problem


class StanceAnswer(BaseModel):
    """One result a quote, in the order of the request."""

    model: ModelOut
    results: list[StanceOut | QuoteProblem]


class PredictParameters(BaseModel):
    """Parameters of the text-classification task."""

    model_config = _REQUEST

    top_k: int | None = Field(default=None, ge=1, description="How many labels a text; all by default.")
    function_to_apply: Literal["softmax"] | None = None

    @field_validator("top_k", mode="before")
    @classmethod
    def _counts(cls, value: Any) -> Any:
        if isinstance(value, bool):  # pydantic would take true for 1
            raise ValueError("a number is wanted")  # noqa: TRY004, pydantic's validators raise ValueError
        return value


class PredictRequest(BaseModel):
    """A text-classification request as Hugging Face clients send it."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra=_example({"inputs": QUOTE_EXAMPLES[0]["text"]})
    )

    # An error an item could fill the memory.
    inputs: str | Annotated[list[str], Field(min_length=1, fail_fast=True)]
    parameters: PredictParameters | None = None


class LabelScore(BaseModel):
    """A label and its probability."""

    label: str
    score: float


class Health(BaseModel):
    """The state of the process."""

    status: Literal["ok"] = "ok"


class ManifestOut(BaseModel):
    """The bundle's manifest, its digest and the promise that answers depend on the quote alone."""

    model_config = ConfigDict(extra="allow")

    digest: str
    deterministic: bool
