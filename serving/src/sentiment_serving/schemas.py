"""What the service takes and gives, and how much of it: the published contract."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_TEXTS = 256
MAX_EXPLAINED, MAX_EXPLAINED_CHARACTERS = 32, 20_000
"""Texts of a request with ``explain``, and their length: each word costs a prediction."""
MAX_CHARACTERS = 10_000
MAX_BODY_BYTES = 1 << 20
MAX_RECORDS, MAX_INVOCATION_BYTES = 20_000, 6 << 20
"""Of a request to ``/invocations``: SageMaker's Batch Transform sends up to 6 MiB at a time."""
REQUEST_ID = r"^[A-Za-z0-9._-]{1,64}$"
"""What a caller may send as ``X-Request-Id``; the service makes one up for everything else."""
SPEAKER = r"^[A-Za-z0-9._-]{0,64}$"
"""Who gives feedback: a word, since it is kept."""

MAX_CALLER_BYTES = 256
"""Of an ``X-Caller-Id``."""
MAX_FEEDBACK_BYTES = 1 << 19

Label = Literal["negative", "neutral", "positive"]
Text = Annotated[str, StringConstraints(max_length=MAX_CHARACTERS)]


def _absent() -> Any:
    return None


class PredictRequest(BaseModel):
    """Either ``texts`` or ``text``; an empty text is a text."""

    # Customer feedback must not reach the log, not even inside the message of a refused request.
    model_config = ConfigDict(
        title="PredictRequest", extra="forbid", hide_input_in_errors=True, strict=True,
        json_schema_extra={
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
            "example": {"texts": ["Arrived late, works well."], "explain": True},
        },
    )  # fmt: skip

    # One that is absent is None, but nobody may send null: hence factories instead of defaults.
    texts: list[Text] = Field(
        default_factory=_absent, min_length=1, max_length=MAX_TEXTS,
        examples=[["Great!", "It broke."]],
    )  # fmt: skip
    text: Text = Field(default_factory=_absent, examples=["Arrived late, works well."])
    explain: bool = Field(
        default=False, description="Say for each word how much it speaks for each label."
    )
    model: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        default_factory=_absent,
        description="One of the names of GET /models; by default the default one.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "PredictRequest":
        if (self.texts is None) == (self.text is None):
            raise ValueError("give either 'texts' or 'text'")
        if self.explain and len(self.texts or ()) > MAX_EXPLAINED:
            raise ValueError(f"'explain' takes at most {MAX_EXPLAINED} texts")
        if self.explain and sum(map(len, self.all_texts())) > MAX_EXPLAINED_CHARACTERS:
            raise ValueError(f"'explain' takes at most {MAX_EXPLAINED_CHARACTERS} characters")
        return self

    def all_texts(self) -> list[str]:
        """Returns the texts to score, one or many."""
        return [self.text] if self.text is not None else list(self.texts or ())


class Probabilities(BaseModel):
    """Calibrated probabilities; they sum to 1."""

    negative: float
    neutral: float
    positive: float


class LogOdds(BaseModel):
    """Changes of log-odds; positive speaks for the label."""

    negative: float
    neutral: float
    positive: float


class Contribution(BaseModel):
    """What one word adds to each label: the change of the label's log-odds that it makes."""

    word: str
    start: int = Field(description="Where the word begins in the text, in code points.")
    values: LogOdds


class Prediction(BaseModel):
    """The most probable label of one text, and the probabilities of all."""

    label: Label
    probabilities: Probabilities
    contributions: list[Contribution] | None = Field(
        default=None, description="Only with 'explain': one entry a word, in the text's order."
    )


class FeedbackRequest(BaseModel):
    """What the labels of an answered request should have been; of several the last counts."""

    model_config = ConfigDict(
        title="FeedbackRequest", extra="forbid", hide_input_in_errors=True, strict=True,
        json_schema_extra={
            "oneOf": [{"required": ["label"]}, {"required": ["labels"]}],
            "example": {"request_id": "order-17", "label": "negative", "by": "agent"},
        },
    )  # fmt: skip

    request_id: Annotated[str, StringConstraints(pattern=REQUEST_ID)] = Field(
        description="The X-Request-Id of the answer."
    )
    label: Label = Field(default_factory=_absent)
    labels: list[Label] = Field(
        default_factory=_absent, min_length=1, max_length=MAX_RECORDS,
        description="Of several texts, from `position` on.",
    )  # fmt: skip
    position: Annotated[int, Field(ge=0, lt=MAX_RECORDS)] = Field(
        default=0, description="Place of the text in its request, from 0."
    )
    by: Annotated[str, StringConstraints(pattern=SPEAKER)] = Field(
        default="", description="Who says so, e.g. agent or customer."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "FeedbackRequest":
        if (self.label is None) == (self.labels is None):
            raise ValueError("give either 'label' or 'labels'")
        if self.position + len(self.all_labels()) > MAX_RECORDS:
            raise ValueError(f"no request has more than {MAX_RECORDS} texts")
        return self

    def all_labels(self) -> list[Label]:
        """Returns the labels, one or many."""
        return [self.label] if self.label is not None else list(self.labels or ())


class FeedbackResponse(BaseModel):
    """How many labels were taken; they are on the disk within a second."""

    model_config = ConfigDict(title="FeedbackResponse")

    accepted: int


class ServedModel(BaseModel):
    """Which model answered."""

    name: str = Field(description="The name that a request picks it by.")
    digest: str = Field(description="Digest of the bundle.")
    version: str | None = Field(default=None, description="Its version in the registry, if any.")


class PredictResponse(BaseModel):
    """One prediction a text, in the order of the request."""

    model_config = ConfigDict(title="PredictResponse")

    predictions: list[Prediction]
    model: ServedModel


class ListedModel(ServedModel):
    """A model that the service has loaded."""

    bundle: str = Field(description="The name it was trained under, e.g. baseline.")
    backend: str
    text_specification: str = Field(description="Digest of its text specification.")
    source: str = Field(description="registry or folder")
    default: bool = Field(description="Whether it answers requests that name no model.")


class ModelsResponse(BaseModel):
    """The models that can be asked, the default one first."""

    models: list[ListedModel]


class ErrorResponse(BaseModel):
    """Why a request was refused, without its text."""

    error: str
