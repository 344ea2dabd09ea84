import pytest

from sentiment_common.errors import InputError
from sentiment_train_baseline.settings import Settings, parse


def test_sizes_are_parsed():
    assert parse(2, "2,5", 2) == Settings()
    assert parse(1, "none", 3) == Settings(1, None, 3)


@pytest.mark.parametrize("sizes", ["", "2", "5,2", "0,3", "2,9", "a,b", "2,3,4", "-1,2"])
def test_malformed_sizes_are_refused(sizes):
    with pytest.raises(InputError, match=r"--piece-sizes: .* is no pair of sizes from 1 to 8"):
        parse(2, sizes, 2)
