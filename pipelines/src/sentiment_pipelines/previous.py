"""What a run is given of earlier data, resolved before the run.

A champion and its challenger are compared fairly only on rows that neither was trained on. So the
splits of the examples the champion was chosen on are kept, and only what is new is split. The
statistics of those examples say how far the data have drifted since.
"""

import shutil
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path

from sentiment_common.artifacts import (
    EXAMPLES,
    MANIFEST,
    STATISTICS,
    Kind,
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

AUTO, CHAMPION, NONE = "auto", "champion", "none"


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
        write_empty(folder, EXAMPLES)
        return NONE
    found = next(of_digest(champion.examples), None) if champion.examples else None
    if found is None:
        write_empty(folder, EXAMPLES)
        return "none: the champion's examples are not on this machine, its splits are not kept"
    shutil.copytree(found, folder, copy_function=link)
    return f"those of the champion ({champion.examples})"


def resolve_statistics(wanted: str, champion: Champion | None, folder: Path) -> None:
    """Writes the statistics artifact that validate is given as the previous one.

    Args:
        wanted: ``none``, ``champion`` for those of the examples the champion was chosen on, or the
            folder of a statistics artifact.
        champion: The champion, if there is one.
        folder: Where to write it.

    Raises:
        InputError: The folder that is wanted is no statistics artifact, or was changed.
    """
    found = Path(wanted) if wanted not in (CHAMPION, NONE) else None
    if wanted == CHAMPION and champion and champion.examples:
        tasks = (examples.parents[1] for examples in of_digest(champion.examples))
        statistics = (task / "validate" / "statistics" for task in tasks)
        found = next((path for path in statistics if (path / MANIFEST).is_file()), None)
    if found is None:
        write_empty(folder, STATISTICS)
        return
    read_intact(found, STATISTICS)
    shutil.copytree(found, folder, copy_function=link)


def of_digest(digest: str) -> Iterator[Path]:
    """Yields the examples artifacts of this digest in all runs, the latest run first."""
    for path in sorted(runs.folder().glob(f"[0-9]*/tasks/*/*/examples/{MANIFEST}"), reverse=True):
        try:
            manifest = read_intact(path.parent, EXAMPLES)
        except InputError:
            continue  # changed after it was made: what it says of itself is not true
        if manifest.digest == digest:
            yield path.parent


def write_empty(folder: Path, kind: Kind) -> None:
    """Writes an artifact that holds nothing: KFP has no optional artifact from outside."""
    rows = {"read": 0, "kept": 0, "dropped": 0}
    write_json(folder / "summary.json", {"rows": rows})
    digest, producer = payload_digest(folder), installed_version(PRODUCER)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, PRODUCER, producer, digest))
