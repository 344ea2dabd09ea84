"""A blessing counts for the very model it was given to, and for no other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_common.errors import InputError
from sentiment_push.blessing import read_blessed

Make = Callable[..., Path]


def test_a_blessed_model_is_read_with_its_defined_figures(
    make_model: Make, make_blessing: Make
) -> None:
    model = make_model("good")
    blessed = read_blessed(model, make_blessing(model))
    assert blessed.name == "good"
    assert blessed.metrics["macro_f1"] == 0.7
    assert "auc_ovr_macro" not in blessed.metrics


@pytest.mark.parametrize("verdict", ["refused", "already-champion"])
def test_any_other_verdict_is_refused_with_its_reason(
    make_model: Make, make_blessing: Make, verdict: str
) -> None:
    model = make_model("good")
    blessing = make_blessing(model, verdict=verdict, reason="equal is not better")
    with pytest.raises(InputError, match=rf"{verdict} \(equal is not better\); only a blessed"):
        read_blessed(model, blessing)


def test_the_blessing_of_another_model_is_refused(make_model: Make, make_blessing: Make) -> None:
    blessing = make_blessing(make_model("good"))
    with pytest.raises(InputError, match=r"it blesses sha256:.*, the model is sha256:"):
        read_blessed(make_model("other", weight=4.0), blessing)


def test_a_model_that_was_changed_afterwards_is_refused(
    make_model: Make, make_blessing: Make
) -> None:
    model = make_model("good")
    blessing = make_blessing(model)
    (model / "vocabulary.txt").write_text("break\ngrate\n")
    with pytest.raises(InputError, match="its files have the digest sha256:"):
        read_blessed(model, blessing)
