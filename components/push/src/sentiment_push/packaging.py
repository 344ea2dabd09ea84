"""Wraps a bundle as an MLflow model, without guessing: every requirement is written down."""

import logging
import shutil
from importlib.metadata import version
from pathlib import Path

import mlflow
import mlflow.pyfunc

import sentiment_common
import sentiment_models
from sentiment_models.bundle import BUNDLE, read_bundle
from sentiment_push import smoke

EVERY = ("google-re2", "numpy")
REQUIREMENTS = {"tensorflow": ("tensorflow-cpu",), "onnx": ("onnxruntime", "tokenizers")}
SERVED_MODEL = Path(__file__).with_name("served_model.py")


def write_mlflow_model(bundle: Path, folder: Path) -> None:
    """Writes an MLflow model that holds the bundle and the code that opens it.

    Args:
        bundle: The bundle's folder.
        folder: Where to write; must not exist, and its parent is scratch.
    """
    # Readers find the bundle as artifacts/bundle, however its folder is called here.
    named = folder.with_name("bundle")
    shutil.copytree(bundle, named)
    # It would warn that pip is not installed here; the model's environment names its own.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    mlflow.pyfunc.save_model(
        path=str(folder),
        python_model=str(SERVED_MODEL),
        artifacts={"bundle": str(named)},
        code_paths=[
            str(Path(package.__path__[0])) for package in (sentiment_common, sentiment_models)
        ],
        pip_requirements=requirements(bundle),
    )


def requirements(bundle: Path) -> list[str]:
    """Returns what the model needs, pinned to what it was tested with here."""
    # A bundle may hold others: those of an ensemble's members.
    backends = {read_bundle(path.parent).backend for path in bundle.rglob(BUNDLE)}
    names = [*EVERY, *(name for it in sorted(backends) for name in REQUIREMENTS.get(it, ()))]
    return [f"mlflow=={mlflow.__version__}", *(f"{name}=={version(name)}" for name in names)]


def check(
    folder: Path, predictor: sentiment_models.Predictor, tolerated: float = smoke.TOLERANCE
) -> None:
    """Loads the written model and compares it with the bundle it was made from.

    Args:
        folder: The written model.
        predictor: The loaded bundle.
        tolerated: By how much their answers may differ.

    Raises:
        InputError: It answers differently.
    """
    loaded = mlflow.pyfunc.load_model(str(folder))
    texts = list(smoke.AWKWARD.values())
    answers = loaded.predict(texts)
    smoke.compare(
        [[answer[label] for label in predictor.labels] for answer in answers],
        predictor.predict_proba(texts),
        where=str(folder),
        tolerated=tolerated,
    )
