"""Who takes part: the candidates and the champion, described without opening them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import (
    CHAMPION,
    MODEL,
    OUTSIDE_DIGEST,
    Manifest,
    read_intact,
    read_manifest,
)
from sentiment_common.errors import InputError
from sentiment_models.bundle import read_bundle


@dataclass(frozen=True)
class Contender:
    """A model in the comparison.

    Attributes:
        role: The input it came in by: ``candidate``, ``candidate_2``, ... or ``champion``.
        name: How the report calls it; no two contenders share a name.
        model: Name of the model, from its bundle.
        backend: What opens the bundle.
        folder: The bundle.
        manifest: Its ``artifact.json``.
    """

    role: str
    name: str
    model: str
    backend: str
    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> str:
        """Digest of the bundle."""
        return self.manifest.digest

    @property
    def size(self) -> int:
        """Bytes of the model on disk, without what is written beside it about its training."""
        return sum(
            path.stat().st_size
            for path in self.folder.rglob("*")
            if path.is_file() and path.name not in OUTSIDE_DIGEST
        )


@dataclass(frozen=True)
class Withdrawal:
    """A model that was taken back out of production: it must not return by itself.

    Attributes:
        date: The day of the rollback, e.g. ``2026-11-23``.
        reason: Why, in the words of who did it.
    """

    date: str
    reason: str


def candidates(folders: Sequence[tuple[str, Path]]) -> list[Contender]:
    """Describes the candidates, given as (input name, folder).

    Raises:
        InputError: A folder holds no bundle, or one that was changed.
    """
    found: list[Contender] = []
    for role, folder in folders:
        bundle = read_bundle(folder)
        taken = bundle.name in {contender.name for contender in found}
        name = f"{bundle.name} ({role})" if taken else bundle.name
        manifest = read_intact(folder, MODEL)
        found.append(Contender(role, name, bundle.name, bundle.backend, folder, manifest))
    return found


def champion(folder: Path) -> Contender | None:
    """Describes the champion; None where nothing has been promoted yet.

    Raises:
        InputError: The artifact is incomplete or its bundle is another one than it says.
    """
    facts = _facts(folder)
    if facts["digest"] is None:
        return None
    manifest = read_intact(folder / "bundle", MODEL)
    if manifest.digest != facts["digest"]:
        raise InputError(
            f"the bundle's digest is {manifest.digest}, champion.json says {facts['digest']}",
            where=str(folder),
            mend="resolve the champion from the registry again",
        )
    bundle = read_bundle(folder / "bundle")
    name = f"champion ({bundle.name})"
    return Contender(
        "champion", name, bundle.name, bundle.backend, folder / "bundle", manifest
    )  # fmt: skip


def withdrawn(folder: Path) -> dict[str, Withdrawal]:
    """Returns the models that were taken back out of production, by digest.

    Args:
        folder: The champion's artifact; an early one knows of none.

    Raises:
        InputError: The artifact is incomplete or damaged.
    """
    listed = _facts(folder).get("withdrawn", ())
    return {it["digest"]: Withdrawal(it["date"], it["reason"]) for it in listed}


def trained_apart(found: Sequence[Contender]) -> str:
    """Returns a warning if the candidates were trained on different data, else an empty string.

    Whichever was trained on another split of it may have seen the rows it is judged on. A model
    made of models, which read no features itself, does not count.
    """
    inputs = {it.name: it.manifest.inputs for it in found}
    data = {name: it["train_features"] for name, it in inputs.items() if "train_features" in it}
    if len(set(data.values())) < 2:
        return ""
    return f"{', '.join(data)} were trained on different data: some may have seen these test rows"


def _facts(folder: Path) -> dict[str, Any]:
    """Reads ``champion.json``."""
    read_manifest(folder, CHAMPION)
    path = folder / "champion.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(facts, dict) or "digest" not in facts:
            raise ValueError("no digest")
    except (OSError, ValueError) as error:
        raise InputError(
            f"it tells no champion ({error})",
            where=str(path),
            mend="resolve the champion from the registry again",
        ) from error
    return facts
