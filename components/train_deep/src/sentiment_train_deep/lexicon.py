"""What sentiment lexicons say of tokens, as numbers that stand beside a token's vector."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sentiment_common.lexicon import Lexicon, by_token
from sentiment_common.text import Tokenizer
from sentiment_common.text.words import NEGATIONS


def of_tokens(lexicon: Lexicon, tokenizer: Tokenizer) -> dict[str, float]:
    """Returns the valence of each token that the lexicon knows, its strongest word's being 1.

    Raises:
        InputError: It knows none.
    """
    scale = max(abs(valence) for _, valence in lexicon.valences) or 1.0
    return {token: valence / scale for token, (valence,) in by_token([lexicon], tokenizer).items()}


def table(tokens: Sequence[str], lexicons: Sequence[Mapping[str, float]]) -> NDArray[np.float32]:
    """Returns what is known of each token.

    Args:
        tokens: The tokens.
        lexicons: What ``of_tokens`` returned for each lexicon.

    Returns:
        Valence in each lexicon and whether the token is a negation, shape (tokens, lexicons + 1);
        shape (tokens, 0) without a lexicon.
    """
    if not lexicons:
        return np.empty((len(tokens), 0), np.float32)
    negations = frozenset(NEGATIONS.split())
    rows = [
        [*(valences.get(token, 0.0) for valences in lexicons), token in negations]
        for token in tokens
    ]
    return np.array(rows, np.float32).reshape(-1, len(lexicons) + 1)
