"""A scikit-learn pipeline behind BentoML, after the examples in BentoML's documentation."""

import bentoml
import joblib


@bentoml.service
class SentimentClassifier:
    """Probabilities of negative, neutral and positive."""

    stored = bentoml.models.BentoModel("tfidf_lr:latest")

    def __init__(self) -> None:
        self.pipeline = joblib.load(self.stored.path_of("model.pkl"))

    @bentoml.api
    def predict(self, texts: list[str]) -> list[list[float]]:
        """Scores texts, in their order."""
        return self.pipeline.predict_proba(texts).tolist()
