from dataclasses import replace

import pytest

from sentiment_common.errors import InputError
from sentiment_train_deep.settings import Settings, checked

GOOD = Settings(
    architecture="lstm", embeddings="glove-6b-50d", lexicon="auto", units=32, layers=1, dropout=0.5,
    learning_rate=0.003, label_smoothing=0.0, rating_weight=1.0, batch_size=128,
    epochs=30, patience=3, max_length=64, class_weight="balanced", search_trials=0,
    cross_fit_folds=3, seed=13,
)  # fmt: skip


def test_the_defaults_are_in_range():
    assert checked(GOOD) is GOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("units", 0),
        ("layers", 0),
        ("rating_weight", float("nan")),
        ("label_smoothing", 1.0),
        ("search_trials", -1),
        ("cross_fit_folds", 1),
        ("cross_fit_folds", -3),
        ("dropout", -0.1),
        ("dropout", 1.0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("batch_size", 0),
        ("epochs", 0),
        ("patience", 0),
        ("max_length", 0),
        ("seed", -1),
        ("seed", 2**32),
    ],
)
def test_a_value_out_of_range_names_its_flag(name, value):
    flag = "--" + name.replace("_", "-")
    with pytest.raises(InputError, match=f"{flag}: {value} is out of range; give "):
        checked(replace(GOOD, **{name: value}))
