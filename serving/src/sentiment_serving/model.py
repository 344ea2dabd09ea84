"""Which bundle is served, and its probabilities as the service's answer."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import sentiment_models
from sentiment_common.artifacts import MANIFEST, MODEL, payload_digest, read_intact
from sentiment_common.errors import InputError
from sentiment_models.bundle import Bundle, read_bundle
from sentiment_serving.schemas import Prediction, PredictResponse, Probabilities, ServedModel

VARIABLE = "SENTIMENT_MODEL"
BUNDLED = "sentiment_bundle"
FAST_BACKEND, SLOW_BACKEND = "linear", "tensorflow"
INLINE_CHARACTERS = 20_000


def bundle_folder(given: str | None = None) -> Path:
    """Returns the folder of the bundle to serve.

    It is the given one, else ``SENTIMENT_MODEL``, else the one that lies in the Bento beside this
    package.

    Raises:
        InputError: There is none of the three.
    """
    if named := given or os.environ.get(VARIABLE):
        return Path(named).absolute()
    packed = Path(__file__).parent.parent / BUNDLED
    if not packed.is_dir():
        raise InputError(
            "no model to serve", mend=f"give --model, set {VARIABLE}, or serve a built Bento"
        )
    return packed


def check(folder: Path) -> tuple[Bundle, str]:
    """Reads what a bundle says about itself, without loading it.

    Returns:
        The bundle's facts and the digest of its payload.

    Raises:
        InputError: The folder is no bundle, was changed since it was made, or needs a backend that
            is not installed.
    """
    bundle = read_bundle(folder)
    digest = _checked_digest(folder)
    if bundle.backend == SLOW_BACKEND and importlib.util.find_spec("tensorflow") is None:
        raise InputError(
            f"model {bundle.name!r} needs TensorFlow, which is not installed",
            where=str(folder),
            mend="serve it from the environment of requirements-tensorflow.lock",
        )
    return bundle, digest


def _checked_digest(folder: Path) -> str:
    """Digests the payload; what a stage made must still be what its manifest records."""
    if not (folder / MANIFEST).is_file():
        return payload_digest(folder)
    return read_intact(folder, MODEL).digest


def rehearse(folder: Path) -> tuple[Bundle, str]:
    """Makes sure that a worker can open a bundle, by opening it unless that takes seconds.

    Returns:
        What ``check`` returns.

    Raises:
        InputError: The bundle cannot be used.
    """
    bundle, digest = check(folder)
    if bundle.backend != SLOW_BACKEND:
        sentiment_models.load(folder)
    return bundle, digest


class OpenModel:
    """A loaded bundle that answers with predictions.

    Args:
        folder: The bundle's folder.

    Raises:
        InputError: The bundle cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        bundle, digest = check(folder)
        self.served = ServedModel(name=bundle.name, digest=digest)
        self._predictor = sentiment_models.load(folder)
        self._fast = bundle.backend == FAST_BACKEND
        # The first call of a TensorFlow graph traces it; no customer shall wait for that.
        self._predictor.predict_proba([""])

    def is_instant(self, texts: Sequence[str]) -> bool:
        """Whether scoring takes less time than handing the texts to another thread would."""
        return self._fast and sum(map(len, texts)) <= INLINE_CHARACTERS

    def answer(self, texts: Sequence[str]) -> PredictResponse:
        """Scores texts, in their order."""
        labels = self._predictor.labels
        predictions = [
            Prediction(
                label=max(row, key=row.__getitem__),
                probabilities=Probabilities.model_construct(**row),
            )
            for values in self._predictor.predict_proba(texts).tolist()
            for row in [dict(zip(labels, values, strict=True))]
        ]
        return PredictResponse(predictions=predictions, model=self.served)
