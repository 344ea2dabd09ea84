from types import SimpleNamespace

import pytest

from sentiment_common.errors import InputError
from sentiment_explore.settings import LEAST, Settings, from_options


def test_the_options_are_taken_over():
    options = SimpleNamespace(top_terms=3, sample_rows=100, folds=2, seed=0)
    assert from_options(options) == Settings(3, 100, 2, 0)


@pytest.mark.parametrize("name", LEAST)
def test_a_number_too_small_is_named_with_its_flag(name):
    values = {**LEAST, name: LEAST[name] - 1}
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')}: .* is too small"):
        from_options(SimpleNamespace(**values))
