"""Whether a bundle may be served: what it says about itself, and whether it is still that."""

import importlib.util
import math
from pathlib import Path

from sentiment_common.artifacts import MANIFEST, MODEL, payload_digest, read_intact
from sentiment_common.errors import InputError
from sentiment_models import Predictor, reference
from sentiment_models.bundle import Bundle, read_bundle
from sentiment_models.ensemble import MEMBERS, load_blend
from sentiment_models.reference import Reference

LIBRARIES = {"tensorflow": "tensorflow", "onnx": "onnxruntime"}
"""Backend to the module it needs, where that is not part of the lean environment."""
REHEARSED = ("", "good", "This is not good at all, it broke after two days! :(")
TOLERANCE = 1e-6
ENSEMBLE = "ensemble"


def check(folder: Path) -> tuple[Bundle, str]:
    """Reads what a bundle says about itself, without loading it.

    Returns:
        The bundle's facts and the digest of its payload.

    Raises:
        InputError: The folder is no bundle, was changed since it was made, needs a backend that is
            not installed, or has a reference that cannot be used.
    """
    bundle = read_bundle(folder)
    digest = _checked_digest(folder)
    for backend in sorted(backends(folder, bundle)):
        needed = LIBRARIES.get(backend)
        if needed and importlib.util.find_spec(needed) is None:
            raise InputError(
                f"model {bundle.name!r} needs {needed}, which is not installed",
                where=str(folder),
                mend="serve it from the environment of requirements-tensorflow.lock",
            )
    reference_of(folder, bundle)
    return bundle, digest


def reference_of(folder: Path, bundle: Bundle) -> Reference | None:
    """Reads what a bundle's training looked like; None if it does not say.

    Raises:
        InputError: It is damaged, or is that of other words than the bundle's.
    """
    known = reference.read(folder)
    if known is not None and known.text_specification != bundle.text_specification:
        raise InputError(
            f"made with the text specification {known.text_specification}, its bundle with "
            f"{bundle.text_specification}",
            where=str(folder / reference.REFERENCE), mend=reference.RETRAIN,
        )  # fmt: skip
    return known


def backends(folder: Path, bundle: Bundle) -> frozenset[str]:
    """Returns what executes a bundle: its backend and, of an ensemble, those of its members.

    Raises:
        InputError: A member is no bundle.
    """
    found = {bundle.backend}
    if bundle.backend == ENSEMBLE:
        for name in load_blend(folder).members:
            member = folder / MEMBERS / name
            found |= backends(member, read_bundle(member))
    return frozenset(found)


def rehearse(predictor: Predictor, folder: Path) -> None:
    """Makes sure that a loaded model answers with probabilities.

    Raises:
        InputError: It does not.
    """
    for row in predictor.predict_proba(REHEARSED).tolist():
        if not all(map(math.isfinite, row)) or abs(sum(row) - 1) > TOLERANCE:
            raise InputError(
                "it does not answer with probabilities", where=str(folder),
                mend="train and push it again",
            )  # fmt: skip


def _checked_digest(folder: Path) -> str:
    """Digests the payload; what a stage made must still be what its manifest records."""
    if not (folder / MANIFEST).is_file():
        return payload_digest(folder)
    return read_intact(folder, MODEL).digest
