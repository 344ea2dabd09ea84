"""Opens a bundle with the backend it names; a backend's library is imported only then."""

from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_models.bundle import read_bundle, read_specification
from sentiment_models.predictor import Predictor


def load(folder: Path | str) -> Predictor:
    """Opens a bundle.

    Args:
        folder: The bundle's folder.

    Raises:
        InputError: The folder is no bundle, its text specification is not the one the model was
            trained with, or its backend is unknown or not installed.
    """
    folder = Path(folder)
    bundle = read_bundle(folder)
    specification = read_specification(folder, bundle)
    if bundle.backend == "linear":
        from sentiment_models.linear import LinearPredictor

        return LinearPredictor.load(folder, bundle, specification)
    if bundle.backend == "tensorflow":
        from sentiment_models.tensorflow import TensorflowPredictor

        return TensorflowPredictor.load(folder, bundle)
    if bundle.backend == "onnx":
        from sentiment_models.onnx import OnnxPredictor

        return OnnxPredictor.load(folder, bundle, specification)
    if bundle.backend == "ensemble":
        from sentiment_models.ensemble import EnsemblePredictor

        return EnsemblePredictor.load(folder, bundle, load)
    raise InputError(
        f"unknown backend {bundle.backend!r}",
        where=str(folder),
        mend="known are linear, tensorflow, onnx and ensemble; use a newer sentiment-models",
    )
