"""The examples whose splits a run carries forward, resolved before the run.

A champion and its challenger are compared fairly only on rows that neither was trained on. So the
splits of the examples the champion was chosen on are kept, and only what is new is split.
"""

import shutil
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path

from sentiment_common.artifacts import (
    EXAMPLES,
    MANIFEST,
    Manifest,
    payload_digest,
    read_intact,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_pipelines import runs
from sentiment_pipelines.cache import link
from sentiment_pipelines.champion import PRODUCER, Champion

AUTO, NONE = "auto", "none"


def resolve(wanted: str, champion: Champion | None, folder: Path) -> str:
    """Writes the examples artifact that ingest is given as the previous one.

    Args:
        wanted: ``auto`` for the champion's, ``none``, or the folder of an examples artifact.
        champion: The champion, if there is one.
        folder: Where to write it.

    Returns:
        What was taken, in words.

    Raises:
        InputError: The folder that is wanted is no examples artifact, or was changed.
    """
    if wanted not in (AUTO, NONE):
        read_intact(Path(wanted), EXAMPLES)
        shutil.copytree(wanted, folder, copy_function=link)
        return wanted
    if wanted == NONE or champion is None:
        _write_empty(folder)
        return "none"
    found = next(of_digest(champion.examples), None) if champion.examples else None
    if found is None:
        _write_empty(folder)
        return "none: the champion's examples are not on this machine, its splits are not kept"
    shutil.copytree(found, folder, copy_function=link)
    return f"those of the champion ({champion.examples})"


def of_digest(digest: str) -> Iterator[Path]:
    """Yields the examples artifacts of this digest in all runs, the latest run first."""
    for path in sorted(runs.folder().glob(f"[0-9]*/tasks/*/*/examples/{MANIFEST}"), reverse=True):
        try:
            manifest = read_intact(path.parent, EXAMPLES)
        except InputError:
            continue  # changed after it was made: what it says of itself is not true
        if manifest.digest == digest:
            yield path.parent


def _write_empty(folder: Path) -> None:
    """Writes an examples artifact without rows: KFP has no optional artifact from outside."""
    write_json(folder / "summary.json", {"rows": {"read": 0, "kept": 0, "dropped": 0}})
    producer = installed_version(PRODUCER)
    digest = payload_digest(folder)
    write_manifest(
        folder, Manifest(EXAMPLES.name, EXAMPLES.schema_version, PRODUCER, producer, digest)
    )
