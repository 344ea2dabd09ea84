"""Pieces of words, so that a model knows something of words it has not met.

A token counts as the sum of its character n-grams (fastText, Bojanowski et al. 2017, TACL 5), which
is what lets a predictor keep one result a token instead of one a piece.
"""

from collections.abc import Iterator

LONGEST_TOKEN = 64
"""Characters of a token that are looked at: a megabyte without a space is no word."""


def pieces(token: str, shortest: int, longest: int) -> Iterator[str]:
    """Yields the character n-grams of a token's beginning, repeated ones repeatedly.

    Args:
        token: One token; it gets a space at both ends.
        shortest: Characters of the shortest n-gram, 1 or more.
        longest: Characters of the longest n-gram.
    """
    padded = f" {token[:LONGEST_TOKEN]} "
    for size in range(shortest, min(longest, len(padded)) + 1):
        for start in range(len(padded) - size + 1):
            yield padded[start : start + size]
