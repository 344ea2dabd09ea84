"""Who takes part: the candidates and the champion, described without opening them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.artifacts import CHAMPION, MODEL, Manifest, read_intact, read_manifest
from sentiment_common.errors import InputError
from sentiment_models.bundle import read_bundle


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


def trained_apart(found: Sequence[Contender]) -> str:
    """Returns a warning if the candidates were trained on different data, else an empty string.

    Whichever was trained on another split of it may have seen the rows it is judged on.
    """
    data = {it.name: it.manifest.inputs.get("train_features") for it in found}
    if len(set(data.values())) < 2:
        return ""
    return f"{', '.join(data)} were trained on different data: some may have seen these test rows"
