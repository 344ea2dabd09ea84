import os
import subprocess
import sys

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_train_deep.word2vec import train

PROGRAM = """
import hashlib
import sys

from sentiment_train_deep.word2vec import train

rows = [["the", "phone", "is", word] for word in ("good", "bad", "fine", "odd") for _ in range(9)]
print(hashlib.sha256(train(rows, 6, int(sys.argv[1])).vectors.tobytes()).hexdigest())
"""


def digest(seed, hash_seed):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_a_seed_decides_the_vectors_and_the_process_does_not():
    assert digest(3, "1") == digest(3, "2") != digest(4, "1")


def test_words_of_the_same_company_lie_together(make_rows):
    found = train([tokens for tokens, _, _ in make_rows(3000, 1)], 12, 13)
    vectors = dict(zip(found.words, found.vectors, strict=True))

    def likeness(first, second):
        first, second = vectors[first], vectors[second]
        return first @ second / np.linalg.norm(first) / np.linalg.norm(second)

    assert likeness("broken", "awful") > likeness("broken", "perfect")
    assert found.vectors.dtype == np.float32
    assert found.source is None


def test_rows_in_which_no_token_occurs_twice_are_refused():
    with pytest.raises(InputError, match="no token occurs twice"):
        train([["one", "two"], ["three"]], 4, 1)
