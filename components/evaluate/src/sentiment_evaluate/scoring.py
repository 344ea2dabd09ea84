"""Loads a model and scores the splits with it, the way production will: raw text in."""

import json
import logging
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment_common.artifacts import CHAMPION, MODEL, Manifest, read_intact, read_manifest
from sentiment_common.errors import InputError
from sentiment_evaluate.examples import Split
from sentiment_evaluate.metrics import Floats
from sentiment_models import Predictor, load
from sentiment_models.bundle import read_bundle

logger = logging.getLogger(__name__)
CHUNK, TIMED_TEXTS, WARM_UP = 4096, 50, 5


@dataclass(frozen=True)
class Contender:
    """A model in the comparison.

    Attributes:
        role: The input it came in by: ``candidate``, ``candidate_2``, ... or ``champion``.
        name: How the report calls it; no two contenders share a name.
        model: Name of the model, from its bundle.
        folder: The bundle.
        manifest: Its ``artifact.json``.
    """

    role: str
    name: str
    model: str
    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> str:
        """Digest of the bundle."""
        return self.manifest.digest

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Scores:
    """What a model said.

    Attributes:
        validation: Probabilities [n, 3].
        test: Probabilities [n, 3].
        milliseconds_per_text: Median time of a call with one text.
    """

    validation: Floats
    test: Floats
    milliseconds_per_text: float


def candidates(folders: Sequence[tuple[str, Path]]) -> list[Contender]:
    """Describes the candidates, given as (input name, folder).

    Raises:
        InputError: A folder holds no bundle, or one that was changed.
    """
    found: list[Contender] = []
    for role, folder in folders:
        model = read_bundle(folder).name
        taken = model in {contender.name for contender in found}
        name = f"{model} ({role})" if taken else model
        found.append(Contender(role, name, model, folder, read_intact(folder, MODEL)))
    return found


def trained_apart(found: Sequence[Contender]) -> str:
    """Returns a warning if the candidates were trained on different data, else an empty string.

    Whichever was trained on another split of it may have seen the rows it is judged on.
    """
    data = {it.name: it.manifest.inputs.get("train_features") for it in found}
    if len(set(data.values())) < 2:
        return ""
    return f"{', '.join(data)} were trained on different data: some may have seen these test rows"


def champion(folder: Path) -> Contender | None:
    """Describes the champion; None where nothing has been promoted yet.

    Raises:
        InputError: The artifact is incomplete or its bundle is another one than it says.
    """
    read_manifest(folder, CHAMPION)
    facts = json.loads((folder / "champion.json").read_text(encoding="utf-8"))
    if facts["digest"] is None:
        return None
    bundle = folder / "bundle"
    manifest = read_intact(bundle, MODEL)
    if manifest.digest != facts["digest"]:
        raise InputError(
            f"the bundle's digest is {manifest.digest}, champion.json says {facts['digest']}",
            where=str(folder),
            mend="resolve the champion from the registry again",
        )
    model = read_bundle(bundle).name
    return Contender("champion", f"champion ({model})", model, bundle, manifest)


def score(contender: Contender, validation: Split, test: Split) -> Scores:
    """Scores both splits with a contender's bundle.

    Raises:
        InputError: The bundle cannot be loaded, or gives what are no probabilities.
    """
    logger.info("scoring with %s", contender.name)
    predictor = load(contender.folder)
    return Scores(
        _probabilities(predictor, validation, contender),
        _probabilities(predictor, test, contender),
        _milliseconds_per_text(predictor, test.texts[:TIMED_TEXTS]),
    )


def _probabilities(predictor: Predictor, split: Split, contender: Contender) -> Floats:
    parts = []
    for start in range(0, len(split), CHUNK):
        parts.append(predictor.predict_proba(split.texts[start : start + CHUNK]))
        if start:
            logger.info("%s: %d of %d rows", split.name, start, len(split))
    probabilities: Floats = np.concatenate(parts)
    if not np.isfinite(probabilities).all() or abs(probabilities.sum(axis=1) - 1).max() > 1e-6:
        raise InputError(
            f"model {contender.name!r} gives no probabilities for every {split.name} text",
            where=str(contender.folder),
            mend="train it again",
        )
    return probabilities


def _milliseconds_per_text(predictor: Predictor, texts: Sequence[str]) -> float:
    seconds = []
    for text in [*texts[:WARM_UP], *texts]:
        start = time.perf_counter()
        predictor.predict_proba([text])
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds[len(texts[:WARM_UP]) :])
