"""What a linear model has learned, and how it lies in a bundle."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_models.arrays import write_arrays
from sentiment_models.bundle import LABELS
from sentiment_models.lexicon import feature_names

VOCABULARY, PIECES, LEXICON, WEIGHTS = "vocabulary.txt", "pieces.txt", "lexicon.txt", "weights.npz"
LAYOUT = 2
RESTORE = "restore the whole model from its registry"


@dataclass(frozen=True)
class SubwordWeights:
    """The block of pieces of words.

    Attributes:
        pieces: Character n-grams; the position is the column.
        shortest: Characters of the shortest piece.
        longest: Characters of the longest piece.
        idf: Factor of each piece, float64, shape (pieces,).
        coefficients: float64, shape (labels, pieces); divided by the temperature.
    """

    pieces: tuple[str, ...]
    shortest: int
    longest: int
    idf: NDArray[np.float64]
    coefficients: NDArray[np.float64]


@dataclass(frozen=True)
class LexiconWeights:
    """The block of lexicon features.

    Attributes:
        valences: By token its valence in each lexicon.
        lexicons: Number of lexicons.
        coefficients: float64, shape (labels, features), see ``lexicon.feature_names``; divided by
            the temperature.
    """

    valences: Mapping[str, tuple[float, ...]]
    lexicons: int
    coefficients: NDArray[np.float64]


@dataclass(frozen=True)
class LinearWeights:
    """Everything a linear model has learned.

    Attributes:
        vocabulary: n-grams, their tokens joined by one space; the position is the column.
        ngram_max: Tokens of the longest n-gram.
        idf: Factor of each n-gram, shape (vocabulary,); float32 where ``logarithmic`` is False.
        coefficients: float64, shape (labels, vocabulary); divided by the temperature.
        intercept: float64, shape (labels,); divided by the temperature.
        logarithmic: Whether an n-gram that occurs n times counts 1 + ln n, or its share of the row.
        subwords: The block of pieces of words, if there is one.
        lexicon: The block of lexicon features, if there is one.

    Raises:
        ValueError: There are other blocks beside words that are not counted logarithmically.
    """

    vocabulary: tuple[str, ...]
    ngram_max: int
    idf: NDArray[Any]
    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]
    logarithmic: bool = False
    subwords: SubwordWeights | None = None
    lexicon: LexiconWeights | None = None

    def __post_init__(self) -> None:
        """Refuses what no trainer makes and no predictor scores."""
        if not self.logarithmic and (self.subwords or self.lexicon):
            raise ValueError("other blocks need words that are counted logarithmically")


def save_linear(folder: Path, weights: LinearWeights) -> None:
    """Writes ``vocabulary.txt``, ``weights.npz`` and the word lists of the blocks that there are.

    Equal weights give equal bytes.
    """
    _write_lines(folder / VOCABULARY, weights.vocabulary)
    # Other names than in layout 1, so that its reader refuses instead of leaving blocks out.
    arrays = {
        "layout": np.int64(LAYOUT),
        "ngram_max": np.int64(weights.ngram_max),
        "logarithmic": np.bool_(weights.logarithmic),
        "word_idf": weights.idf,
        "word_coefficients": weights.coefficients.astype(np.float64),
        "intercept": weights.intercept.astype(np.float64),
    }
    if subwords := weights.subwords:
        _write_lines(folder / PIECES, subwords.pieces)
        arrays["piece_sizes"] = np.array([subwords.shortest, subwords.longest])
        arrays["piece_idf"] = subwords.idf.astype(np.float64)
        arrays["piece_coefficients"] = subwords.coefficients.astype(np.float64)
    if lexicon := weights.lexicon:
        _write_lines(folder / LEXICON, tuple(lexicon.valences))
        valences = np.array(list(lexicon.valences.values()), dtype=np.float64)
        arrays["valences"] = valences.reshape(len(lexicon.valences), lexicon.lexicons)
        arrays["lexicon_coefficients"] = lexicon.coefficients.astype(np.float64)
    write_arrays(folder / WEIGHTS, arrays)


def load_linear(folder: Path) -> LinearWeights:
    """Reads what ``save_linear`` wrote, in this version or before.

    Raises:
        InputError: A file is missing or damaged, or the word lists and the weights are not of one
            model.
    """
    path = folder / WEIGHTS
    try:
        vocabulary = _read_lines(folder / VOCABULARY)
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        layout = int(arrays.get("layout", 1))
        if layout > LAYOUT:
            raise InputError(
                f"layout {layout} is newer than this version reads ({LAYOUT})",
                where=str(path),
                mend="use the sentiment-models that came with the stage which made the model",
            )
        return (
            _first(folder, vocabulary, arrays)
            if layout == 1
            else _second(folder, vocabulary, arrays)
        )
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing", where=str(folder)) from error
    except (ValueError, KeyError, TypeError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise InputError(f"damaged ({error})", where=str(path)) from error


def _first(
    folder: Path, vocabulary: tuple[str, ...], arrays: Mapping[str, NDArray[Any]]
) -> LinearWeights:
    _check(folder / VOCABULARY, len(vocabulary), arrays["idf"], arrays["coefficients"])
    return LinearWeights(
        vocabulary, int(arrays["ngram_max"]), arrays["idf"], arrays["coefficients"],
        arrays["intercept"],
    )  # fmt: skip


def _second(
    folder: Path, vocabulary: tuple[str, ...], arrays: Mapping[str, NDArray[Any]]
) -> LinearWeights:
    _check(folder / VOCABULARY, len(vocabulary), arrays["word_idf"], arrays["word_coefficients"])
    return LinearWeights(
        vocabulary,
        int(arrays["ngram_max"]),
        arrays["word_idf"],
        arrays["word_coefficients"],
        arrays["intercept"],
        bool(arrays["logarithmic"]),
        _subwords(folder, arrays) if "piece_sizes" in arrays else None,
        _lexicon(folder, arrays) if "valences" in arrays else None,
    )


def _subwords(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> SubwordWeights:
    known = _read_lines(folder / PIECES)
    _check(folder / PIECES, len(known), arrays["piece_idf"], arrays["piece_coefficients"])
    shortest, longest = arrays["piece_sizes"].tolist()
    return SubwordWeights(
        known, shortest, longest, arrays["piece_idf"], arrays["piece_coefficients"]
    )


def _lexicon(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> LexiconWeights:
    words, valences = _read_lines(folder / LEXICON), arrays["valences"]
    lexicons = valences.shape[1]
    names = feature_names(lexicons)
    if arrays["lexicon_coefficients"].shape != (len(LABELS), len(names)):
        raise ValueError(f"{lexicons} lexicons have {len(names)} features a label")
    if len(words) != len(valences):
        raise InputError(
            f"{len(words)} lines in {LEXICON}, {len(valences)} valences in {WEIGHTS}",
            where=str(folder),
            mend=RESTORE,
        )
    by_token = dict(zip(words, map(tuple, valences.tolist()), strict=True))
    return LexiconWeights(by_token, lexicons, arrays["lexicon_coefficients"])


def _check(path: Path, lines: int, idf: NDArray[Any], coefficients: NDArray[Any]) -> None:
    if idf.shape != (lines,) or coefficients.shape != (len(LABELS), lines):
        raise InputError(
            f"{lines} lines in {path.name}, {len(idf)} factors and coefficients of shape "
            f"{coefficients.shape} in {WEIGHTS}",
            where=str(path.parent),
            mend=RESTORE,
        )


def _write_lines(path: Path, lines: tuple[str, ...]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    path.write_text(text, encoding="utf-8", newline="\n")


def _read_lines(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8")
    return tuple(text.removesuffix("\n").split("\n")) if text else ()
