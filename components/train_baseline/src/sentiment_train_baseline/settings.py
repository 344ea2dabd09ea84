"""Which features there are; free of scipy, so that bad options are told at once."""

from dataclasses import dataclass

from sentiment_common.errors import InputError

LONGEST = 8


@dataclass(frozen=True)
class Settings:
    """Which features there are.

    Attributes:
        word_ngrams: Tokens of the longest n-gram, 1 or more.
        piece_sizes: Characters of the shortest and the longest piece of a word, or None.
        min_rows: Rows that a word n-gram must occur in; a piece, in one more.
        most: Columns of each block, the most frequent ones; bounds the bundle.
    """

    word_ngrams: int = 2
    piece_sizes: tuple[int, int] | None = (2, 5)
    min_rows: int = 2
    most: int = 50_000


def parse(word_ngrams: int, piece_sizes: str, min_rows: int) -> Settings:
    """Parses the options of the command line.

    Args:
        word_ngrams: Tokens of the longest n-gram.
        piece_sizes: Two numbers separated by a comma, or ``none``.
        min_rows: Rows that an n-gram must occur in.

    Raises:
        InputError: One is out of its range.
    """
    if not 1 <= word_ngrams <= LONGEST:
        raise InputError(
            f"{word_ngrams} tokens", where="--word-ngrams", mend=f"give 1 to {LONGEST}"
        )
    if min_rows < 1:
        raise InputError(f"{min_rows} rows are too few", where="--min-rows", mend="give 1 or more")
    if piece_sizes == "none":
        return Settings(word_ngrams, None, min_rows)
    sizes = piece_sizes.split(",")
    if len(sizes) != 2 or not all(size.strip().isdecimal() for size in sizes):
        sizes = ["0", "0"]
    shortest, longest = map(int, sizes)
    if not 1 <= shortest <= longest <= LONGEST:
        raise InputError(
            f"{piece_sizes!r} is no pair of sizes from 1 to {LONGEST}",
            where="--piece-sizes",
            mend="e.g. 2,5, or none",
        )
    return Settings(word_ngrams, (shortest, longest), min_rows)
