"""A bundle that does not answer properly does not pass."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_push import smoke


def test_a_working_bundle_passes_with_every_awkward_text(
    make_model: Callable[..., Path], examples: Path
) -> None:
    predictor = smoke.tested(make_model("good"), smoke.texts_of(examples, "validation"))
    assert predictor.predict_proba(["It broke."]).argmax() == 0


def test_weights_that_are_not_numbers_are_found(
    make_model: Callable[..., Path], examples: Path
) -> None:
    with pytest.raises(InputError, match=r"no probability.*nothing was pushed"):
        smoke.tested(make_model("bad", weight=float("nan")), smoke.texts_of(examples, "validation"))


class DependsOnTheBatch:
    """A predictor with a fault: its answers lean on how many texts came together."""

    def __init__(self, inner: smoke.Predictor) -> None:
        self.name, self.labels, self._inner = inner.name, inner.labels, inner

    def predict_proba(self, texts: list[str]) -> np.ndarray:
        share = 1 / (1 + len(texts))
        return self._inner.predict_proba(texts) * (1 - share) + share / 3


def test_an_answer_that_depends_on_the_batch_is_found(make_model: Callable[..., Path]) -> None:
    predictor = DependsOnTheBatch(load(make_model("good")))
    with pytest.raises(InputError, match="the same text must always get the same answer"):
        smoke.check(predictor, ["It broke."], "bundle")


def test_a_difference_names_the_text() -> None:
    expected = np.full((len(smoke.AWKWARD), 3), 1 / 3)
    given = expected.copy()
    given[2] += [0.1, -0.1, 0]
    with pytest.raises(InputError, match=r"the probabilities of emoji differ by 0\.1"):
        smoke.compare(given, expected, "bundle")


def test_a_linear_bundle_is_held_to_nine_decimals_and_others_to_six(
    make_model: Callable[..., Path], make_ensemble: Callable[..., Path]
) -> None:
    linear = make_model("good")
    tolerated = [smoke.tolerance(it) for it in (linear, make_ensemble([linear, make_model("b")]))]
    assert tolerated == [1e-9, 1e-6]
    expected = np.full((len(smoke.AWKWARD), 3), 1 / 3)
    smoke.compare(expected + 5e-7, expected, "bundle", tolerated[1])
    with pytest.raises(InputError, match="differ by 5e-07"):
        smoke.compare(expected + 5e-7, expected, "bundle", tolerated[0])
    with pytest.raises(InputError, match="differ by nan"):
        smoke.compare(expected * np.nan, expected, "bundle", tolerated[1])


def test_a_missing_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the split is missing"):
        smoke.texts_of(tmp_path, "test")


def test_a_text_of_a_split_is_called_by_its_row_and_not_by_its_words() -> None:
    names = dict(smoke.named({"test": ["private", "words"]}))
    assert names["an empty text"] == ""
    assert names["row 2 of the test split"] == "words"
    assert not any("private" in name for name in names)
