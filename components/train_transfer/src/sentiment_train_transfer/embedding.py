"""Vectors of texts, kept by content, so that a text is encoded once by the same encoder."""

import hashlib
import logging
import os
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.packages import cache_folder
from sentiment_models.encoder import Encoder

FOLDER = "embeddings"
DIGEST = 16
CHUNK = 1024
"""Texts between two lines of progress."""
logger = logging.getLogger(__name__)


def vectors(
    encoder: Encoder, texts: Sequence[str], cache: Path | None = None
) -> NDArray[np.float32]:
    """Returns the vectors of texts, shape (texts, width).

    Those that this encoder has met before come from the cache, whose key is the digest of the
    encoder's files and settings and the digest of the text.

    Args:
        encoder: Turns texts into vectors.
        texts: Raw texts.
        cache: The folder of all caches; ``sentiment_common.packages.cache_folder()`` by default.
    """
    folder = (cache or cache_folder()) / FOLDER / _key(encoder)
    digests = [_digest(text) for text in texts]
    known = _load(folder, encoder.width)
    by_digest = dict(zip(digests, texts, strict=True))
    missing = {digest: text for digest, text in by_digest.items() if digest not in known}
    kept = len(by_digest) - len(missing)
    logger.info("%d different texts: %d are kept, %d are new", len(by_digest), kept, len(missing))
    if missing:
        encoded = _encode(encoder, list(missing.values()))
        known.update(zip(missing, encoded, strict=True))
        _store(folder, list(missing), encoded)
    return np.array([known[digest] for digest in digests], np.float32).reshape(-1, encoder.width)


def _key(encoder: Encoder) -> str:
    settings = encoder.settings
    content = f"{settings.model_sha256} {settings.tokenizer_sha256} {settings.max_tokens}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:DIGEST]


def _encode(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    start, parts = time.monotonic(), []
    for at in range(0, len(texts), CHUNK):
        parts.append(encoder.encode(texts[at : at + CHUNK]))
        done = min(at + CHUNK, len(texts))
        rate = done / (time.monotonic() - start)
        logger.info("encoded %d/%d texts, %.0f texts/s", done, len(texts), rate)
    return np.concatenate(parts)


def _load(folder: Path, width: int) -> dict[bytes, NDArray[np.float32]]:
    """Reads all that is kept; a file that a full disk or a kill has cut is made anew."""
    known: dict[bytes, NDArray[np.float32]] = {}
    for path in sorted(folder.glob("*.npz")):
        try:
            with np.load(path, allow_pickle=False) as stored:
                digests, rows = stored["digests"], stored["vectors"]
        except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
            logger.warning("%s is damaged (%s): its texts are encoded again", path.name, error)
            path.unlink(missing_ok=True)
            continue
        if rows.shape == (len(digests), width):
            known.update(zip((digest.tobytes() for digest in digests), rows, strict=True))
    return known


def _store(folder: Path, digests: Sequence[bytes], encoded: NDArray[np.float32]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST)
    name = hashlib.sha256(listed.tobytes()).hexdigest()[:16]
    handle, path = tempfile.mkstemp(prefix=".partial-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, digests=listed, vectors=encoded)
        Path(path).replace(folder / f"{name}.npz")
    finally:
        Path(path).unlink(missing_ok=True)
