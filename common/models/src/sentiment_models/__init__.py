"""The one place where a model bundle is opened: raw text in, calibrated probabilities out."""

from sentiment_models.bundle import LABELS, Bundle
from sentiment_models.loading import load
from sentiment_models.predictor import Predictor

__all__ = ["LABELS", "Bundle", "Predictor", "load"]
