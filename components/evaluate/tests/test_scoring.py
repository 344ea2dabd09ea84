"""Only what gives probabilities is scored."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_evaluate.contenders import candidates
from sentiment_evaluate.examples import read_split
from sentiment_evaluate.scoring import score
from sentiment_models import load


def test_scores_are_what_the_bundle_gives(good: Path, examples: Path) -> None:
    validation, test = read_split(examples, "validation"), read_split(examples, "test")
    (contender,) = candidates([("candidate", good)])
    found = score(contender, validation, test)
    assert np.array_equal(found.test, load(good).predict_proba(test.texts))
    assert (found.test.argmax(axis=1) == test.truth).all()
    assert found.milliseconds_per_text > 0


def test_a_model_whose_weights_are_not_numbers_is_refused(
    tmp_path: Path, examples: Path, write_model: Callable[..., Path]
) -> None:
    broken = write_model(tmp_path / "model", "broken", strength=float("nan"))
    split = read_split(examples, "test")
    (contender,) = candidates([("candidate", broken)])
    with pytest.raises(InputError, match="'broken' gives no probabilities"):
        score(contender, split, split)
