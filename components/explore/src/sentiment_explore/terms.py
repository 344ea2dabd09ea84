"""The words and word pairs that tell one label from the others.

Tokens are those of the text specification that new models are trained with, so that what is shown
is what models see. Terms are ranked by the log-odds ratio with an informative Dirichlet prior
(B. Monroe, M. Colaresi, K. Quinn, "Fightin' Words", Political Analysis 2008): the prior is the
corpus itself, so that rare terms are not taken for telling and function words cancel out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import sparse
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory
from sklearn.feature_extraction.text import CountVectorizer

from sentiment_common.text import Tokenizer, current
from sentiment_common.text.words import STOP_WORDS
from sentiment_explore.reading import LABELS, Flags, Floats, Integers, excerpt

PRIOR = 0.1
"""Weight of the prior: this share of the texts, distributed as in all of them."""

LEAST_ROWS = 5
SIGNIFICANT = 2.58
"""Of a z-score: at a level of 1%, for one term looked at by itself."""

SAME = 0.8
"""Of two terms with so many texts in common (Jaccard) the second says nothing new."""

EXAMPLE_WORDS = 16
"""An example of about this length shows how a term is used, and can be read at a glance."""


@dataclass(frozen=True)
class Counted:
    """Which text has which term.

    Attributes:
        terms: Tokens and pairs of them, [t].
        matrix: How often each text has each term, [n, t].
    """

    terms: Sequence[str]
    matrix: sparse.csr_matrix


@dataclass(frozen=True)
class Term:
    """A term that tells one label from the others.

    Attributes:
        term: A token, or two with a space between.
        z: Its log-odds ratio against the other labels, in standard deviations.
        rows: Texts of the label that have it.
        others: Texts of the other labels that have it.
        share: Share of the label's texts that have it.
        share_of_others: Share of the other labels' texts that have it.
        example: The beginning of a text of the label that has it.
    """

    term: str
    z: float
    rows: int
    others: int
    share: float
    share_of_others: float
    example: str


@cache
def tokenizer() -> Tokenizer:
    """Returns the engine of the specification that new models are trained with."""
    return Tokenizer(current(DefaultDictionaryFactory().get_dictionary("en")))


def count(texts: Iterable[str], engine: Tokenizer) -> Counted | None:
    """Counts words and pairs that at least two texts have.

    Returns:
        None where no two texts have a term in common.
    """

    def analyze(text: str) -> list[str]:
        tokens = engine.tokens(text)
        return tokens + [f"{one} {two}" for one, two in pairwise(tokens)]

    vectorizer = CountVectorizer(analyzer=analyze, dtype=np.int32)
    matrix = vectorizer.fit_transform(texts)
    common = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]) > 1)
    if not len(common):
        return None
    terms = vectorizer.get_feature_names_out()
    return Counted([str(terms[at]) for at in common], sparse.csr_matrix(matrix[:, common]))


def log_odds(inside: Floats, outside: Floats) -> Floats:
    """Returns the z-score of each term's log-odds ratio, equations 16, 20 and 22 of the paper.

    Args:
        inside: How often each term is in the texts of one label, [t].
        outside: The same for all other texts, [t].
    """
    everywhere = inside + outside
    prior = PRIOR * everywhere
    mine, theirs = inside + prior, outside + prior
    all_mine, all_theirs = mine.sum(), theirs.sum()
    ratio = np.log(mine / (all_mine - mine)) - np.log(theirs / (all_theirs - theirs))
    return ratio / np.sqrt(1 / mine + 1 / theirs)


def telling(
    counted: Counted, labels: Integers, texts: Sequence[str], most: int
) -> dict[str, list[Term]]:
    """Ranks the terms of each label.

    A text counts once for a term, however often it repeats it: one long rant is one customer.

    Args:
        counted: The terms of each text.
        labels: Index into ``LABELS`` of each text, [n].
        texts: The texts, for the examples.
        most: At most so many terms of a label.
    """
    has = (counted.matrix > 0).astype(np.float64).tocsc()
    shortness = np.array([abs(len(text.split()) - EXAMPLE_WORDS) for text in texts])
    found = {}
    for index, label in enumerate(LABELS):
        mine = labels == index
        inside, outside = (np.asarray(has[rows].sum(axis=0)).ravel() for rows in (mine, ~mine))
        z = _scores(counted.terms, inside, outside)
        sizes = max(int(mine.sum()), 1), max(int((~mine).sum()), 1)
        spent: set[int] = set()
        found[label] = []
        for at, rows in _different(_ranked(z, inside, counted.terms), has, mine, most):
            example = min(rows, key=lambda row: (row in spent, shortness[row], row))
            spent.add(example)
            yes, no = int(inside[at]), int(outside[at])
            found[label].append(Term(
                counted.terms[at], round(float(z[at]), 2), yes, no, round(yes / sizes[0], 6),
                round(no / sizes[1], 6), excerpt(texts[example]),
            ))  # fmt: skip
    return found


def _scores(terms: Sequence[str], inside: Floats, outside: Floats) -> Floats:
    """Scores words among words and pairs among pairs; zero where there is nothing to compare."""
    z = np.zeros(len(terms))
    pairs = np.array([" " in term for term in terms])
    for family in (pairs, ~pairs):
        if family.sum() > 1 and inside[family].any() and outside[family].any():
            z[family] = log_odds(inside[family], outside[family])
    return z


def _ranked(z: Floats, inside: Floats, terms: Sequence[str]) -> list[int]:
    """Ranks what is significant; function words, and pairs with one, say nothing by themselves."""
    told = np.flatnonzero((z > SIGNIFICANT) & (inside >= LEAST_ROWS))
    meant = (int(at) for at in told if STOP_WORDS.isdisjoint(terms[at].split()))
    return sorted(meant, key=lambda at: (-round(z[at], 1), " " not in terms[at], terms[at]))


def _different(
    ranked: Iterable[int], has: sparse.csc_matrix, mine: Flags, most: int
) -> Iterator[tuple[int, set[int]]]:
    """Yields terms with their texts, without those whose texts a term before had already."""
    kept: list[set[int]] = []
    for at in ranked:
        if len(kept) == most:
            return
        rows = has.indices[has.indptr[at] : has.indptr[at + 1]]
        texts = {int(row) for row in rows[mine[rows]]}
        if all(len(texts & it) <= SAME * len(texts | it) for it in kept):
            kept.append(texts)
            yield at, texts


def highlighted(text: str, term: str, engine: Tokenizer) -> list[tuple[str, bool]]:
    """Cuts a text into pieces and says of each whether it is a word of the term."""
    wanted = set(term.split())
    return [
        (piece, bool(piece.strip()) and not wanted.isdisjoint(engine.tokens(piece)))
        for piece in re.split(r"(\s+)", text)
        if piece
    ]
