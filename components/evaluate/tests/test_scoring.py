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
    test = read_split(examples, "test")
    (contender,) = candidates([("candidate", good)])
    found = score(contender, {"test": test.texts, "more": ["It is great."]}, test.texts)
    assert np.array_equal(found.probabilities["test"], load(good).predict_proba(test.texts))
    assert (found.probabilities["test"].argmax(axis=1) == test.truth).all()
    assert found.probabilities["more"].argmax() == 2
    assert found.cost.single_ms_p50 > 0


def test_a_model_whose_weights_are_not_numbers_is_refused(
    tmp_path: Path, examples: Path, write_model: Callable[..., Path]
) -> None:
    broken = write_model(tmp_path / "model", "broken", strength=float("nan"))
    texts = read_split(examples, "test").texts
    (contender,) = candidates([("candidate", broken)])
    with pytest.raises(InputError, match="'broken' gives no probabilities for every test text"):
        score(contender, {"test": texts}, texts)
