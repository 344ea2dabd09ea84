"""What ``ARTIFACT`` names: a folder, a digest, an output of a run, a registered version."""

import contextlib
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import MANIFEST, PUSHED_MODEL, Manifest, payload_digest
from sentiment_common.errors import InputError
from sentiment_pipelines import champion, history
from sentiment_pipelines.lineage.chain import REGISTERED, Place, Store, at, read_any

CHAMPION = "champion"
MADE_FROM = {"model": "digest", "evaluation": "evaluation"}
"""What a registered version was made from, and the tag that has its digest."""
FORMS = (
    "give an artifact's folder, a digest (its first 6 characters or more), RUN/TASK/OUTPUT, "
    "champion, NAME@ALIAS or models:/NAME/VERSION"
)
_VERSION = re.compile(
    r"(models:/)?(?P<name>[^/@:]+)(/(?P<number>[0-9]+)|@(?P<alias>[^/@:]+))", re.ASCII
)
_DIGEST = re.compile(r"(sha256:)?(?P<hexadecimal>[0-9a-f]{6,64})")


def find(artifact: str, available: Store, connect: Callable[[], Any]) -> Place:
    """Returns the artifact that a text names.

    Args:
        artifact: What a person wrote; empty for the champion.
        available: The artifacts of all runs; what the registry keeps of a version is added to it.
        connect: Returns an ``mlflow.MlflowClient``; called only if the registry is meant.

    Raises:
        InputError: There is no such artifact, or it is not clear which one is meant.
    """
    if artifact in ("", CHAMPION):
        artifact = f"{champion.REGISTERED_MODEL}@{champion.ALIAS}"
    if artifact and Path(artifact).is_dir():
        return _of_folder(Path(artifact), available)
    if place := _of_run(artifact, available):
        return place
    if match := _VERSION.fullmatch(artifact):
        client = connect()
        version = _version(client, match)
        available.add(_kept(client, version, available))
        return _pushed(version, available)
    if match := _DIGEST.fullmatch(artifact):
        return _of_digest(match["hexadecimal"], available)
    raise InputError("there is no such artifact", where=artifact, mend=FORMS)


def _of_folder(folder: Path, available: Store) -> Place:
    real = folder.resolve()
    known = (it for it in available.places if it.folder == real)
    place = next(known, None) or at(real)
    if place is None:
        outputs = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
        raise InputError(
            "this is no artifact's folder", where=str(folder),
            mend=f"name one of the artifacts in it: {', '.join(outputs)}" if outputs else FORMS,
        )  # fmt: skip
    return place


def _of_run(artifact: str, available: Store) -> Place | None:
    """Finds ``RUN/TASK/OUTPUT`` or ``RUN/champion``; the run is named as ``history.find`` has it.

    A beginning of a run's name without more may be that of a digest.
    """
    start, _, title = artifact.partition("/")
    known = start and any(it.run.startswith(start) for it in available.places)
    if not (known or history.LATEST.fullmatch(start)) or (not title and _DIGEST.fullmatch(start)):
        return None
    run = history.find(start).id
    of_run = {it.title: it for it in available.places if it.run == run}
    if title not in of_run:
        raise InputError(
            f"it has no artifact {title!r}", where=f"run {run}",
            mend=f"it has {', '.join(sorted(of_run))}",
        )  # fmt: skip
    return of_run[title]


def _of_digest(hexadecimal: str, available: Store) -> Place:
    start = f"sha256:{hexadecimal}"
    found = {it.manifest.digest for it in available.places if it.manifest.digest.startswith(start)}
    if len(found) > 1:
        raise InputError(
            "several artifacts begin so", where=hexadecimal,
            mend=f"it is one of {', '.join(sorted(found))}",
        )  # fmt: skip
    place = available.find(found.pop()) if found else None
    if place is None:
        raise InputError("no run here has an artifact of this digest", where=hexadecimal)
    return place


def _version(client: Any, match: re.Match[str]) -> Any:
    """Returns MLflow's record of a registered version, which names what it was made from."""
    from mlflow.exceptions import MlflowException

    try:
        if match["number"]:
            version = client.get_model_version(match["name"], match["number"])
        else:
            version = client.get_model_version_by_alias(match["name"], match["alias"])
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise InputError(
            "the registry has no such version", where=match[0],
            mend="`make pipeline-run` pushes one, `make ui` shows those that there are",
        ) from error  # fmt: skip
    if "digest" not in version.tags:
        raise InputError(
            "it has no tag with the digest of its bundle", where=match[0],
            mend="push registers one that has",
        )  # fmt: skip
    return version


def _kept(client: Any, version: Any, available: Store) -> list[Place]:
    """Returns what the registry keeps of a version where no run has it any more.

    What the registry has lost, or what was changed there, is a missing link of the chain.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    wanted = [version.tags[tag] for tag in MADE_FROM.values() if tag in version.tags]
    if all(available.find(digest) for digest in wanted):
        return []
    with tempfile.TemporaryDirectory() as scratch:
        for uri in (version.source, f"runs:/{version.run_id}/evaluation"):
            folder = tempfile.mkdtemp(dir=scratch)
            with contextlib.suppress(MlflowException, OSError):
                download_artifacts(uri, dst_path=folder, tracking_uri=client.tracking_uri)
        return [
            Place(None, manifest, path.parent.name)
            for path in sorted(Path(scratch).rglob(MANIFEST))
            if (manifest := read_any(path.parent))
            and payload_digest(path.parent, manifest.named) == manifest.digest
        ]


def _pushed(version: Any, available: Store) -> Place:
    """Returns a registered version as what push made: of what, its tags say and its run's output.

    The run may be deleted, and not every run's output names all that the tags do.
    """
    inputs = {name: version.tags[tag] for name, tag in MADE_FROM.items() if tag in version.tags}
    title, run = f"{version.name}/{version.version}", version.tags.get("sentiment.run", "")
    for place in available.places:
        if place.manifest.kind == PUSHED_MODEL.name and _is_of(place, version):
            inputs.update(place.manifest.inputs)
            manifest = replace(place.manifest, kind=REGISTERED, inputs=inputs)
            return replace(place, folder=None, manifest=manifest, name=title, task="")
    manifest = Manifest(REGISTERED, 1, "sentiment-push", "", "", inputs)
    return Place(None, manifest, title, run=run, maker=run)


def _is_of(place: Place, version: Any) -> bool:
    """Tells whether push wrote its output for this version, in this registry."""
    file = place.folder / "pushed_model.json" if place.folder else None
    if file is None or not file.is_file():
        return False
    facts = json.loads(file.read_text())
    return (facts["version"], facts["source"]) == (str(version.version), version.source)
