"""Which code made something: the digest of a stage's own sources, wherever they are installed."""

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path

from sentiment_common.artifacts import file_sha256

SHARED_PACKAGES = ("sentiment_common", "sentiment_models", "sentiment_sources")


def source_files(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 of every file of an installed package, by path below its parent.

    Args:
        folder: The package's folder, e.g. ``src/sentiment_ingest``.
    """
    return {
        path.relative_to(folder.parent).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def digest(files: Mapping[str, str]) -> str:
    """Digests a listing of files, as ``source_files`` returns it."""
    listing = "".join(f"{name}\0{sha}\n" for name, sha in sorted(files.items()))
    return "sha256:" + hashlib.sha256(listing.encode()).hexdigest()


def stage_digest(stage: str) -> str:
    """Digests the code a stage consists of: its own package and what this house shares.

    Args:
        stage: Distribution name, e.g. ``sentiment-ingest``.
    """
    files: dict[str, str] = {}
    for folder in _package_folders((stage.replace("-", "_"), *SHARED_PACKAGES)):
        files.update(source_files(folder))
    return digest(files)


def _package_folders(names: Iterable[str]) -> Iterable[Path]:
    for name in names:
        specification = importlib.util.find_spec(name)
        if specification and specification.submodule_search_locations:
            yield Path(specification.submodule_search_locations[0])
