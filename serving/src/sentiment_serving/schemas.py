"""What ``/predict`` takes and gives, and how much of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_TEXTS = 256
MAX_CHARACTERS = 10_000
MAX_BODY_BYTES = 1 << 20

Text = Annotated[str, StringConstraints(max_length=MAX_CHARACTERS)]


class PredictRequest(BaseModel):
    """Either ``texts`` or ``text``; an empty text is a text."""

    # Customer feedback must not reach the log, not even inside the message of a refused request.
    model_config = ConfigDict(title="PredictRequest", extra="forbid", hide_input_in_errors=True)

    texts: list[Text] | None = Field(
        default=None, min_length=1, max_length=MAX_TEXTS, examples=[["Great!", "It broke."]]
    )
    text: Text | None = Field(default=None, examples=["Arrived late, works well."])

    @model_validator(mode="after")
    def _one_of_both(self) -> "PredictRequest":
        if (self.texts is None) == (self.text is None):
            raise ValueError("give either 'texts' or 'text'")
        return self

    def all_texts(self) -> list[str]:
        """Returns the texts to score, one or many."""
        return [self.text] if self.text is not None else list(self.texts or ())


class Probabilities(BaseModel):
    """Calibrated probabilities; they sum to 1."""

    negative: float
    neutral: float
    positive: float


class Prediction(BaseModel):
    """The most probable label of one text, and the probabilities of all."""

    label: Literal["negative", "neutral", "positive"]
    probabilities: Probabilities


class ServedModel(BaseModel):
    """Which model answered."""

    name: str
    digest: str


class PredictResponse(BaseModel):
    """One prediction a text, in the order of the request."""

    model_config = ConfigDict(title="PredictResponse")

    predictions: list[Prediction]
    model: ServedModel
