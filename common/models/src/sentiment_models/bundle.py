"""``bundle.json``: what a model folder says about itself, read without any backend's library."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification

LABELS = ("negative", "neutral", "positive")
"""Every bundle's labels, in the order of the columns of its probabilities."""

BUNDLE, TEXT_SPECIFICATION = "bundle.json", "text_spec"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Bundle:
    """The facts about a model that its readers need before they load it.

    Attributes:
        name: Name of the model, e.g. ``baseline``.
        backend: Which reader opens it: ``linear``, ``tensorflow``, ``onnx``
            or ``ensemble``.
        text_specification: ``sha256:`` digest of the text specification it was trained with.
        labels: Labels in the order of the probability columns.
        runtime: Distribution name to version of what computed its probabilities in training.
        metrics: Figures of its training, by name.
        schema_version: Version of this file's layout.
    """

    name: str
    backend: str
    text_specification: str
    labels: tuple[str, ...] = LABELS
    runtime: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


def write_bundle(folder: Path, bundle: Bundle, text_specification: Path) -> None:
    """Writes ``bundle.json`` and copies the text specification beside it.

    Args:
        folder: The bundle's folder; its backend's files are written by the backend's module.
        bundle: The facts.
        text_specification: Folder of the saved specification the model was trained with.

    Raises:
        InputError: The folder holds another specification than ``bundle`` names.
    """
    _check_specification(text_specification, bundle)
    shutil.copytree(text_specification, folder / TEXT_SPECIFICATION)
    write_json(folder / BUNDLE, asdict(bundle))


def read_bundle(folder: Path) -> Bundle:
    """Reads ``bundle.json``.

    Raises:
        InputError: It is missing, no bundle's, of another schema version, or its labels are not
            this system's.
    """
    path = folder / BUNDLE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"no {BUNDLE} here", where=str(folder), mend="give the folder of a model"
        ) from error
    except ValueError as error:
        raise InputError(f"not JSON ({error})", where=str(path)) from error
    bundle = _parsed(stored, path)
    if bundle.labels != LABELS:
        raise InputError(
            f"its labels are {', '.join(bundle.labels)}, wanted are {', '.join(LABELS)}",
            where=str(path),
        )
    return bundle


def read_specification(folder: Path, bundle: Bundle) -> TextSpecification:
    """Reads a bundle's text specification.

    Raises:
        InputError: It is missing, was changed, or is not the one the model was trained with.
    """
    return _check_specification(folder / TEXT_SPECIFICATION, bundle)


def _parsed(stored: Any, path: Path) -> Bundle:
    known = {item.name for item in fields(Bundle)}
    needed = {"name", "backend", "text_specification", "labels"}
    if not isinstance(stored, dict) or not needed <= set(stored):
        raise InputError("not a bundle's description", where=str(path))
    if stored.get("schema_version") != SCHEMA_VERSION or not set(stored) <= known:
        raise InputError(
            f"wanted a bundle of schema {SCHEMA_VERSION}, got {stored.get('schema_version')}",
            where=str(path),
            mend="use the sentiment-models that came with the stage which made the model",
        )
    return Bundle(**{**stored, "labels": tuple(stored["labels"])})


def _check_specification(folder: Path, bundle: Bundle) -> TextSpecification:
    specification = TextSpecification.load(folder)
    if specification.digest != bundle.text_specification:
        raise InputError(
            f"its text specification is {specification.digest}, but model {bundle.name!r} was "
            f"trained with {bundle.text_specification}",
            where=str(folder),
            mend="restore the whole model from its registry",
        )
    return specification
