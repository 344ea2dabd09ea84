"""The code of the registered model (MLflow's models-from-code): raw texts in, predictions out.

MLflow keeps this file and the sentiment packages inside the model, so that it loads where they are
not installed. ``list[str]`` is the whole signature: MLflow checks requests against it.
"""

import mlflow
import pydantic
from mlflow.pyfunc.model import PythonModel, PythonModelContext


class Prediction(pydantic.BaseModel):
    """The most probable label of a text and the probability of each."""

    label: str
    negative: float
    neutral: float
    positive: float


class SentimentModel(PythonModel):
    """Opens the bundle and scores texts with it."""

    def load_context(self, context: PythonModelContext) -> None:
        """Opens the bundle that lies inside the model."""
        # MLflow puts the packages it kept on the path only while it loads the model.
        from sentiment_models import load

        self._predictor = load(context.artifacts["bundle"])

    def predict(self, context: PythonModelContext, model_input: list[str]) -> list[Prediction]:
        """Returns label and probabilities of each text, as mappings."""
        labels = self._predictor.labels
        return [
            {"label": labels[row.argmax()], **dict(zip(labels, row.tolist(), strict=True))}
            for row in self._predictor.predict_proba(model_input)
        ]


mlflow.models.set_model(SentimentModel())
