from dataclasses import replace

import pytest

from sentiment_common.errors import InputError
from sentiment_train_deep.settings import Settings, checked

GOOD = Settings("glove-6b-50d", 64, 0.4, 0.002, 64, 20, 3, 64, "balanced", 13)


def test_the_defaults_are_in_range():
    assert checked(GOOD) is GOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("units", 0),
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
